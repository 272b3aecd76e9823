"""What drugs do to each other, as an imported knowledge base says, and who went on past a warning, and why."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.medications import MedicationStatement
from clinic.models.patients import Patient
from emr.audit.registry import exempt, fixed, recorded
from emr.shared.records import Identified, Recorded, choices_constraint


class KnowledgeKind(models.TextChoices):
    """What a knowledge base knows."""

    INTERACTIONS = "interactions", "Drug interactions"
    INGREDIENTS = "ingredients", "Ingredients of drugs"
    CLASSES = "classes", "Drug and allergy classes"


@exempt("Reference data: says nothing about a person; each row is itself the trace of an import.")
class KnowledgeBase(Identified):
    """One imported release. Of a kind one is in use: the others are retired."""

    kind = models.CharField(max_length=12, choices=KnowledgeKind)
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=60)
    licence = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    imported_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-imported_at"]
        constraints = [
            models.CheckConstraint(name="clinic_knowledge_kind", condition=Q(kind__in=KnowledgeKind.values)),
            models.UniqueConstraint(fields=["kind"], name="clinic_knowledge_in_use", condition=Q(retired_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class AlertLevel(models.TextChoices):
    """The three levels of an alert: only the last one stops somebody."""

    NOTE = "note", "For information"
    WARNING = "warning", "Warning"
    STOP = "stop", "Needs a reason"


@exempt("Reference data: says nothing about a person.")
class KnowledgeLink(Identified):
    """One statement of a knowledge base about two codes.

    Interactions: ``first`` and ``second`` in the order of their codes, with level and text. Ingredients and classes:
    ``first`` has, or belongs to, ``second``.
    """

    base = models.ForeignKey(KnowledgeBase, on_delete=models.PROTECT, related_name="links")
    first_system = models.CharField(max_length=200)
    first_code = models.CharField(max_length=64)
    second_system = models.CharField(max_length=200)
    second_code = models.CharField(max_length=64)
    level = models.CharField(max_length=7, choices=AlertLevel, blank=True)
    text = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["base", "first_system", "first_code", "second_system", "second_code"],
                name="clinic_knowledge_once",
            ),
            models.CheckConstraint(
                name="clinic_knowledge_level", condition=Q(level="") | Q(level__in=AlertLevel.values)
            ),
            models.CheckConstraint(
                name="clinic_knowledge_two",
                condition=~Q(first_system=F("second_system"), first_code=F("second_code")),
            ),
        ]
        indexes = [models.Index(fields=["base", "second_system", "second_code"], name="clinic_knowledge_second")]

    def __str__(self) -> str:
        return f"{self.first_code} - {self.second_code}"


class AlertKind(models.TextChoices):
    """What a warning was about."""

    ALLERGY = "allergy", "Allergy"
    DUPLICATE = "duplicate", "Duplicate therapy"
    INTERACTION = "interaction", "Interaction"


class OverrideReason(models.TextChoices):
    """Why somebody went on (HL7 v3 ActReason, in words that a clinician says)."""

    TOLERATED = "tolerated", "Has tolerated it before"
    BENEFIT = "benefit", "The benefit outweighs the risk"
    MONITORED = "monitored", "Will be monitored"
    NO_ALTERNATIVE = "no-alternative", "There is no alternative"
    NOT_TRUE = "not-true", "The warning does not apply to this patient"
    INTENDED = "intended", "Both are intended"


@fixed(but=("patient_id",))
@recorded(patient="patient_id")
class SafetyOverride(Recorded):
    """Somebody was warned, and went on for a reason. ``against`` is the other side in words, ``source`` who says so."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="safety_overrides")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    medication = models.ForeignKey(MedicationStatement, on_delete=models.PROTECT, related_name="safety_overrides")
    kind = models.CharField(max_length=11, choices=AlertKind)
    level = models.CharField(max_length=7, choices=AlertLevel)
    against = models.CharField(max_length=500)
    message = models.CharField(max_length=1000)
    source = models.CharField(max_length=200)
    reason = models.CharField(max_length=14, choices=OverrideReason)
    comment = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            choices_constraint("clinic_override_kind", "kind", AlertKind),
            choices_constraint("clinic_override_level", "level", AlertLevel),
            choices_constraint("clinic_override_reason", "reason", OverrideReason),
        ]
        indexes = [models.Index(fields=["patient", "-created_at"], name="clinic_override_patient")]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.against}"
