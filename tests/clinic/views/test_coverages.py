"""The pages of insurance."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.forms.coverages import coverage_initial, payer_initial
from clinic.models import Coverage, Payer
from emr.shared.records import uuid7
from tests.factories.clinic import CoverageFactory, PatientFactory, PayerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B07")]


@pytest.fixture
def desk(as_role: Any) -> Client:
    return as_role("front_desk")


@pytest.fixture
def patient() -> Any:
    return PatientFactory()


@pytest.fixture
def payer() -> Any:
    return PayerFactory(name="Prairie")


PERIODS = (("NEW1", "01-Feb-2026 no end", "In force"), ("OLD1", "01-Jan-2025 to 31-Jan-2026", "Ended"))


def policy(payer: Any, **values: Any) -> dict[str, Any]:
    return {
        "token": str(uuid7()),
        "payer": payer.pk,
        "order": 1,
        "subscriber_id": "M1",
        "relationship": "self",
        "period_start": "1/1/2026",
        "signature_on_file": "on",
        **values,
    }


def test_a_policy_is_added_and_shown_with_its_period(desk: Client, patient: Any, payer: Any) -> None:
    response = desk.post(reverse("clinic:coverages_add", args=[patient.pk]), policy(payer, copay="25"))
    page = desk.get(response.headers["Location"]).content.decode()
    row = Coverage.objects.get()
    assert (row.patient, row.payer, row.period_start, row.signature_on_file) == (
        patient,
        payer,
        date(2026, 1, 1),
        True,
    )
    for text in ("Prairie", "01-Jan-2026", "no end", "$25.00", "In force"):
        assert text in page


def test_the_same_form_twice_makes_one_policy(desk: Client, patient: Any, payer: Any) -> None:
    data = policy(payer)
    for _ in range(2):
        assert desk.post(reverse("clinic:coverages_add", args=[patient.pk]), data).status_code == 303
    assert Coverage.objects.count() == 1


def test_an_overlap_names_the_other_policy_beside_the_date(desk: Client, patient: Any, payer: Any) -> None:
    CoverageFactory(patient=patient, payer=payer, subscriber_id="OLD7")
    response = desk.post(reverse("clinic:coverages_add", args=[patient.pk]), policy(payer, group_number="KEPT"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "Prairie OLD7 is the primary policy from 01-Jan-2020 until further notice" in page
    assert 'value="KEPT"' in page


def test_a_subscriber_who_is_another_person_is_kept_and_one_who_is_not_is_emptied(
    desk: Client, patient: Any, payer: Any
) -> None:
    other = {"subscriber_family_name": "Silva", "subscriber_given_name": "Rosa", "subscriber_state": "il"}
    desk.post(reverse("clinic:coverages_add", args=[patient.pk]), policy(payer, relationship="child", **other))
    row = Coverage.objects.get()
    assert (row.subscriber_family_name, row.subscriber_state) == ("Silva", "IL")
    url = reverse("clinic:coverages_edit", args=[patient.pk, row.pk])
    version = f"{row.updated_at:%Y-%m-%dT%H:%M:%S.%f%z}"
    assert desk.post(url, policy(payer, version=version, **other)).status_code == 303
    row.refresh_from_db()
    assert (row.relationship, row.subscriber_family_name) == ("self", "")


def test_a_correction_over_somebody_elses_is_a_conflict_and_keeps_the_text(
    desk: Client, patient: Any, payer: Any
) -> None:
    row = CoverageFactory(patient=patient, payer=payer)
    version = f"{row.updated_at:%Y-%m-%dT%H:%M:%S.%f%z}"
    url = reverse("clinic:coverages_edit", args=[patient.pk, row.pk])
    assert desk.post(url, policy(payer, version=version, group_number="FIRST")).status_code == 303
    late = desk.post(url, policy(payer, version=version, group_number="LATE"))
    assert late.status_code == 409
    assert 'value="LATE"' in late.content.decode()
    assert Coverage.objects.get().group_number == "FIRST"


def test_end_replace_swap_and_error(desk: Client, patient: Any, payer: Any) -> None:
    first = CoverageFactory(patient=patient, payer=payer)
    second = CoverageFactory(patient=patient, order=2)

    def post(name: str, row: Any, data: dict[str, Any]) -> int:
        return desk.post(reverse(f"clinic:coverages_{name}", args=[patient.pk, row.pk]), data).status_code

    swap = reverse("clinic:coverages_swap", args=[patient.pk])
    assert desk.post(swap, {"primary": first.pk}).status_code == 303
    # A second tab, or a second click: it doesn't undo what was done.
    assert "exchanged meanwhile" in desk.post(swap, {"primary": first.pk}, follow=True).content.decode()
    assert list(Coverage.objects.order_by("order")) == [second, first]
    assert post("replace", first, policy(payer, period_start="2/1/2026", subscriber_id="NEW")) == 303
    assert post("end", second, {"period_end": "1/1/2019"}) == 422
    assert post("end", second, {"period_end": "31-Dec-2030"}) == 303
    assert post("error", second, {"reason": ""}) == 422
    assert post("error", second, {"reason": "wrong card"}) == 303
    rows = Coverage.objects.order_by("order", "status", "period_end").values_list("order", "period_end", "status")
    assert list(rows) == [
        (1, date(2030, 12, 31), "entered-in-error"),
        (2, date(2026, 1, 31), "active"),
        (2, None, "active"),
    ]


def test_a_replaced_policy_stays_on_the_page_with_its_last_day(desk: Client, patient: Any, payer: Any) -> None:
    old = CoverageFactory(patient=patient, payer=payer, subscriber_id="OLD1", period_start=date(2025, 1, 1))
    where = reverse("clinic:coverages_replace", args=[patient.pk, old.pk])
    assert desk.post(where, policy(payer, period_start="2/1/2026", subscriber_id="NEW1")).status_code == 303
    page = desk.get(reverse("clinic:coverages_list", args=[patient.pk])).content.decode()
    rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.findall(r"<tr>.*?</tr>", page, re.S)]
    told = [(period in row, state in row) for member, period, state in PERIODS for row in rows if member in row]
    assert told == [(True, True), (True, True)]


def test_a_swap_without_two_policies_says_so(desk: Client, patient: Any) -> None:
    row = CoverageFactory(patient=patient)
    response = desk.post(reverse("clinic:coverages_swap", args=[patient.pk]), {"primary": row.pk}, follow=True)
    assert "No primary and secondary policy are in force" in response.content.decode()


def test_a_day_with_a_secondary_policy_alone_says_how_to_mend_it(desk: Client, patient: Any) -> None:
    row = CoverageFactory(patient=patient, order=2)
    page = desk.get(reverse("clinic:coverages_list", args=[patient.pk])).content.decode()
    assert f"Change {row.payer.name} to the first place" in page
    CoverageFactory(patient=patient)
    assert "to the first place" not in desk.get(reverse("clinic:coverages_list", args=[patient.pk])).content.decode()


def test_a_policy_of_a_payer_out_of_use_is_corrected(desk: Client, patient: Any) -> None:
    payer = PayerFactory(active=False)
    row = CoverageFactory(patient=patient, payer=payer)
    where = reverse("clinic:coverages_edit", args=[patient.pk, row.pk])
    version = coverage_initial(row)["version"]
    assert desk.post(where, policy(payer, version=version, group_number="RIGHT")).status_code == 303
    assert Coverage.objects.get().group_number == "RIGHT"
    assert desk.post(reverse("clinic:coverages_add", args=[patient.pk]), policy(payer, order=2)).status_code == 422


@pytest.mark.parametrize("name", ["edit", "replace", "end", "error"])
def test_a_policy_of_another_patient_is_not_there(desk: Client, patient: Any, payer: Any, name: str) -> None:
    theirs = CoverageFactory(payer=payer)
    url = reverse(f"clinic:coverages_{name}", args=[patient.pk, theirs.pk])
    data = {**policy(payer), "period_end": "1/1/2027", "reason": "x", "version": "2026-01-01T00:00:00.000000+0000"}
    assert desk.get(url).status_code == 404
    assert desk.post(url, data).status_code == 404
    theirs.refresh_from_db()
    assert (theirs.status, theirs.period_end) == ("active", None)


def test_a_clinician_reads_insurance_and_changes_none(as_role: Any, patient: Any) -> None:
    CoverageFactory(patient=patient)
    doctor = as_role("clinician")
    page = doctor.get(reverse("clinic:coverages_list", args=[patient.pk]))
    assert page.status_code == 200
    assert "Add a policy" not in page.content.decode()
    assert doctor.post(reverse("clinic:coverages_add", args=[patient.pk])).status_code == 403


def test_the_list_takes_as_many_queries_for_1_as_for_30(desk: Client, patient: Any, payer: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(reverse("clinic:coverages_list", args=[patient.pk]))
        return len(captured)

    CoverageFactory(patient=patient, payer=payer, period_start=date(1989, 1, 1), period_end=date(1989, 12, 31))
    queries()
    for_one = queries()
    for year in range(1990, 2019):
        CoverageFactory(patient=patient, payer=payer, period_start=date(year, 1, 1), period_end=date(year, 12, 31))
    assert queries() == for_one


def test_payers_are_added_once(desk: Client) -> None:
    data = {"name": "Blue Prairie", "type": "group", "timely_filing_days": "180", "appeal_days": "90", "state": "il"}
    assert desk.post(reverse("clinic:payers_add"), data).status_code == 303
    again = desk.post(reverse("clinic:payers_add"), data)
    assert again.status_code == 422
    assert "is on the list of payers already" in again.content.decode()
    assert [(row.name, row.timely_filing_days, row.state) for row in Payer.objects.all()] == [
        ("Blue Prairie", 180, "IL")
    ]
    assert "Blue Prairie" in desk.get(reverse("clinic:payers_list")).content.decode()


def _seen(payer: Any) -> str:
    return str(payer_initial(payer)["version"])


def test_a_payer_is_corrected_and_taken_out_of_use(desk: Client, patient: Any, payer: Any) -> None:
    address = reverse("clinic:payers_edit", args=[payer.pk])
    assert f'href="{address}"' in desk.get(reverse("clinic:payers_list")).content.decode()
    data = {
        "name": "Prairie",
        "type": "group",
        "timely_filing_days": "90",
        "appeal_days": "60",
        "version": _seen(payer),
    }
    assert desk.post(address, {**data, "city": "Peoria"}).status_code == 303
    payer.refresh_from_db()
    assert (payer.city, payer.timely_filing_days, payer.active) == ("Peoria", 90, False)
    assert "Not in use" in desk.get(reverse("clinic:payers_list")).content.decode()
    form = desk.get(reverse("clinic:coverages_add", args=[patient.pk])).content.decode()
    assert f'value="{payer.pk}"' not in form


def test_two_people_change_one_payer(desk: Client, payer: Any) -> None:
    address = reverse("clinic:payers_edit", args=[payer.pk])
    data = {
        "name": "Prairie",
        "type": "group",
        "timely_filing_days": "90",
        "appeal_days": "60",
        "active": "on",
        "version": _seen(payer),
    }
    assert desk.post(address, data).status_code == 303
    late = desk.post(address, {**data, "city": "Peoria"})
    assert late.status_code == 409
    assert 'value="Peoria"' in late.content.decode()
    assert "changed by somebody else" in late.content.decode()


def test_a_payer_does_not_take_the_name_of_another(desk: Client, payer: Any) -> None:
    other = PayerFactory(name="Lakeshore")
    address = reverse("clinic:payers_edit", args=[other.pk])
    data = {
        "name": "prairie",
        "type": "group",
        "timely_filing_days": "90",
        "appeal_days": "60",
        "version": _seen(other),
    }
    taken = desk.post(address, data)
    assert taken.status_code == 422
    assert "is on the list of payers already" in taken.content.decode()
