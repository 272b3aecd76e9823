"""What a service costs on a day."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, F, Q, QuerySet

from billing.models import FeeSchedule, FeeScheduleItem
from clinic.models import Payer


def in_force(day: date, payer: Payer | None) -> QuerySet[FeeSchedule]:
    """The lists in force on a day: the payer's own first, then the clinic's."""
    return (
        FeeSchedule.objects.filter(Q(payer=payer) | Q(payer=None), effective_from__lte=day)
        .filter(Q(effective_until=None) | Q(effective_until__gte=day))
        .order_by(F("payer").asc(nulls_last=True))
    )


def fee_of(system: str, code: str, *, day: date, payer: Payer | None = None) -> FeeScheduleItem | None:
    """The fee agreed with the payer, else the clinic's own, else None. One query."""
    return (
        FeeScheduleItem.objects.filter(fee_schedule__in=in_force(day, payer), system=system, code=code)
        .order_by(F("fee_schedule__payer").asc(nulls_last=True))
        .first()
    )


def fee_schedules() -> QuerySet[FeeSchedule]:
    """All lists, the clinic's own first, with how many fees each has."""
    return (
        FeeSchedule.objects.select_related("payer")
        .annotate(fee_count=Count("items"))
        .order_by(F("payer__name").asc(nulls_first=True), "-effective_from")
    )
