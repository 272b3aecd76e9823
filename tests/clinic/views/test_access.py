"""The pages that say who may open a chart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.access import visible_to
from clinic.models import Patient, PatientDenial, PatientGroupGrant, PatientUserGrant
from emr.accounts.models import User
from emr.audit.models import AccessEvent, LogEntry
from tests.factories.chart import ConditionFactory
from tests.factories.clinic import (
    ContactPointFactory,
    PatientAddressFactory,
    PatientDenialFactory,
    PatientFactory,
    grant_chart,
    grant_chart_to_role,
)

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A04"), pytest.mark.feature("X3")]


@pytest.fixture
def officer(as_role: Callable[..., Client]) -> Client:
    return as_role("privacy_officer")


def _post(client: Client, verb: str, patient: Patient, data: dict[str, object], *more: object) -> int:
    path = reverse(f"clinic:access_{verb}", args=[patient.pk, *more])
    return client.post(path, data).status_code


def test_a_chart_is_restricted_and_opened_again_with_a_reason_on_record(
    officer: Client, person: Callable[..., User]
) -> None:
    patient, doctor = PatientFactory(), person("clinician")
    assert _post(officer, "restrict", patient, {"restrict-restricted": "yes", "restrict-reason": ""}) == 422
    assert patient in visible_to(doctor)
    shown = officer.get(reverse("clinic:access_chart", args=[patient.pk])).content.decode()
    assert '<input type="hidden" name="restrict-restricted" value="yes"' in shown
    data = {"restrict-restricted": "yes", "restrict-reason": "Works here"}
    assert _post(officer, "restrict", patient, data) == 303
    assert patient not in visible_to(doctor)
    assert _post(officer, "restrict", patient, data) == 303
    assert patient not in visible_to(doctor), "the form, sent twice, opened the chart again"
    entry = LogEntry.objects.filter(object_pk=patient.pk).latest("id")
    assert (entry.reason, entry.changes) == ("Works here", {"restricted": [False, True]})
    data = {"restrict-restricted": "no", "restrict-reason": "Left the clinic"}
    assert _post(officer, "restrict", patient, data) == 303
    assert patient in visible_to(doctor)


def test_a_person_is_let_in_until_a_day_and_no_longer_after_taking_back(
    officer: Client, person: Callable[..., User]
) -> None:
    patient, doctor = PatientFactory(restricted=True), person("clinician")
    later = timezone.localdate() + timedelta(days=3)
    data = {"grant-user": doctor.pk, "grant-until": later.isoformat(), "grant-reason": "Treats her"}
    assert _post(officer, "grant", patient, data) == 303
    grant = PatientUserGrant.objects.get(content_object_id=patient.pk)
    assert grant.granted_by == officer.user  # type: ignore[attr-defined]
    assert grant.expires_at is not None
    assert timezone.localdate(grant.expires_at - timedelta(seconds=1)) == later
    assert patient in visible_to(doctor)
    assert _post(officer, "revoke", patient, {"reason": ""}, grant.pk) == 303
    assert patient in visible_to(doctor), "taken back without a reason"
    assert _post(officer, "revoke", patient, {"reason": "Done"}, grant.pk) == 303
    assert patient not in visible_to(doctor)
    grant.refresh_from_db()
    assert (grant.revoked_by, grant.revoked_reason) == (officer.user, "Done")  # type: ignore[attr-defined]
    assert PatientUserGrant.objects.count() == 1, "it is kept"


def test_a_role_is_let_in(officer: Client, person: Callable[..., User]) -> None:
    patient, nurse, doctor = PatientFactory(restricted=True), person("nurse"), person("clinician")
    group = Group.objects.get(name="nurse")
    assert _post(officer, "grant", patient, {"grant-role": group.pk, "grant-reason": "Ward"}) == 303
    assert (patient in visible_to(nurse), patient in visible_to(doctor)) == (True, False)
    assert _post(officer, "revoke", patient, {"reason": "Moved"}, PatientGroupGrant.objects.get().pk) == 303
    assert patient not in visible_to(nurse)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"grant-reason": "No one"},
        {"grant-reason": "Past", "grant-until": "2020-01-01"},
        {"grant-reason": "Nobody", "grant-user": "01900000-0000-7000-8000-000000000000"},
    ],
)
def test_a_grant_without_its_parts_is_refused(officer: Client, wrong: dict[str, object]) -> None:
    patient = PatientFactory(restricted=True)
    assert _post(officer, "grant", patient, wrong) == 422
    assert not PatientUserGrant.objects.exists()


def test_somebody_is_kept_out_and_let_in_again(officer: Client, person: Callable[..., User]) -> None:
    patient, doctor = PatientFactory(), person("clinician")
    assert _post(officer, "deny", patient, {"deny-user": doctor.pk, "deny-reason": "Former partner"}) == 303
    assert patient not in visible_to(doctor)
    denial = PatientDenial.objects.get()
    assert _post(officer, "lift", patient, {"reason": "Agreed"}, denial.pk) == 303
    assert patient in visible_to(doctor)
    assert PatientDenial.objects.get().lifted_by == officer.user  # type: ignore[attr-defined]


def test_a_grant_is_ended_on_its_own_patients_page_only(officer: Client, person: Callable[..., User]) -> None:
    mine, other, doctor = PatientFactory(restricted=True), PatientFactory(restricted=True), person("clinician")
    grant, role = grant_chart(doctor, other), grant_chart_to_role("nurse", other)
    denial = PatientDenialFactory(patient=other, user=doctor)
    statuses = [
        _post(officer, "revoke", mine, {"reason": "x"}, grant.pk),
        _post(officer, "revoke", mine, {"reason": "x"}, role.pk),
        _post(officer, "lift", mine, {"reason": "x"}, denial.pk),
    ]
    assert statuses == [404, 404, 404]
    for row in (grant, role, denial):
        row.refresh_from_db()
    assert (grant.revoked_at, role.revoked_at, denial.lifted_at) == (None, None, None)


def test_the_officer_sees_who_the_patient_is_and_nothing_of_the_chart(officer: Client) -> None:
    marker = "Zq7marker"
    patient = PatientFactory(restricted=True, family_name="Hidden", preferred_name=marker, gender_identity=marker)
    ConditionFactory(patient=patient, display=marker, note=marker)
    PatientAddressFactory(patient=patient, line1=marker)
    ContactPointFactory(patient=patient, value="+12175559999")
    page = officer.get(reverse("clinic:access_chart", args=[patient.pk]))
    found = officer.post(reverse("clinic:access_charts"), {"q": "Hidden"})
    for answer in (page, found, officer.get(reverse("clinic:access_charts"))):
        text = answer.content.decode()
        assert "HIDDEN Maria" in text
        assert marker not in text
        assert "5559999" not in text
    assert officer.get(reverse("clinic:chart_summary", args=[patient.pk])).status_code == 403
    assert officer.get(reverse("clinic:patients_detail", args=[patient.pk])).status_code == 404
    assert set(AccessEvent.objects.filter(section="access").values_list("patient_id", flat=True)) == {patient.pk}


def test_an_officer_who_is_kept_out_keeps_no_list(officer: Client) -> None:
    patient = PatientFactory(restricted=True, family_name="Formerpartner")
    PatientDenialFactory(patient=patient, user=officer.user)  # type: ignore[attr-defined]
    assert officer.get(reverse("clinic:access_chart", args=[patient.pk])).status_code == 404
    assert "FORMERPARTNER" not in officer.get(reverse("clinic:access_charts")).content.decode()


def test_the_pages_take_the_same_queries_for_one_grant_and_for_three(
    officer: Client, person: Callable[..., User]
) -> None:
    def queries(patient: Patient, count: int) -> tuple[int, int]:
        for _ in range(count):
            grant_chart(person("clinician"), patient)
            PatientDenialFactory(patient=patient, user=person("nurse"))
        with CaptureQueriesContext(connection) as one:
            officer.get(reverse("clinic:access_chart", args=[patient.pk]))
        with CaptureQueriesContext(connection) as all_:
            officer.get(reverse("clinic:access_charts"))
        return len(one), len(all_)

    first = queries(PatientFactory(restricted=True), 1)
    assert queries(PatientFactory(restricted=True), 3) == first
