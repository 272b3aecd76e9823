"""Asking a payer about a policy. What it answers is a row of its own: the policy is never changed by it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from clinic.choices import CoverageStatus, EligibilityOutcome, SubscriberRelationship
from clinic.eligibility import adapter
from clinic.eligibility.answer import Answer, Rejected, Unreadable, parse_271
from clinic.eligibility.inquiry import Inquiry, Person, write_270
from clinic.models import Coverage, CoverageEligibilityResponse, Patient
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic, User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.jobs.models import Job
from emr.shared.errors import DomainError, SentBefore

ELIGIBILITY_JOB = "clinic.eligibility_check"
#: As much of an answer as is kept; what is longer is no answer about one person.
_KEPT_CHARACTERS = 200_000


@action
def request_check(*, by: User, coverage: Coverage, service_date: date, request_token: UUID) -> Job:
    """Ask for a check of a policy on a day of service, to be made by a worker. The same form sent twice asks once.

    Raises DomainError for a policy that was entered in error, SentBefore for a form that asked about
    another.
    """
    if coverage.status == CoverageStatus.ENTERED_IN_ERROR:
        raise DomainError("This policy was entered in error: there is nothing to ask about it.")
    payload = {
        "patient": str(coverage.patient_id),
        "coverage": str(coverage.pk),
        "service_date": service_date.isoformat(),
        "token": str(request_token),
    }
    job = enqueue(ELIGIBILITY_JOB, key=f"eligibility:{request_token}", by=by, payload=payload)
    if job.payload["coverage"] != payload["coverage"]:
        raise SentBefore()
    return job


@action
def check_eligibility(
    *, by: User, coverage: Coverage, service_date: date, request_token: UUID
) -> CoverageEligibilityResponse:
    """Ask the payer now and keep what came back, an answer or the reason why there is none. Asked twice, asks once."""
    there = CoverageEligibilityResponse.objects.filter(request_token=request_token).first()
    if there is not None:
        return there
    question = _inquiry(coverage, service_date)
    sent = write_270(question)
    said = _ask(sent, question, coverage.patient)
    return CoverageEligibilityResponse.objects.create(
        created_by=by,
        patient=coverage.patient,
        coverage=coverage,
        insurer=coverage.payer,
        serviced_date=service_date,
        trace_number=question.trace_number,
        request=sent,
        request_token=request_token,
        **said,
    )


def _ask(sent: str, question: Inquiry, patient: Patient) -> dict[str, Any]:
    """Send the question and read the answer: the fields of the row, whatever happens on the way."""
    said: dict[str, Any] = {"asked_through": "", "response": ""}
    try:
        way = adapter.chosen()
        said["asked_through"] = way.name[:30]
        text = way.ask(sent)
        said["response"] = text.replace("\x00", "")[:_KEPT_CHARACTERS]
        answer = parse_271(
            text,
            trace_number=question.trace_number,
            service_date=question.service_date,
            birth_date=patient.birth_date,
        )
    except adapter.Unreachable as silence:
        return {**said, **_failed(silence.code, silence.words)}
    except Rejected as refusal:
        return {**said, **_failed(f"AAA-{refusal.code}", refusal.words)}
    except Unreadable as broken:
        return {**said, **_failed("unreadable", str(broken))}
    return {**said, **_answered(answer)}


def _failed(code: str, words: str) -> dict[str, Any]:
    return {"outcome": EligibilityOutcome.ERROR, "inforce": None, "error_code": code[:20], "error": words[:300]}


def _answered(answer: Answer) -> dict[str, Any]:
    return {
        "outcome": EligibilityOutcome.COMPLETE,
        "inforce": answer.inforce,
        "disposition": "" if answer.inforce else "The payer says that this policy does not cover that day.",
        "plan_name": answer.plan_name,
        "benefit_period_start": answer.start,
        "benefit_period_end": answer.end,
        "copay": answer.copay,
        "coinsurance": answer.coinsurance,
        "deductible": answer.deductible,
        "deductible_remaining": answer.deductible_remaining,
        "item": [benefit.to_data() for benefit in answer.benefits],
    }


def _inquiry(coverage: Coverage, service_date: date) -> Inquiry:
    clinic = current_clinic() or Clinic()
    number = _next_number()
    patient = coverage.patient
    own = coverage.relationship == SubscriberRelationship.SELF
    return Inquiry(
        trace_number=f"CR{number:09d}",
        control_number=number % 1_000_000_000,
        asked_at=timezone.now(),
        sender_id=settings.ELIGIBILITY_SENDER_ID or clinic.npi,
        payer_name=coverage.payer.name,
        payer_id=coverage.payer.payer_id,
        provider_name=clinic.name,
        provider_npi=clinic.npi,
        provider_tax_id=clinic.tax_id,
        member_id=coverage.subscriber_id,
        subscriber=_patient(patient) if own else _subscriber(coverage),
        service_date=service_date,
        patient=None if own else _patient(patient),
        relationship=coverage.relationship,
    )


def _patient(patient: Patient) -> Person:
    return Person(patient.family_name, patient.given_name, patient.middle_name, patient.birth_date, str(patient.gender))


def _subscriber(coverage: Coverage) -> Person:
    return Person(
        coverage.subscriber_family_name,
        coverage.subscriber_given_name,
        coverage.subscriber_middle_name,
        coverage.subscriber_birth_date,
        coverage.subscriber_gender,
    )


def _next_number() -> int:
    """A number for the interchange and its trace; gaps do no harm."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('clinic_eligibility_seq')")
        return int(cursor.fetchone()[0])
