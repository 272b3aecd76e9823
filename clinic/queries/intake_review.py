"""What waits for review, and what it would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from clinic.intaking import PublicationStatus, QuestionnairePurpose, ReviewState
from clinic.models import IntakeDecision, Questionnaire, QuestionnaireResponse
from clinic.queries.intake_details import FIELDS, details_on_file, field_text
from clinic.questionnaires.items import flat, parse_items
from clinic.rules import visible_to
from emr.access.permissions import Permission
from emr.accounts.models import User

SHOWN = 200


@dataclass(frozen=True)
class Change:
    """One field that the patient changed: as it was shown, as it was answered, as the chart holds it now."""

    field: str
    label: str
    old: str
    new: str
    now: str
    values: Mapping[str, str]
    decision: IntakeDecision | None

    @property
    def undecided(self) -> bool:
        """Whether somebody must still decide: not where the chart says the same by now."""
        return self.decision is None and self.new != self.now

    @property
    def moved(self) -> bool:
        """Whether the chart changed since the patient saw it, to something else."""
        return self.now not in (self.old, self.new)


def changed_fields(response: QuestionnaireResponse) -> list[Change]:
    """The fields of a patient's details that were answered otherwise than they were shown. Three queries."""
    asked = {
        item.definition: item.link_id for item in flat(parse_items(response.questionnaire.items)) if item.definition
    }
    answered = {
        definition: (response.answers.get(link_id) or [""])[0]
        for definition, link_id in asked.items()
        if definition in response.baseline
    }
    now = details_on_file(response.patient)
    decided = {decision.field: decision for decision in response.decisions.select_related("decided_by")}
    found = []
    for field, (label, parts) in FIELDS.items():
        if not any(part in answered for part in parts):
            continue
        values = {part: answered.get(part, response.baseline.get(part, "")) for part in parts}
        old, new = field_text(field, response.baseline), field_text(field, values)
        if old != new:
            found.append(Change(field, label, old, new, field_text(field, now), values, decided.get(field)))
    return found


def waiting_responses(user: User) -> list[QuestionnaireResponse]:
    """What waits for this user's review, the longest waiting first: of patients of whom the user may know, and answers
    about health only for who may read the chart.
    """
    return list(_for(user).filter(review=ReviewState.WAITING).order_by("authored_at", "pk")[:SHOWN])


def reviewed_responses(user: User) -> list[QuestionnaireResponse]:
    """What was reviewed, newest first."""
    found = _for(user).filter(review__in=[ReviewState.ACCEPTED, ReviewState.REJECTED])
    return list(found.order_by("-reviewed_at", "-pk")[:SHOWN])


def may_see(user: User, response: QuestionnaireResponse) -> bool:
    """Whether the user may read these answers, once past the door of the chart."""
    details = response.questionnaire.purpose == QuestionnairePurpose.DEMOGRAPHICS
    return details or user.has_perm(Permission.VIEW_CHART)


def fillable(user: User) -> QuerySet[Questionnaire]:
    """The questionnaires in use of which the user may write down a patient's answers: those that they may read."""
    rows = Questionnaire.objects.filter(status=PublicationStatus.ACTIVE).order_by("title")
    return rows if user.has_perm(Permission.VIEW_CHART) else rows.filter(purpose=QuestionnairePurpose.DEMOGRAPHICS)


def _for(user: User) -> QuerySet[QuestionnaireResponse]:
    rows = QuestionnaireResponse.objects.filter(
        patient__in=visible_to(user).order_by(), entered_in_error_at=None
    ).select_related("patient", "questionnaire", "reviewed_by")
    if user.has_perm(Permission.VIEW_CHART):
        return rows
    return rows.filter(questionnaire__purpose=QuestionnairePurpose.DEMOGRAPHICS)
