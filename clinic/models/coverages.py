"""Who pays: payers and the patient's coverages (FHIR Organization, Coverage)."""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Func, Q, Value

from clinic.choices import AdministrativeGender, CoverageStatus, PayerType, SubscriberRelationship
from clinic.models.patients import Patient, RelatedPerson
from emr.accounts.models import US_STATE, ZIP_CODE
from emr.audit.registry import recorded
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, paired, period_constraint


class DateRange(Func):
    """PostgreSQL's ``daterange``, with both days inside."""

    function = "daterange"
    output_field = DateRangeField()


@recorded(patient=None)
class Payer(Recorded):
    """An organization that pays claims (FHIR Organization of type payer).

    ``timely_filing_days`` are counted from the service, ``appeal_days`` from the refusal: in them a claim, an appeal,
    is in time. ``accepts_assignment``: the clinic takes what this payer allows as the whole price.
    """

    name = models.CharField(max_length=60, unique=True)
    payer_id = models.CharField("payer id", max_length=20, blank=True, help_text="As the clearinghouse names it.")
    type = models.CharField(max_length=8, choices=PayerType, default=PayerType.GROUP)
    claim_filing_code = models.CharField(
        max_length=2, blank=True, help_text="X12 claim filing indicator (SBR09), for example MB or CI."
    )
    address_line1 = models.CharField("street", max_length=55, blank=True)
    city = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=2, blank=True, validators=[US_STATE])
    postal_code = models.CharField("ZIP code", max_length=10, blank=True, validators=[ZIP_CODE])
    phone = models.CharField(max_length=20, blank=True)
    accepts_assignment = models.BooleanField(default=True, help_text="Box 27.")
    timely_filing_days = models.PositiveSmallIntegerField(default=365)
    appeal_days = models.PositiveSmallIntegerField(default=180)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [choices_constraint("clinic_payer_type", "type", PayerType)]

    def __str__(self) -> str:
        return self.name


@recorded(patient="patient_id")
class Coverage(Recorded, ErrableMixin):
    """A policy under which a patient is covered, for a period (FHIR Coverage).

    ``order`` 1 is the primary. Two active policies of one order never overlap in time: the database refuses it.
    ``subscriber_person`` is the related person whose policy it is; the ``subscriber_…`` columns say what stands on the
    claim. ``verified_at/_by``: when somebody last went through it with the patient or the card.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="coverages")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="coverages")
    status = models.CharField(max_length=16, choices=CoverageStatus, default=CoverageStatus.ACTIVE)
    order = models.PositiveSmallIntegerField(default=1, choices=[(1, "Primary"), (2, "Secondary"), (3, "Tertiary")])
    subscriber_id = models.CharField("member id", max_length=30)
    group_number = models.CharField(max_length=30, blank=True)
    plan_name = models.CharField(max_length=60, blank=True)
    relationship = models.CharField(
        "patient is the subscriber's", max_length=6, choices=SubscriberRelationship, default=SubscriberRelationship.SELF
    )
    subscriber_person = models.ForeignKey(
        RelatedPerson, on_delete=models.PROTECT, null=True, blank=True, related_name="coverages"
    )
    subscriber_family_name = models.CharField(max_length=80, blank=True)
    subscriber_given_name = models.CharField(max_length=80, blank=True)
    subscriber_middle_name = models.CharField(max_length=80, blank=True)
    subscriber_birth_date = models.DateField(null=True, blank=True)
    subscriber_gender = models.CharField(max_length=7, choices=AdministrativeGender, blank=True)
    subscriber_line1 = models.CharField("subscriber's street", max_length=55, blank=True)
    subscriber_city = models.CharField(max_length=30, blank=True)
    subscriber_state = models.CharField(max_length=2, blank=True, validators=[US_STATE])
    subscriber_postal_code = models.CharField(max_length=10, blank=True, validators=[ZIP_CODE])
    period_start = models.DateField("from", null=True, blank=True)
    period_end = models.DateField("until", null=True, blank=True)
    copay = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    signature_on_file = models.BooleanField(default=True)
    assignment_of_benefits = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta(ErrableMixin.Meta):
        ordering = ["order", "-period_start"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_coverage_status", "status", CoverageStatus),
            choices_constraint("clinic_coverage_relationship", "relationship", SubscriberRelationship),
            paired("clinic_coverage_verified", "verified_at", "verified_by"),
            models.CheckConstraint(name="clinic_coverage_order", condition=Q(order__in=[1, 2, 3])),
            models.CheckConstraint(name="clinic_coverage_copay", condition=Q(copay=None) | Q(copay__gte=0)),
            models.CheckConstraint(
                name="clinic_coverage_subscriber",
                condition=Q(relationship="self") | (~Q(subscriber_family_name="") & ~Q(subscriber_given_name="")),
            ),
            period_constraint("clinic_coverage_period", "period_start", "period_end"),
            ExclusionConstraint(
                name="clinic_coverage_one_at_a_time",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    ("order", RangeOperators.EQUAL),
                    (DateRange("period_start", "period_end", Value("[]")), RangeOperators.OVERLAPS),
                ],
                condition=Q(status=CoverageStatus.ACTIVE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer} {self.subscriber_id}"

    @property
    def policy(self) -> tuple[UUID, str, str]:
        """Payer, member id and group: by these one policy is known in all the rows that its periods or places need.

        What is known of the policy (its card, what the payer answered) is known for each of these rows.
        """
        return self.payer_id, self.subscriber_id, self.group_number
