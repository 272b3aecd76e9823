"""The pages of emergency access and its review."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import BreakGlass, Patient, PatientDenial
from clinic.queries.break_glass import FAILED, TRIES_PER_HOUR
from emr.audit.actor import acting
from emr.audit.models import AccessEvent, SecurityEvent
from emr.audit.security import record_security_event
from emr.shared.identifiers import format_mrn, make_mrn
from tests.clinic.glass import broken
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.pages import said

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A06")]

START = "/patients/emergency/"
MRN = make_mrn(100482)
WHY = {"reason_code": "emergency", "reason": "Collapsed in the hall", "purpose": "ETREAT"}


@pytest.fixture
def hidden() -> Patient:
    made: Patient = PatientFactory(
        mrn=MRN, family_name="Silva", given_name="Maria", birth_date=date(1962, 3, 14), restricted=True
    )
    return made


@pytest.mark.parametrize(
    "who",
    [
        {"mrn": format_mrn(MRN)},
        {"family_name": "silva", "given_name": "maria", "birth_date": "3/14/1962"},
    ],
)
def test_who_names_the_patient_exactly_gets_the_chart(
    who: dict[str, str], as_role: Callable[..., Client], hidden: Patient
) -> None:
    client = as_role("nurse")
    summary = reverse("clinic:chart_summary", args=[hidden.pk])
    assert client.get(summary).status_code == 404
    response = client.post(START, {**who, **WHY})
    assert (response.status_code, response["Location"]) == (303, summary)
    page = client.get(summary).content.decode()
    assert "Emergency access until" in page
    assert "minutes left" in page
    opened = AccessEvent.objects.filter(patient_id=hidden.pk, outcome="granted").latest("at")
    assert opened.purpose == "BTG"
    assert opened.reason == "Emergency access, The patient needs care now: Collapsed in the hall"


def test_every_page_of_that_chart_says_so_and_no_other(as_role: Callable[..., Client], hidden: Patient) -> None:
    client, plain = as_role("clinician"), PatientFactory()
    broken(client.user, hidden)  # type: ignore[attr-defined]
    names = ("chart_summary", "encounters_list", "notes_list", "vitals_list", "results_list", "patients_detail")
    for name in names:
        assert "Emergency access until" in client.get(reverse(f"clinic:{name}", args=[hidden.pk])).content.decode()
        assert "Emergency access until" not in client.get(reverse(f"clinic:{name}", args=[plain.pk])).content.decode()
    assert not AccessEvent.objects.filter(patient_id=plain.pk).exclude(reason="").exists()


def test_the_answer_is_the_same_for_nobody_and_for_one_kept_out(
    as_role: Callable[..., Client], hidden: Patient
) -> None:
    client = as_role("clinician")
    with transaction.atomic(), acting(someone()):
        PatientDenial.objects.create(
            patient=hidden,
            user=client.user,  # type: ignore[attr-defined]
            reason="Party to a lawsuit",
            created_by=someone(),
        )
    asked = {"given_name": "Maria", "family_name": "Silva", "birth_date": "3/14/1962", **WHY}
    denied = client.post(START, asked)
    hidden.birth_date = date(1971, 1, 1)
    with transaction.atomic(), acting(someone()):
        hidden.save(update_fields=["birth_date"])
    nobody = client.post(START, asked)
    assert (denied.status_code, nobody.status_code) == (422, 422)
    assert said(denied) == said(nobody)
    assert "Nobody fits" in said(nobody)
    assert SecurityEvent.objects.filter(detail=FAILED).count() == 2
    assert AccessEvent.objects.filter(patient_id=hidden.pk, outcome="denied", section="break-glass").count() == 1


def test_the_form_asks_for_all_of_it_and_keeps_what_was_typed(as_role: Callable[..., Client]) -> None:
    client = as_role("clinician")
    response = client.post(START, {"family_name": "Silva", "reason": "Collapsed"})
    page = response.content.decode()
    assert response.status_code == 422
    for sentence in ("Enter the MRN, or both names", "Choose a reason.", "Choose what you will use the chart for."):
        assert sentence in page
    assert 'value="Silva"' in page
    assert "Collapsed</textarea>" in page
    mistyped = client.post(START, {"mrn": MRN[:-1] + str((int(MRN[-1]) + 1) % 10), **WHY}).content.decode()
    assert "a digit is missing or mistyped" in mistyped
    assert not SecurityEvent.objects.filter(detail=FAILED).exists()


def test_an_open_chart_is_opened_and_said_to_be_open(as_role: Callable[..., Client]) -> None:
    client, plain = as_role("clinician"), PatientFactory(mrn=MRN)
    response = client.post(START, {"mrn": MRN, **WHY}, follow=True)
    assert response.redirect_chain[0][0] == reverse("clinic:chart_summary", args=[plain.pk])
    assert "Emergency access was not needed" in response.content.decode()
    assert not BreakGlass.objects.exists()


def test_guessing_stops(as_role: Callable[..., Client], hidden: Patient) -> None:
    client = as_role("clinician")
    for _ in range(TRIES_PER_HOUR):
        record_security_event("permission_denied", user=client.user, detail=FAILED)  # type: ignore[attr-defined]
    response = client.post(START, {"mrn": hidden.mrn, **WHY})
    assert response.status_code == 422
    assert "Call the privacy officer" in response.content.decode()
    assert not BreakGlass.objects.exists()


def test_it_is_offered_to_all_who_may_and_only_to_them(as_role: Callable[..., Client], hidden: Patient) -> None:
    for role, offered in (("clinician", True), ("nurse", True), ("front_desk", False), ("biller", False)):
        client = as_role(role)
        assert (START in client.get("/patients/").content.decode()) is offered
        assert client.get(START).status_code == (200 if offered else 403)
    client = as_role("clinician")
    restricted = client.get(reverse("clinic:chart_summary", args=[hidden.pk]))
    missing = client.get(reverse("clinic:chart_summary", args=[uuid4()]))
    assert said(restricted) == said(missing)
    assert START in said(missing)


def test_the_end_closes_the_chart(as_role: Callable[..., Client], hidden: Patient) -> None:
    client = as_role("clinician")
    broken(client.user, hidden)  # type: ignore[attr-defined]
    assert client.post(reverse("clinic:break_glass_end", args=[hidden.pk])).status_code == 303
    assert client.get(reverse("clinic:chart_summary", args=[hidden.pk])).status_code == 404
    assert client.post(reverse("clinic:break_glass_end", args=[hidden.pk])).status_code == 404


def test_the_review_shows_all_that_was_done_then_and_nothing_else(
    as_role: Callable[..., Client], hidden: Patient
) -> None:
    client, officer = as_role("clinician"), as_role("privacy_officer")
    glass = broken(client.user, hidden)  # type: ignore[attr-defined]
    other = PatientFactory()
    client.get(reverse("clinic:chart_summary", args=[hidden.pk]))
    client.get(reverse("clinic:allergies_list", args=[hidden.pk]))
    client.get(reverse("clinic:chart_summary", args=[other.pk]))
    with transaction.atomic(), acting(client.user):  # type: ignore[attr-defined]
        hidden.preferred_name = "Mia"
        hidden.save(update_fields=["preferred_name"])
    page = reverse("clinic:break_glass_review", args=[glass.pk])
    shown = officer.get(page)
    page_text = shown.content.decode()
    assert re.findall(r"<td>(\w+)</td><td>Viewed", page_text) == ["Summary", "Allergies"]
    assert re.findall(r'<div class="small">([^<]+)</div></td></tr>', page_text) == ["preferred name: Mia"]
    assert "still open" in page_text
    assert officer.post(page, {"finding": "appropriate"}).status_code == 422
    officer.post(reverse("clinic:break_glass_stop", args=[glass.pk]))
    assert client.get(reverse("clinic:chart_summary", args=[hidden.pk])).status_code == 404
    assert officer.post(page, {"finding": "appropriate", "comment": ""}).status_code == 303
    assert "Signed off" in officer.get(page).content.decode()


def test_the_report_filters_by_state_and_day_and_is_a_file_too(as_role: Callable[..., Client], hidden: Patient) -> None:
    doctor, officer = as_role("clinician").user, as_role("privacy_officer")  # type: ignore[attr-defined]
    old = broken(doctor, hidden, ago=timedelta(days=40))
    new = broken(doctor, hidden, ago=timedelta(days=2))
    report, export = reverse("clinic:break_glass_report"), reverse("clinic:break_glass_export")

    def shown(**asked: str) -> list[BreakGlass]:
        keys = re.findall(
            r'primary-link" href="/patients/emergency/report/([0-9a-f-]+)/"',
            officer.get(report, asked).content.decode(),
        )
        return [BreakGlass.objects.get(pk=key) for key in keys]

    assert shown() == [new, old]
    assert shown(state="open") == []
    assert shown(state="reviewed") == []
    since = (timezone.localdate(new.started_at) - timedelta(days=1)).isoformat()
    assert shown(since=since) == [new]
    assert shown(until=since) == [old]
    taken = officer.get(export, {"since": since})
    rows = list(csv.DictReader(io.StringIO(taken.getvalue().decode("utf-8-sig"))))
    assert [(row["MRN"], row["In words"]) for row in rows] == [(hidden.mrn, new.reason)]
    assert AccessEvent.objects.filter(patient_id=hidden.pk, action="export", section="break-glass").exists()


def test_only_the_privacy_officer_reviews(as_role: Callable[..., Client], hidden: Patient) -> None:
    glass = broken(as_role("clinician").user, hidden)  # type: ignore[attr-defined]
    for role in ("clinician", "nurse", "front_desk", "biller", "manager"):
        client = as_role(role)
        assert client.get(reverse("clinic:break_glass_report")).status_code == 403
        assert client.get(reverse("clinic:break_glass_review", args=[glass.pk])).status_code == 403
        assert client.post(reverse("clinic:break_glass_stop", args=[glass.pk])).status_code == 403


def test_a_list_says_of_the_opened_chart_alone_that_it_was_an_emergency(
    as_role: Callable[..., Client], hidden: Patient
) -> None:
    client, plain = as_role("nurse"), PatientFactory(family_name="Silva")
    broken(client.user, hidden)  # type: ignore[attr-defined]
    assert hidden.given_name in client.post(reverse("clinic:patients_search"), {"q": "silva"}).content.decode()
    said = AccessEvent.objects.filter(action="search").values_list("patient_id", "purpose", "reason")
    reason = "Emergency access, The patient needs care now: Collapsed in the waiting room"
    assert set(said) == {(hidden.pk, "BTG", reason), (plain.pk, "TREAT", "")}


def test_it_costs_a_query_only_whoever_has_a_chart_open(
    as_role: Callable[..., Client], hidden: Patient, django_assert_num_queries: Any
) -> None:
    client, other = as_role("nurse"), as_role("nurse")
    PatientFactory(family_name="Silva")
    search = reverse("clinic:patients_search")
    client.post(search, {"q": "silva"})
    with CaptureQueriesContext(connection) as before:
        client.post(search, {"q": "silva"})
    assert not [query for query in before.captured_queries if query["sql"].startswith('SELECT "clinic_breakglass"')]
    broken(other.user, hidden)  # type: ignore[attr-defined]
    with django_assert_num_queries(len(before)):
        client.post(search, {"q": "silva"})
