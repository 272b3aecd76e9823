"""That somebody went through the medications of a patient in a visit, and what was decided for each."""

from __future__ import annotations

from django.db import models

from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.medications import MedicationStatement
from clinic.models.patients import Patient
from emr.audit.registry import fixed, recorded
from emr.shared.records import Recorded, choices_constraint


class ReconciliationOutcome(models.TextChoices):
    """What was decided for one medication."""

    CONTINUE = "continue", "Goes on"
    CHANGE = "change", "Changed"
    STOP = "stop", "Stopped"
    ADD = "add", "Added"


@fixed(but=("patient_id",))
@recorded(patient="patient_id")
class MedicationReconciliation(Recorded):
    """The medications of a patient were compared with what the patient takes, by ``created_by``, at ``created_at``.

    ``source`` says with what they were compared. An event with no items says that there was nothing to compare.
    """

    class Source(models.TextChoices):
        """With what the list was compared (FHIR MedicationStatement.informationSource, in a clinic's words)."""

        PATIENT = "patient", "What the patient says"
        BOTTLES = "bottles", "Bottles or a list that the patient brought"
        PHARMACY = "pharmacy", "The pharmacy's record"
        DISCHARGE = "discharge", "A hospital's discharge list"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="reconciliations")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="reconciliations"
    )
    source = models.CharField(max_length=9, choices=Source, default=Source.PATIENT)
    comment = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="clinic_reconciliation_source",
                condition=models.Q(source__in=["patient", "bottles", "pharmacy", "discharge"]),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-created_at"], name="clinic_reconciled_patient")]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return f"Medications reconciled with {self.get_source_display().lower()}"


@fixed(but=())
@recorded(patient="reconciliation.patient_id")
class MedicationReconciliationItem(Recorded):
    """One medication at a reconciliation: its words before (empty for one that was added) and what was decided."""

    reconciliation = models.ForeignKey(MedicationReconciliation, on_delete=models.PROTECT, related_name="items")
    medication = models.ForeignKey(MedicationStatement, on_delete=models.PROTECT, related_name="reconciliation_items")
    outcome = models.CharField(max_length=8, choices=ReconciliationOutcome)
    before = models.CharField(max_length=700, blank=True)
    comment = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            choices_constraint("clinic_reconciliation_outcome", "outcome", ReconciliationOutcome),
            models.UniqueConstraint(fields=["reconciliation", "medication"], name="clinic_reconciliation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.medication}: {self.get_outcome_display()}"
