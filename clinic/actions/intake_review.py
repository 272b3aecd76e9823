"""Review of what patients answered: only then does it touch the chart, and never over what changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from clinic.actions.observations import record_score
from clinic.actions.patients import update_patient
from clinic.actions.tasks import complete_tasks_about
from clinic.intaking import DecisionOutcome, QuestionnairePurpose, ReviewState
from clinic.models import IntakeDecision, Patient, QuestionnaireResponse
from clinic.models.patients import ADDRESS_PARTS
from clinic.queries.intake_details import FIELDS, details_on_file, field_text
from clinic.queries.intake_review import changed_fields
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError

_REVIEWED = ["review", "reviewed_at", "reviewed_by", "review_reason", "observation", "updated_at"]


@action
def accept_response(*, by: User, response: QuestionnaireResponse) -> QuestionnaireResponse:
    """Take answers into the chart: a score becomes an observation. Accepted twice, the first time counts.

    Of a patient's details each changed field is decided before (:func:`decide_field`). Raises DomainError for what is
    not waiting, for somebody who may not read the chart where the answers belong to it, and for undecided fields.
    """
    row = _waiting(response, by)
    if row.review == ReviewState.ACCEPTED:
        return row
    if row.questionnaire.purpose == QuestionnairePurpose.DEMOGRAPHICS and any(
        change.undecided for change in changed_fields(row)
    ):
        raise DomainError("Decide each changed field first.")
    if row.score is not None and row.questionnaire.score_code and row.authored_at:
        row.observation = record_score(
            by=by,
            patient=row.patient,
            encounter=row.encounter,
            code=row.questionnaire.score_code,
            display=row.questionnaire.score_display,
            score=row.score,
            effective_at=row.authored_at,
        )
    row.review, row.reviewed_at, row.reviewed_by = ReviewState.ACCEPTED, timezone.now(), by
    row.save(update_fields=_REVIEWED)
    return row


@action
def reject_response(*, by: User, response: QuestionnaireResponse, reason: str) -> QuestionnaireResponse:
    """Leave answers out of the chart. They stay on file with the reason. Raises as :func:`accept_response` does."""
    row = _waiting(response, by)
    if row.review == ReviewState.REJECTED:
        return row
    if row.review == ReviewState.ACCEPTED:
        raise DomainError("These answers were accepted already.")
    if not reason.strip():
        raise DomainError("Say why the answers are left out.", field="reason")
    row.review, row.reviewed_at, row.reviewed_by = ReviewState.REJECTED, timezone.now(), by
    row.review_reason = reason.strip()[:300]
    row.save(update_fields=_REVIEWED)
    complete_tasks_about(by=by, row=row, comment="Answers rejected")
    return row


@action
def decide_field(
    *, by: User, response: QuestionnaireResponse, field: str, accept: bool, seen: str, reason: str = ""
) -> IntakeDecision:
    """Take one changed field of a patient's details into the chart, or leave it. Decided twice, the first time counts.

    ``seen`` is what the chart held when the page was shown. Raises Conflict when it holds something else by now,
    DomainError for what the patient didn't change, and for leaving it out without a reason.
    """
    row = _waiting(response, by)
    patient = Patient.objects.select_for_update().get(pk=row.patient_id)
    change = next((change for change in changed_fields(row) if change.field == field), None)
    if change is None or row.review != ReviewState.WAITING:
        raise DomainError("This field is not waiting for a decision.")
    known = row.decisions.filter(field=field).first()
    if known is not None:
        return known
    now = details_on_file(patient)
    if field_text(field, now) != seen:
        raise Conflict(f"{FIELDS[field][0]} was changed in the chart while this page was open. Look at it again.")
    if not accept and not reason.strip():
        raise DomainError("Say why it is left as it is.", field="reason")
    if accept and change.new != seen:
        update_patient(by=by, patient=patient, version_seen=patient.updated_at, **_values(field, change.values))
    outcome = DecisionOutcome.ACCEPTED if accept else DecisionOutcome.REJECTED
    return IntakeDecision.objects.create(
        response=row,
        field=field,
        old=change.old,
        new=change.new,
        outcome=outcome,
        reason=reason.strip()[:300],
        decided_by=by,
    )


def _values(field: str, values: Mapping[str, str]) -> dict[str, Any]:
    """The keywords of ``update_patient`` for one field."""
    if field == "address":
        return {"address": {part: values.get(part, "") for part in ADDRESS_PARTS}}
    return {field: values[field]}


def _waiting(response: QuestionnaireResponse, by: User) -> QuestionnaireResponse:
    rows = QuestionnaireResponse.objects.select_for_update(of=("self",)).select_related("questionnaire", "patient")
    row = rows.get(pk=response.pk)
    if row.review == ReviewState.NONE or row.entered_in_error_at:
        raise DomainError("The patient has not sent these answers.")
    if row.questionnaire.purpose != QuestionnairePurpose.DEMOGRAPHICS and not by.has_perm(Permission.VIEW_CHART):
        raise DomainError("Answers about health are reviewed by a nurse or a clinician.")
    return row
