"""A form's token makes one thing: sent for a second patient it is refused in words, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.actions.charts import print_chart
from clinic.actions.coverages import add_coverage
from clinic.actions.eligibility import request_check
from clinic.actions.intake_links import create_intake_link
from clinic.actions.letters import write_letter
from clinic.actions.messages import send_message
from clinic.actions.orders import Wanted, place_order
from clinic.actions.prescriptions import draft_prescription
from clinic.actions.results import Result, record_report
from clinic.actions.tasks import create_task
from clinic.models import (
    Coverage,
    DiagnosticReport,
    IntakeLink,
    Letter,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Patient,
    ServiceRequest,
    Task,
)
from emr.accounts.models import Practitioner, User
from emr.audit.models import LogEntry
from emr.codes.coding import Coding
from emr.jobs.models import Job
from emr.shared.errors import SentBefore
from emr.shared.records import uuid7
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import CoverageFactory, PatientFactory, PayerFactory
from tests.factories.intake import questionnaire
from tests.races import at_once

pytestmark = pytest.mark.feature("C14")

Make = Callable[[User, Patient, UUID], object]
NAMED = Coding("", "", "Something")


def _order(by: User, patient: Patient, token: UUID) -> object:
    wanted = Wanted(category="laboratory", coding=NAMED, reason="Tired")
    requester = Practitioner.objects.get(user=by)
    return place_order(by=by, patient=patient, requester=requester, wanted=wanted, request_token=token)


def _prescription(by: User, patient: Patient, token: UUID) -> object:
    said = {"dosage_text": "one a day", "quantity": Decimal(30), "quantity_unit": "tablets", "schedule": "none"}
    how = {"frequency": "daily"}
    prescriber = Practitioner.objects.get(user=by)
    return draft_prescription(
        by=by, patient=patient, coding=NAMED, prescriber=prescriber, how=how, request_token=token, **said
    )


def _report(by: User, patient: Patient, token: UUID) -> object:
    taken, results = timezone.now() - timedelta(hours=1), [Result(NAMED, words="clear")]
    return record_report(by=by, patient=patient, coding=NAMED, effective_at=taken, results=results, request_token=token)


def _link(by: User, patient: Patient, token: UUID) -> object:
    asked = [questionnaire()]
    return create_intake_link(by=by, patient=patient, kind="code", questionnaires=asked, request_token=token)


def _coverage(by: User, patient: Patient, token: UUID) -> object:
    payer = PayerFactory.create()
    return add_coverage(by=by, patient=patient, payer=payer, subscriber_id="M1", request_token=token)


def _letter(by: User, patient: Patient, token: UUID) -> object:
    return write_letter(by=by, patient=patient, words={"kind": "school", "body": "Dear"}, request_token=token)


MAKERS: dict[str, tuple[Make, tuple[type, ...]]] = {
    "order": (_order, (ServiceRequest,)),
    "prescription": (_prescription, (MedicationRequest, MedicationStatement)),
    "report": (_report, (DiagnosticReport, Observation)),
    "link": (_link, (IntakeLink,)),
    "coverage": (_coverage, (Coverage,)),
    "letter": (_letter, (Letter,)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("what", MAKERS)
def test_one_token_for_two_patients_makes_one_thing(what: str, person: Callable[..., User]) -> None:
    make, models = MAKERS[what]
    by, token, (first, second) = person("clinician"), uuid7(), (PatientFactory.create(), PatientFactory.create())
    made = make(by, first, token)
    entries = LogEntry.objects.filter(patient_id=second.pk).count()
    with pytest.raises(SentBefore, match="nothing was saved"):
        make(by, second, token)
    assert make(by, first, token) == made
    assert [model.objects.count() for model in models] == [1 for _ in models]  # type: ignore[attr-defined]
    assert LogEntry.objects.filter(patient_id=second.pk).count() == entries


def test_two_patients_and_one_token_at_one_instant(committed_db: str, person: Callable[..., User]) -> None:
    by, token, patients = person("clinician"), uuid7(), [PatientFactory.create() for _ in range(4)]
    made = at_once(4, lambda n: _letter(by, patients[n], token))
    assert sorted(type(one).__name__ for one in made) == ["Letter", "SentBefore", "SentBefore", "SentBefore"], made
    assert Letter.objects.count() == 1


def test_one_form_sent_often_at_one_instant_is_answered_with_what_it_made(
    committed_db: str, person: Callable[..., User]
) -> None:
    """No row of the patient's is locked here: only the key stands in the way of the second."""
    by, token, patient = person("clinician"), uuid7(), PatientFactory.create()
    colleague = person("nurse")
    assert {one.pk for one in at_once(6, lambda _: _letter(by, patient, token))} == {token}
    said = {"code": "asked", "description": "Call", "owner": colleague, "request_token": uuid7()}
    assert {one.pk for one in at_once(6, lambda _: create_task(by=by, **said))} == {said["request_token"]}
    said = {"to": [colleague], "subject": "x", "text": "y", "request_token": uuid7()}
    assert {one.pk for one in at_once(6, lambda _: send_message(by=by, **said))} == {said["request_token"]}
    assert (Letter.objects.count(), Task.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_chart_is_printed_for_whom_it_was_asked(person: Callable[..., User]) -> None:
    by, token, (first, second) = person("clinician"), uuid7(), (PatientFactory.create(), PatientFactory.create())
    jobs = [print_chart(by=by, patient=patient, request_token=token) for patient in (first, second, first)]
    assert [job.payload["patient"] for job in jobs] == [str(first.pk), str(second.pk), str(first.pk)]
    assert jobs[0] == jobs[2]


@pytest.mark.django_db
def test_a_payer_is_not_asked_about_another_policy_by_the_same_form(person: Callable[..., User]) -> None:
    by, token, (first, second) = person("front_desk"), uuid7(), (CoverageFactory.create(), CoverageFactory.create())
    day = timezone.localdate()
    job = request_check(by=by, coverage=first, service_date=day, request_token=token)
    with pytest.raises(SentBefore):
        request_check(by=by, coverage=second, service_date=day, request_token=token)
    assert list(Job.objects.all()) == [job]


@pytest.mark.django_db
def test_the_page_keeps_what_was_typed_and_takes_it_at_the_second_press(as_role: Callable[..., object]) -> None:
    doctor: object = as_role("clinician")
    ClinicFactory.create()
    first, second = PatientFactory.create(), PatientFactory.create()
    typed = {"kind": "school", "subject": "School", "body": "Was ill.", "request_token": str(uuid7())}
    where = [reverse("clinic:letters_new", args=[patient.pk]) for patient in (first, second)]
    assert doctor.post(where[0], typed).status_code == 303  # type: ignore[attr-defined]
    refused = doctor.post(where[1], typed)  # type: ignore[attr-defined]
    page = refused.content.decode()
    assert (refused.status_code, "Was ill." in page, "nothing was saved" in page) == (409, True, True)
    again = page.split('name="request_token" value="')[1].split('"')[0]
    assert again != typed["request_token"]
    assert doctor.post(where[1], {**typed, "request_token": again}).status_code == 303  # type: ignore[attr-defined]
    assert [letter.patient_id for letter in Letter.objects.order_by("created_at")] == [first.pk, second.pk]
