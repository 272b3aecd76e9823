"""Signals of snooping: each is raised by what it is about, and ordinary days raise none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from clinic.actions.signals import link_staff_patient, raise_signals, review_signal, unlink_staff_patient
from clinic.models import Patient, SignalRun, SnoopingSignal, Task
from clinic.queries.openings import same_surname
from clinic.snooping import limit_of
from emr.accounts.models import User
from emr.audit.actor import acting, service_user
from emr.audit.models import AccessEvent, AccessOutcome
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from emr.ui import formats
from tests.factories.accounts import PractitionerFactory
from tests.factories.billing import EncounterFactory
from tests.factories.clinic import PatientAddressFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K08")]

#: Noon in the clinic's zone, a few days ago: what people write here bears the time of the test.
NOON = (timezone.now() - timedelta(days=4)).replace(hour=17, minute=0, second=0, microsecond=0)
EVENING = NOON + timedelta(hours=6)


def opens(user: User, *patients: Patient, at: datetime = NOON, section: str = "summary", **more: Any) -> None:
    """``user`` opens charts, one page each."""
    AccessEvent.objects.bulk_create(
        AccessEvent(
            at=at,
            user=user,
            patient_id=patient.pk,
            action=more.get("action", "view"),
            section=section,
            url_name=more.get("url_name", "clinic:chart_summary"),
            outcome=more.get("outcome", AccessOutcome.GRANTED),
            purpose=more.get("purpose", "TREAT"),
            request_id=uuid7().hex,
        )
        for patient in patients
    )


def look(until: datetime = EVENING) -> list[SnoopingSignal]:
    """Go through the log; gives the signals that this raised."""
    before = set(SnoopingSignal.objects.values_list("pk", flat=True))
    raise_signals(by=service_user("scheduler"), until=until)
    return list(SnoopingSignal.objects.exclude(pk__in=before).order_by("kind"))


def kinds(until: datetime = EVENING) -> list[str]:
    """The kinds that going through the log raises."""
    return [signal.kind for signal in look(until)]


def in_care(at: datetime = NOON, **more: Any) -> Patient:
    """A patient with a visit on that day, by somebody."""
    patient: Patient = PatientFactory(**more)
    EncounterFactory(patient=patient, practitioner=PractitionerFactory(npi=""), period_start=at, period_end=at)
    return patient


@pytest.fixture
def silva(person: Callable[..., User]) -> User:
    return person("nurse", first_name="Ana", last_name="Silva")


def test_the_same_surname(silva: User) -> None:
    maria = in_care(family_name="Sílva-Oliveira")
    opens(silva, maria)
    opens(silva, maria, section="notes", at=NOON + timedelta(minutes=5))
    [signal] = look()
    assert (signal.kind, signal.reads, signal.user, signal.patient) == ("surname", 2, silva, maria)
    assert signal.explanation == (
        f"Opened 2 times on {formats.day(NOON)} (summary, notes). The family names are Silva and Sílva-Oliveira. "
        "Ana Silva wrote nothing in this chart and has none of its visits within 180 days."
    )
    assert [task.owner_role for task in Task.objects.all()] == ["privacy_officer"]


def test_the_same_address(person: Callable[..., User], silva: User) -> None:
    own, neighbour, other = PatientFactory(), in_care(), in_care()
    PatientAddressFactory(patient=own, line1="7 Rua  Nova", postal_code="62701")
    PatientAddressFactory(patient=neighbour, line1="7 RUA NOVA", postal_code="62701-1234")
    PatientAddressFactory(patient=other, line1="8 Rua Nova", postal_code="62701")
    link_staff_patient(by=person("privacy_officer"), user=silva, patient=own)
    opens(silva, neighbour, at=NOON)
    opens(silva, other, at=NOON)
    [signal] = look()
    assert (signal.kind, signal.patient) == ("address", neighbour)


def test_a_colleague_and_oneself(person: Callable[..., User], silva: User) -> None:
    officer, colleague = person("privacy_officer"), person("clinician")
    own, theirs = in_care(), in_care()
    link_staff_patient(by=officer, user=silva, patient=own)
    link = link_staff_patient(by=officer, user=colleague, patient=theirs)
    opens(silva, own)
    opens(silva, theirs)
    assert kinds() == ["colleague", "own"]
    unlink_staff_patient(by=officer, link=link)
    opens(silva, theirs, at=EVENING + timedelta(days=1))
    assert kinds(EVENING + timedelta(days=2)) == []


def test_a_restricted_chart(silva: User) -> None:
    tried, granted, emergency = in_care(restricted=True), in_care(restricted=True), in_care(restricted=True)
    opens(silva, tried, outcome=AccessOutcome.DENIED)
    opens(silva, granted)
    opens(silva, emergency, purpose="BTG")
    signals = look()
    assert {signal.patient for signal in signals} == {tried, granted}
    assert {signal.kind for signal in signals} == {"restricted"}
    told = next(signal for signal in signals if signal.patient == tried)
    assert "1 of the reads were refused" in told.explanation


def test_nobody_to_do_with_the_patient(silva: User) -> None:
    long_ago, soon = in_care(NOON - timedelta(days=400)), PatientFactory()
    AppointmentFactory(patient=soon, start_at=NOON + timedelta(days=30), end_at=NOON + timedelta(days=30, minutes=20))
    opens(silva, long_ago)
    opens(silva, soon)
    [signal] = look()
    assert (signal.kind, signal.patient) == ("unrelated", long_ago)


def test_more_charts_than_usual(silva: User) -> None:
    charts = [in_care() for _ in range(24)]
    for day in range(1, 9):
        for patient in charts[: 3 + day % 2]:
            opens(silva, patient, at=NOON - timedelta(days=day))
    assert kinds(NOON - timedelta(hours=12)) == []
    for patient in charts[:20]:
        opens(silva, patient)
    assert kinds(NOON + timedelta(hours=1)) == [], "twenty are never much"
    for patient in charts[20:]:
        opens(silva, patient, at=NOON + timedelta(hours=2))
    [signal] = look()
    assert (signal.kind, signal.patient, signal.reads) == ("volume", None, 24)
    assert signal.explanation == (
        f"Ana Silva opened 24 charts on {formats.day(NOON)}. On 8 of their earlier days "
        "it was 3.5 in the middle and 4 at most; more than 20 is out of the ordinary."
    )


def test_ordinary_days_raise_none(person: Callable[..., User], silva: User) -> None:
    doctor, desk = person("clinician", last_name="Okafor"), person("front_desk", last_name="Silva")
    for day in range(10):
        at = NOON - timedelta(days=day)
        todays = [in_care(at) for _ in range(8)]
        namesake = PatientFactory(family_name="Okafor")
        EncounterFactory(patient=namesake, practitioner=doctor.practitioner, period_start=at, period_end=at)
        for patient in (*todays, namesake):
            opens(doctor, patient, at=at)
            if patient is not namesake:
                opens(silva, patient, at=at)
        relative = in_care(at, family_name="Silva")
        with transaction.atomic(), acting(desk):
            relative.preferred_name = "Bia"
            relative.save(update_fields=["preferred_name"])
        opens(desk, relative, at=at)
    opens(silva, in_care(family_name="Silva"), action="search")
    alone = in_care(family_name="Silva")
    for page in ("billing:claims_list", "scheduling:schedule_day", "clinic:tasks_inbox", "audit:charts_detail"):
        opens(silva, alone, url_name=page)
    assert kinds() == []
    assert not Task.objects.exists()


def test_what_was_gone_through_is_not_asked_again(person: Callable[..., User], silva: User) -> None:
    officer, maria, tomorrow = person("privacy_officer"), in_care(family_name="Silva"), EVENING + timedelta(days=1)
    opens(silva, maria)
    [signal] = look()
    assert look() == []
    opens(silva, maria, at=EVENING + timedelta(hours=20))
    assert look(tomorrow) == [], "the question is open"
    review_signal(by=officer, signal=signal, finding="dismissed", comment="Not related; the name is common.")
    assert Task.objects.get().status == "completed"
    opens(silva, maria, at=tomorrow + timedelta(hours=20))
    assert look(tomorrow + timedelta(days=1)) == [], "dismissed within 90 days"


def test_a_confirmed_one_is_raised_again(person: Callable[..., User], silva: User) -> None:
    maria = in_care(family_name="Silva")
    opens(silva, maria)
    [signal] = look()
    review_signal(by=person("privacy_officer"), signal=signal, finding="confirmed", comment="Her aunt.")
    opens(silva, maria, at=EVENING + timedelta(hours=20))
    assert kinds(EVENING + timedelta(days=1)) == ["surname"]


def test_a_run_reads_what_is_new(silva: User) -> None:
    for day in range(20, 1, -1):
        opens(silva, in_care(NOON - timedelta(days=day)), at=NOON - timedelta(days=day))
    look(NOON - timedelta(days=1))
    opens(silva, in_care())
    look()
    first, second = SignalRun.objects.order_by("through")
    assert (first.events, second.events) == (19, 1)


def test_a_review_is_somebody_elses_once_and_with_a_word(person: Callable[..., User]) -> None:
    officer, other = person("privacy_officer", last_name="Silva"), person("privacy_officer")
    opens(officer, in_care(family_name="Silva"))
    [signal] = look()
    with pytest.raises(DomainError, match="your own"):
        review_signal(by=officer, signal=signal, finding="dismissed", comment="It was work.")
    with pytest.raises(DomainError, match="what you found"):
        review_signal(by=other, signal=signal, finding="dismissed", comment=" ")
    review_signal(by=other, signal=signal, finding="dismissed", comment="It was work.")
    with pytest.raises(DomainError, match="already"):
        review_signal(by=other, signal=signal, finding="confirmed", comment="It was not.")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_snoopingsignal SET explanation = 'Nothing' WHERE id = %s", [signal.pk])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Silva", "SILVA", True),
        ("Muñoz", "Munoz", True),
        ("Garcia", "Garcia-Lopez", True),
        ("Lee", "Lee", True),
        ("van der Berg", "van der Meer", False),
        ("Silva", "Silveira", False),
        ("", "", False),
    ],
)
def test_surnames(one: str, other: str, same: bool) -> None:
    assert same_surname(one, other) is same


@pytest.mark.parametrize(
    ("usual", "limit"),
    [([3, 4, 3, 4], None), ([3, 4, 3, 4, 3], 20), ([30] * 8, 60), ([10, 50, 12, 48, 30, 31, 29], 190)],
)
def test_the_limit_follows_the_days(usual: list[int], limit: int | None) -> None:
    assert limit_of(usual) == limit
