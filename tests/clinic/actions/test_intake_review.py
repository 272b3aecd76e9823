"""Nothing that a patient answered touches the chart before somebody accepts it, and nothing is overwritten unseen."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from clinic.actions.intake_review import accept_response, decide_field, reject_response
from clinic.actions.patients import update_patient
from clinic.models import IntakeDecision, Observation, Patient, QuestionnaireResponse, Task
from clinic.queries.intake_review import changed_fields
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import Conflict, DomainError
from tests.factories.base import someone
from tests.factories.clinic import ContactPointFactory, PatientAddressFactory, PatientFactory
from tests.factories.intake import POINTS, answered

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B08")]

HOME = {"line1": ["12 Elm Street"], "city": ["Springfield"], "state": ["IL"], "zip": ["62701"]}
MOVED = {**HOME, "line1": ["9 Oak Ave"], "line2": ["Apt 2"]}


def _patient() -> Patient:
    patient = PatientFactory.create()
    PatientAddressFactory(patient=patient)
    ContactPointFactory(patient=patient, use="mobile", value="+12175550142")
    return patient


def _phq(patient: Patient, points: int = 1) -> QuestionnaireResponse:
    return answered(patient, "phq-9", {str(n): [POINTS[points]] for n in range(1, 10)})


@pytest.mark.feature("E13")
def test_an_accepted_score_is_an_observation_once(person: Callable[..., User]) -> None:
    nurse, patient = person("nurse"), PatientFactory()
    response = _phq(patient)
    assert not Observation.objects.exists()
    first = accept_response(by=nurse, response=response)
    second = accept_response(by=nurse, response=response)
    row = Observation.objects.get()
    assert (first.observation_id, second.observation_id) == (row.pk, row.pk)
    assert (row.system, row.code, row.category) == ("http://loinc.org", "44261-6", "survey")
    assert (row.value_quantity, row.value_unit, row.effective_at) == (Decimal(9), "{score}", response.authored_at)


def test_health_answers_are_for_who_reads_the_chart(person: Callable[..., User]) -> None:
    response = _phq(PatientFactory())
    for decide in (accept_response, lambda **said: reject_response(**said, reason="No")):
        with pytest.raises(DomainError, match="reviewed by a nurse or a clinician"):
            decide(by=person("front_desk"), response=response)
    assert not Observation.objects.exists()


def test_left_out_with_a_reason(person: Callable[..., User]) -> None:
    nurse, response = person("nurse"), _phq(PatientFactory(), 3)
    assert Task.objects.get().status == "requested"
    with pytest.raises(DomainError, match="Say why"):
        reject_response(by=nurse, response=response, reason=" ")
    done = reject_response(by=nurse, response=response, reason="Filled in by the sister")
    assert (done.review, done.review_reason, done.reviewed_by) == ("rejected", "Filled in by the sister", nurse)
    assert Task.objects.get().status == "completed"
    with pytest.raises(DomainError):
        reject_response(by=nurse, response=accept_response(by=nurse, response=_phq(PatientFactory())), reason="No")
    assert Observation.objects.count() == 1


def test_details_field_by_field(person: Callable[..., User]) -> None:
    desk, patient = person("front_desk"), _patient()
    said = {"name": ["Mia"], **MOVED, "mobile": ["217-555-0199"], "email": ["mia@example.org"]}
    response = answered(patient, "details", said)
    changes = {change.field: (change.old, change.new, change.now) for change in changed_fields(response)}
    old = "12 Elm Street, Springfield, IL, 62701"
    assert changes == {
        "preferred_name": ("", "Mia", ""),
        "address": (old, "9 Oak Ave, Apt 2, Springfield, IL, 62701", old),
        "mobile": ("+12175550142", "+12175550199", "+12175550142"),
        "email": ("", "mia@example.org", ""),
    }
    with pytest.raises(DomainError, match="Decide each changed field first"):
        accept_response(by=desk, response=response)
    for field in ("preferred_name", "address", "email"):
        decide_field(by=desk, response=response, field=field, accept=True, seen=changes[field][2])
    with pytest.raises(DomainError, match="Say why"):
        decide_field(by=desk, response=response, field="mobile", accept=False, seen="+12175550142")
    decide_field(by=desk, response=response, field="mobile", accept=False, seen="+12175550142", reason="A typing error")
    accept_response(by=desk, response=response)
    patient.refresh_from_db()
    assert patient.preferred_name == "Mia"
    assert [(row.line1, row.period_end is None) for row in patient.addresses.order_by("created_at")] == [
        ("12 Elm Street", False),
        ("9 Oak Ave", True),
    ]
    present = patient.telecom.filter(period_end=None).order_by("system").values_list("value", flat=True)
    assert list(present) == ["mia@example.org", "+12175550142"]


def test_what_changed_meanwhile_is_not_overwritten_unseen(person: Callable[..., User]) -> None:
    desk, patient = person("front_desk"), _patient()
    response = answered(patient, "details", {"name": [""], **MOVED, "mobile": ["217-555-0142"]})
    seen = changed_fields(response)[0].now
    elsewhere = {"line1": "1 Lake Rd", "city": "Chicago", "state": "IL", "postal_code": "60601"}
    update_patient(by=desk, patient=patient, version_seen=patient.updated_at, address=elsewhere)
    with pytest.raises(Conflict, match="Address was changed in the chart while this page was open"):
        decide_field(by=desk, response=response, field="address", accept=True, seen=seen)
    change = changed_fields(response)[0]
    assert (change.moved, change.now) == (True, "1 Lake Rd, Chicago, IL, 60601")
    assert patient.addresses.get(period_end=None).line1 == "1 Lake Rd"
    decide_field(by=desk, response=response, field="address", accept=True, seen=change.now)
    decide_field(by=desk, response=response, field="address", accept=True, seen=change.now)
    assert patient.addresses.get(period_end=None).line1 == "9 Oak Ave"
    assert IntakeDecision.objects.count() == 1


def test_what_the_chart_says_by_now_needs_no_decision(person: Callable[..., User]) -> None:
    desk, patient = person("front_desk"), _patient()
    response = answered(patient, "details", {**HOME, "name": ["Mia"], "mobile": ["217-555-0142"]})
    update_patient(by=desk, patient=patient, version_seen=patient.updated_at, preferred_name="Mia")
    assert accept_response(by=desk, response=response).review == "accepted"


@pytest.mark.parametrize("column", ["answers", "score", "review"])
def test_the_database_keeps_what_was_sent_and_reviewed(column: str, person: Callable[..., User]) -> None:
    response = accept_response(by=person("nurse"), response=_phq(PatientFactory()))
    setattr(response, column, {"answers": {}, "score": 0, "review": "waiting"}[column])
    with pytest.raises(IntegrityError, match="do not change"), transaction.atomic(), acting(someone()):
        response.save()
