"""What ran in the family (FHIR FamilyMemberHistory)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint


class FamilyRelationship(models.TextChoices):
    """HL7 v3 RoleCode, the relatives by blood that matter to a history."""

    MOTHER = "NMTH", "Mother"
    FATHER = "NFTH", "Father"
    SISTER = "NSIS", "Sister"
    BROTHER = "NBRO", "Brother"
    DAUGHTER = "DAUC", "Daughter"
    SON = "SONC", "Son"
    MATERNAL_GRANDMOTHER = "MGRMTH", "Mother's mother"
    MATERNAL_GRANDFATHER = "MGRFTH", "Mother's father"
    PATERNAL_GRANDMOTHER = "PGRMTH", "Father's mother"
    PATERNAL_GRANDFATHER = "PGRFTH", "Father's father"
    MATERNAL_AUNT = "MAUNT", "Mother's sister"
    MATERNAL_UNCLE = "MUNCLE", "Mother's brother"
    PATERNAL_AUNT = "PAUNT", "Father's sister"
    PATERNAL_UNCLE = "PUNCLE", "Father's brother"
    OTHER = "FAMMEMB", "Other relative"


class FamilyHistoryStatus(models.TextChoices):
    """FHIR FamilyMemberHistory.status."""

    COMPLETED = "completed", "Asked"
    HEALTH_UNKNOWN = "health-unknown", "Not known"


@recorded(patient="patient_id")
class FamilyMemberHistory(Recorded, CodedMixin, ErrableMixin):
    """One condition of one relative. With ``none_known`` the statement that somebody asked and there is nothing.

    ``onset_age`` and ``death_age`` are in completed years. ``deceased`` None says that it is not known.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="family_history")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=14, choices=FamilyHistoryStatus, default=FamilyHistoryStatus.COMPLETED)
    none_known = models.BooleanField(default=False)
    relationship = models.CharField(max_length=7, choices=FamilyRelationship, blank=True)
    onset_age = models.PositiveSmallIntegerField(null=True, blank=True)
    deceased = models.BooleanField(null=True, blank=True)
    death_age = models.PositiveSmallIntegerField(null=True, blank=True)
    contributed_to_death = models.BooleanField(default=False)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["relationship", "display"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_family_status", "status", FamilyHistoryStatus),
            models.CheckConstraint(
                name="clinic_family_whose",
                condition=Q(none_known=True, relationship="")
                | Q(none_known=False, relationship__in=FamilyRelationship.values),
            ),
            models.CheckConstraint(
                name="clinic_family_ages",
                condition=(Q(onset_age=None) | Q(onset_age__lte=120)) & (Q(death_age=None) | Q(death_age__lte=120)),
            ),
            models.CheckConstraint(name="clinic_family_dead", condition=Q(death_age=None) | Q(deceased=True)),
            models.UniqueConstraint(
                fields=["patient"],
                name="clinic_family_none_once",
                condition=Q(none_known=True, entered_in_error_at=None),
            ),
        ]
        indexes = [models.Index(fields=["patient"], name="clinic_family_patient")]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return self.display
