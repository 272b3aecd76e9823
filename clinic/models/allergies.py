"""Allergies and intolerances, and the explicit word that there are none (FHIR AllergyIntolerance)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from clinic.choices import (
    AllergyCategory,
    AllergyClinicalStatus,
    AllergyCriticality,
    AllergyType,
    ReactionSeverity,
    VerificationStatus,
)
from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.partial_dates import Precision, precision_field
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint

_CURRENT = Q(clinical_status=AllergyClinicalStatus.ACTIVE, entered_in_error_at=None)


@recorded(patient="patient_id")
class AllergyIntolerance(Recorded, CodedMixin, ErrableMixin):
    """An allergy; or, with ``none_known``, the statement that somebody asked and there is none.

    No row at all means "not recorded": nobody asked. One substance stands once among the active rows.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    none_known = models.BooleanField(default=False)
    type = models.CharField(max_length=11, choices=AllergyType, default=AllergyType.ALLERGY)
    category = models.CharField(max_length=11, choices=AllergyCategory, blank=True)
    criticality = models.CharField(max_length=16, choices=AllergyCriticality, blank=True)
    clinical_status = models.CharField(
        max_length=8, choices=AllergyClinicalStatus, default=AllergyClinicalStatus.ACTIVE
    )
    verification_status = models.CharField(
        max_length=16, choices=VerificationStatus, default=VerificationStatus.CONFIRMED
    )
    onset_date = models.DateField(null=True, blank=True)
    onset_precision = precision_field()
    recorded_date = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["display"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_allergy_type", "type", AllergyType),
            choices_constraint("clinic_allergy_clinical", "clinical_status", AllergyClinicalStatus),
            choices_constraint("clinic_allergy_verification", "verification_status", VerificationStatus),
            choices_constraint("clinic_allergy_onset", "onset_precision", Precision),
            models.UniqueConstraint("patient", Lower("display"), name="clinic_allergy_once", condition=_CURRENT),
            models.UniqueConstraint(
                fields=["patient"], name="clinic_allergy_none_once", condition=_CURRENT & Q(none_known=True)
            ),
        ]
        indexes = [models.Index(fields=["patient", "clinical_status"], name="clinic_allergy_patient")]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return self.display


@recorded(patient="patient_id")
class AllergyReaction(Recorded, CodedMixin, ErrableMixin):
    """What happened (FHIR AllergyIntolerance.reaction); rows of one ``occurrence`` came together.

    One that was told wrongly is entered in error by itself: the allergy stays.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    allergy = models.ForeignKey(AllergyIntolerance, on_delete=models.PROTECT, related_name="reactions")
    occurrence = models.PositiveSmallIntegerField(default=1)
    severity = models.CharField(max_length=8, choices=ReactionSeverity, blank=True)

    class Meta:
        ordering = ["occurrence", "created_at"]
        constraints = [*CodedMixin.Meta.constraints, *ErrableMixin.Meta.constraints]

    def __str__(self) -> str:
        return self.display
