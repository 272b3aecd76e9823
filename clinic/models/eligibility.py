"""What a payer answered when it was asked whether a policy covers the patient (FHIR CoverageEligibilityResponse)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.choices import EligibilityOutcome
from clinic.models.coverages import Coverage, Payer
from clinic.models.patients import Patient
from emr.audit.registry import fixed, recorded
from emr.shared.records import Recorded, choices_constraint, uuid7


@recorded(patient="patient_id", exclude=("request", "response"))
@fixed(but=("patient_id",))
class CoverageEligibilityResponse(Recorded):
    """One answer, or one try that got none. A later answer is another row; the policy itself is never touched by it.

    ``inforce`` is what the payer said of ``serviced_date``, empty when nothing could be learnt; then ``error`` says
    why, in our words. ``request`` and ``response`` are the 270 and the 271 as they went over the line. Amounts are in
    the clinic's currency, ``coinsurance`` in percent; ``item`` is FHIR's insurance.item, one object for each benefit.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="eligibility_responses")
    coverage = models.ForeignKey(Coverage, on_delete=models.PROTECT, related_name="eligibility_responses")
    insurer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="+")
    serviced_date = models.DateField()
    outcome = models.CharField(max_length=8, choices=EligibilityOutcome)
    inforce = models.BooleanField(null=True)
    disposition = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=20, blank=True)
    error = models.CharField(max_length=300, blank=True)
    plan_name = models.CharField(max_length=80, blank=True)
    benefit_period_start = models.DateField(null=True, blank=True)
    benefit_period_end = models.DateField(null=True, blank=True)
    copay = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    coinsurance = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    deductible = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    deductible_remaining = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    item = models.JSONField(default=list, blank=True)
    trace_number = models.CharField(max_length=30, unique=True)
    asked_through = models.CharField(max_length=30)
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)
    request_token = models.UUIDField(default=uuid7, unique=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            choices_constraint("clinic_eligibility_outcome", "outcome", EligibilityOutcome),
            models.CheckConstraint(
                name="clinic_eligibility_says_something",
                condition=Q(outcome=EligibilityOutcome.COMPLETE, inforce__isnull=False, error="")
                | (Q(outcome=EligibilityOutcome.ERROR, inforce=None) & ~Q(error="")),
            ),
        ]
        indexes = [models.Index(fields=["coverage", "-created_at"], name="clinic_eligibility_coverage")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} for {self.serviced_date}"
