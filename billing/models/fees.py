"""What services cost (FHIR ChargeItemDefinition, in the clinic's word a fee schedule)."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from clinic.models import Payer
from clinic.models.coverages import DateRange
from emr.audit.registry import recorded
from emr.shared.records import CodedMixin, Recorded, period_constraint

#: Stands in for "no payer", because an exclusion constraint never compares NULL.
_NO_PAYER = "00000000-0000-0000-0000-000000000000"


@recorded(patient=None)
class FeeSchedule(Recorded):
    """A list of fees for a period: the clinic's own, or the one agreed with a payer."""

    name = models.CharField(max_length=60)
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, null=True, blank=True, related_name="fee_schedules")
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name", "-effective_from"]
        constraints = [
            period_constraint("billing_feeschedule_period", "effective_from", "effective_until"),
            ExclusionConstraint(
                name="billing_feeschedule_one_at_a_time",
                expressions=[
                    (
                        Coalesce("payer", Value(_NO_PAYER), output_field=models.UUIDField()),
                        RangeOperators.EQUAL,
                    ),
                    (DateRange("effective_from", "effective_until", Value("[]")), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.name


@recorded(patient=None)
class FeeScheduleItem(Recorded, CodedMixin):
    """The fee of one service."""

    fee_schedule = models.ForeignKey(FeeSchedule, on_delete=models.PROTECT, related_name="items")
    amount = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        ordering = ["code"]
        constraints = [
            *CodedMixin.Meta.constraints,
            models.CheckConstraint(name="billing_fee_amount", condition=Q(amount__gte=0)),
            models.UniqueConstraint(fields=["fee_schedule", "system", "code"], name="billing_fee_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.amount}"
