"""Questionnaires and what was answered (FHIR Questionnaire, QuestionnaireResponse)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from clinic.intaking import (
    DecisionOutcome,
    PublicationStatus,
    QuestionnairePurpose,
    ResponseSource,
    ResponseStatus,
    ReviewState,
)
from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.observations import Observation
from clinic.models.patients import Patient
from emr.audit.registry import append_only, recorded
from emr.shared.records import ErrableMixin, Identified, Recorded, choices_constraint, paired

#: A questionnaire that was answered says for ever what was asked; only its standing may change.
_ANSWERED = """
    IF to_jsonb(NEW) - '{status,retired_at,retired_by_id,updated_at}'::text[]
       IS DISTINCT FROM to_jsonb(OLD) - '{status,retired_at,retired_by_id,updated_at}'::text[]
       AND EXISTS (SELECT FROM clinic_questionnaireresponse WHERE questionnaire_id = OLD.id)
    THEN
        RAISE EXCEPTION 'A questionnaire that was answered does not change; make a new version.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
#: The lock keeps somebody who is changing the questions from passing somebody who begins to answer them.
_ASKED = """
    PERFORM FROM clinic_questionnaire WHERE id = NEW.questionnaire_id AND status <> 'draft' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'A questionnaire in draft is not answered.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
_COMPLETED = """
    IF OLD.status <> 'in-progress' AND NEW.status <> 'amended' AND (
        ROW(NEW.answers, NEW.score, NEW.authored_at, NEW.baseline)
        IS DISTINCT FROM ROW(OLD.answers, OLD.score, OLD.authored_at, OLD.baseline)
    ) THEN
        RAISE EXCEPTION 'Answers that were sent do not change.' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.questionnaire_id IS DISTINCT FROM OLD.questionnaire_id OR (OLD.reviewed_at IS NOT NULL AND
        ROW(NEW.review, NEW.reviewed_at, NEW.reviewed_by_id, NEW.answers)
        IS DISTINCT FROM ROW(OLD.review, OLD.reviewed_at, OLD.reviewed_by_id, OLD.answers)
    ) THEN
        RAISE EXCEPTION 'Answers that were reviewed do not change.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


@recorded(patient=None)
class Questionnaire(Recorded):
    """One version of a list of questions. ``url`` names the questionnaire through all its versions.

    ``items`` are FHIR Questionnaire.item as validated JSON (clinic.questionnaires.items), ``bands`` say what a score
    means. ``code`` is the LOINC code of the panel, ``score_code`` that of the sum. Once answered it never changes.
    """

    url = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=120)
    status = models.CharField(max_length=8, choices=PublicationStatus, default=PublicationStatus.DRAFT)
    purpose = models.CharField(max_length=12, choices=QuestionnairePurpose, default=QuestionnairePurpose.HISTORY)
    description = models.CharField("introduction", max_length=500, blank=True)
    source = models.CharField("source and licence", max_length=500, blank=True)
    code = models.CharField("LOINC code", max_length=20, blank=True)
    score_code = models.CharField("LOINC code of the score", max_length=20, blank=True)
    score_display = models.CharField(max_length=120, blank=True)
    items = models.JSONField(default=list)
    bands = models.JSONField(default=list, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["title", "-version"]
        constraints = [
            choices_constraint("clinic_questionnaire_status", "status", PublicationStatus),
            choices_constraint("clinic_questionnaire_purpose", "purpose", QuestionnairePurpose),
            paired("clinic_questionnaire_retired_paired", "retired_at", "retired_by"),
            models.CheckConstraint(
                name="clinic_questionnaire_retired",
                condition=Q(status=PublicationStatus.RETIRED, retired_at__isnull=False)
                | (~Q(status=PublicationStatus.RETIRED) & Q(retired_at=None)),
            ),
            models.CheckConstraint(
                name="clinic_questionnaire_told", condition=Q(title__regex=r"\S", url__regex=r"^\S+$", version__gte=1)
            ),
            models.CheckConstraint(
                name="clinic_questionnaire_scored",
                condition=~Q(purpose=QuestionnairePurpose.SCORED) | (~Q(score_code="") & ~Q(score_display="")),
            ),
            models.UniqueConstraint(fields=["url", "version"], name="clinic_questionnaire_version"),
            models.UniqueConstraint(
                fields=["url"], name="clinic_questionnaire_active", condition=Q(status=PublicationStatus.ACTIVE)
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="answered_is_final", when=pgtrigger.Before, operation=pgtrigger.Update, func=_ANSWERED
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} (version {self.version})"


@recorded(patient="patient_id")
class QuestionnaireResponse(Recorded, ErrableMixin):
    """What one patient answered. ``answers`` holds for each linkId the list of what was given.

    ``baseline`` is what the chart held for each field of the patient's details when they were shown, so that the
    review can tell what changed since. ``appointment_id`` names a visit of the schedule, which stands a floor above.
    What staff wrote down has ``source`` staff: the patient gave the answers (FHIR source), and ``created_by`` is who
    wrote them (FHIR author).
    """

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="responses")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="questionnaire_responses")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    appointment_id = models.UUIDField(null=True, blank=True)
    status = models.CharField(max_length=16, choices=ResponseStatus, default=ResponseStatus.IN_PROGRESS)
    source = models.CharField(max_length=7, choices=ResponseSource)
    answers = models.JSONField(default=dict, blank=True)
    baseline = models.JSONField(default=dict, blank=True)
    score = models.SmallIntegerField(null=True, blank=True)
    authored_at = models.DateTimeField("sent", null=True, blank=True)
    review = models.CharField(max_length=8, choices=ReviewState, default=ReviewState.NONE)
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    review_reason = models.CharField(max_length=300, blank=True)
    observation = models.ForeignKey(Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_qresponse_status", "status", ResponseStatus),
            choices_constraint("clinic_qresponse_source", "source", ResponseSource),
            choices_constraint("clinic_qresponse_review", "review", ReviewState),
            paired("clinic_qresponse_reviewed_paired", "reviewed_at", "reviewed_by"),
            models.CheckConstraint(
                name="clinic_qresponse_sent",
                condition=Q(status=ResponseStatus.IN_PROGRESS, authored_at=None, review=ReviewState.NONE)
                | (~Q(status=ResponseStatus.IN_PROGRESS) & Q(authored_at__isnull=False))
                | Q(status=ResponseStatus.ENTERED_IN_ERROR),
            ),
            models.CheckConstraint(
                name="clinic_qresponse_reviewed",
                condition=Q(review__in=[ReviewState.NONE, ReviewState.WAITING], reviewed_at=None)
                | Q(review=ReviewState.ACCEPTED, reviewed_at__isnull=False)
                | Q(review=ReviewState.REJECTED, reviewed_at__isnull=False, review_reason__regex=r"\S"),
            ),
            models.CheckConstraint(
                name="clinic_qresponse_wrong",
                condition=Q(status=ResponseStatus.ENTERED_IN_ERROR, entered_in_error_at__isnull=False)
                | (~Q(status=ResponseStatus.ENTERED_IN_ERROR) & Q(entered_in_error_at=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="clinic_qresponse_patient"),
            models.Index(fields=["authored_at"], name="clinic_qresponse_waiting", condition=Q(review="waiting")),
        ]
        triggers = [
            VISIT_OPEN,
            pgtrigger.Trigger(name="not_a_draft", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_ASKED),
            pgtrigger.Trigger(name="sent_is_final", when=pgtrigger.Before, operation=pgtrigger.Update, func=_COMPLETED),
        ]

    def __str__(self) -> str:
        return f"Answers to {self.questionnaire}"


@append_only
@recorded(patient="response.patient_id")
class IntakeDecision(Identified):
    """What a member of staff decided of one field of a patient's details: old, new, accepted or not."""

    response = models.ForeignKey(QuestionnaireResponse, on_delete=models.PROTECT, related_name="decisions")
    field = models.CharField(max_length=40)
    old = models.CharField(max_length=300, blank=True)
    new = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=8, choices=DecisionOutcome)
    reason = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["decided_at"]
        constraints = [
            choices_constraint("clinic_intakedecision_outcome", "outcome", DecisionOutcome),
            models.UniqueConstraint(fields=["response", "field"], name="clinic_intakedecision_once"),
            models.CheckConstraint(name="clinic_intakedecision_changed", condition=~Q(old=F("new"))),
            models.CheckConstraint(
                name="clinic_intakedecision_reasoned",
                condition=Q(outcome=DecisionOutcome.ACCEPTED) | Q(reason__regex=r"\S"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.get_outcome_display()}"
