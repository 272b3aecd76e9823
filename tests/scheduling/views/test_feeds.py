"""A practitioner's calendar link: what it says, whom it tells nothing, and when it stops working."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import Patient
from emr.accounts.models import Practitioner
from scheduling.actions.appointments import cancel
from scheduling.actions.feeds import make_feed
from scheduling.choices import CancelledBy
from scheduling.models import Appointment, AppointmentType, CalendarFeed
from scheduling.views.feeds import READS
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, AppointmentTypeFactory
from tests.scheduling.conftest import at

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C15")]

OWN = "/schedule/calendar-link/"


@pytest.fixture
def clinician(as_role: Any, monday: None) -> Client:
    ClinicFactory()
    client: Client = as_role("clinician")
    return client


@pytest.fixture
def who(clinician: Client) -> Practitioner:
    return Practitioner.objects.get(user=clinician.user)  # type: ignore[attr-defined]


@pytest.fixture
def maria(who: Practitioner) -> Patient:
    kind = AppointmentTypeFactory(name="Counselling, with a rather long name; and a backslash \\")
    patient = PatientFactory.create(family_name="Vargas", given_name="María")
    AppointmentFactory(
        practitioner=who, patient=patient, type=kind, start_at=at(9), reason="Needle stick", comment="Brings sister"
    )
    return patient


def parse(content: bytes) -> list[dict[str, str]]:
    """The entries, read by the rules of RFC 5545 and not by ours."""
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    events: list[dict[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events and name not in {"END", ""}:
            assert name not in events[-1]
            events[-1][name] = re.sub(r"\\(.)", r"\1", value)
    return events


def link(client: Client, **wanted: str) -> str:
    page = client.post(OWN, wanted).content.decode()
    found = re.search(r'value="http://testserver(/calendars/[\w-]{40,}\.ics)"', page)
    assert found is not None
    return found[1]


def test_says_when_one_is_booked_in_utc(clinician: Client, maria: Patient) -> None:
    answer = Client().get(link(clinician))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = parse(answer.content)
    assert {name: event[name] for name in ("DTSTART", "DTEND", "SUMMARY", "STATUS", "DTSTAMP", "SEQUENCE")} == {
        "DTSTART": "20261123T150000Z",
        "DTEND": "20261123T152000Z",
        "SUMMARY": "Booked",
        "STATUS": "CONFIRMED",
        "DTSTAMP": "20261123T135800Z",
        "SEQUENCE": "0",
    }


def test_tells_nothing_of_the_patient(clinician: Client, maria: Patient) -> None:
    visit = Appointment.objects.get()
    for wanted in ({}, {"with_types": "on"}):
        text = Client().get(link(clinician, **wanted)).content.decode()
        leaks = [
            maria.family_name,
            maria.given_name,
            maria.mrn,
            str(maria.pk),
            maria.pk.hex,
            str(visit.pk),
            visit.pk.hex,
        ]
        leaks += [maria.birth_date.strftime(form) for form in ("%Y-%m-%d", "%Y%m%d", "%d-%b-%Y")]
        leaks += [visit.reason, visit.comment, "Needle", "sister", str(visit.practitioner_id)]
        assert [leak for leak in leaks if leak in text] == []
    unfolded = text.replace("\r\n ", "")
    assert "SUMMARY:Booked: Counselling\\, with a rather long name\\; and a backslash \\\\" in unfolded


def test_a_change_appears_under_the_same_name(clinician: Client, maria: Patient) -> None:
    path = link(clinician)
    (before,) = parse(Client().get(path).content)
    with time_machine.travel(at(8, 30), tick=False):
        cancel(
            by=clinician.user,  # type: ignore[attr-defined]
            appointment=Appointment.objects.get(),
            cancelled_for=CancelledBy.PATIENT,
            reason="Ill",
        )
    (after,) = parse(Client().get(path).content)
    assert (before["UID"], after["STATUS"], after["TRANSP"]) == (after["UID"], "CANCELLED", "TRANSPARENT")
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])


def test_only_ones_own_and_not_all_of_time(clinician: Client, who: Practitioner, visit_type: AppointmentType) -> None:
    days = [-40, -10, 3, 400]
    for days_ahead in days:
        AppointmentFactory(
            practitioner=who, patient=PatientFactory(), type=visit_type, start_at=at(9) + timedelta(days=days_ahead)
        )
    AppointmentFactory(patient=PatientFactory(), type=visit_type, start_at=at(9))
    starts = [event["DTSTART"] for event in parse(Client().get(link(clinician)).content)]
    expected = [at(9) + timedelta(days=n) for n in (-10, 3)]
    assert starts == [f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" for moment in expected]


def test_a_link_is_kept_as_a_hash_and_stops_when_another_is_made_or_it_is_revoked(
    clinician: Client, maria: Patient
) -> None:
    first = link(clinician)
    secret = first.removeprefix("/calendars/").removesuffix(".ics")
    assert secret not in str(list(CalendarFeed.objects.values()))
    assert secret not in clinician.get(OWN).content.decode()
    second = link(clinician)
    assert [Client().get(path).status_code for path in (first, second)] == [404, 200]
    clinician.post(reverse("scheduling:feeds_revoke"))
    assert [Client().get(path).status_code for path in (first, second)] == [404, 404]
    assert CalendarFeed.objects.filter(revoked_at=None).count() == 0


def test_it_ends_with_the_account(clinician: Client, maria: Patient, who: Practitioner) -> None:
    path = link(clinician)
    clinician.user.is_active = False  # type: ignore[attr-defined]
    clinician.user.save()  # type: ignore[attr-defined]
    assert Client().get(path).status_code == 404


def test_guesses_are_slowed_down(monday: None, one_minute: None) -> None:
    ClinicFactory()
    answers = [Client().get("/calendars/guess.ics").status_code for _ in range(READS.per_address + 1)]
    assert answers == [404] * READS.per_address + [429]


def test_who_sees_no_patients_has_no_link(as_role: Any, monday: None) -> None:
    ClinicFactory()
    client = as_role("front_desk")
    assert "Only those who see patients" in client.get(OWN).content.decode()
    client.post(OWN)
    assert not CalendarFeed.objects.exists()
    assert as_role("biller").get(OWN).status_code in {200, 403}


def test_as_many_queries_for_thirty(
    clinician: Client, who: Practitioner, visit_type: AppointmentType, queries: Any
) -> None:
    secret = make_feed(by=clinician.user, practitioner=who)  # type: ignore[attr-defined]
    path = reverse("scheduling:feeds_read", args=[secret])
    counts = []
    for number in (1, 29):
        for _ in range(number):
            start = datetime(2026, 11, 24, 14, tzinfo=UTC) + timedelta(hours=Appointment.objects.count())
            AppointmentFactory(practitioner=who, patient=PatientFactory(), type=visit_type, start_at=start)
        with queries() as asked:
            assert len(parse(Client().get(path).content)) == Appointment.objects.count()
        counts.append(len(asked()))
    assert counts[0] == counts[1]
