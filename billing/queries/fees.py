"""What a service costs on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, F, Q, QuerySet

from billing.models import FeeSchedule, FeeScheduleItem
from clinic.models import Payer
from emr.audit.models import LogEntry
from emr.ui import formats


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


def state_of(schedule: FeeSchedule, today: date) -> str:
    """Whether a list is in force."""
    if schedule.effective_from > today:
        return "not yet"
    return "ended" if schedule.effective_until and schedule.effective_until < today else "in force"


@dataclass(frozen=True)
class PayersFees:
    """By which list a payer is charged today, and from when on by another. Without a list of its own it is the
    clinic's, and so are the services that its own list doesn't have.
    """

    payer: str
    schedule: FeeSchedule | None
    own: bool
    upcoming: FeeSchedule | None


def fees_of_payers(schedules: Iterable[FeeSchedule], today: date) -> list[PayersFees]:
    """Every active payer, after those who pay themselves. One query beside the lists."""
    rows = sorted(schedules, key=lambda row: row.effective_from)

    def now(payer: object) -> FeeSchedule | None:
        return next((row for row in rows if row.payer_id == payer and state_of(row, today) == "in force"), None)

    def later(payer: object) -> FeeSchedule | None:
        return next((row for row in rows if row.payer_id == payer and row.effective_from > today), None)

    told = [PayersFees("Self-pay", now(None), False, later(None))]
    for payer in Payer.objects.filter(active=True).order_by("name"):
        own = now(payer.pk)
        upcoming = later(payer.pk) or (None if own else later(None))
        told.append(PayersFees(payer.name, own or now(None), own is not None, upcoming))
    return told


@dataclass(frozen=True)
class FeeChange:
    """A fee as it was set or changed: the list it stands in, since when it counts, who wrote it when."""

    schedule: FeeSchedule
    amount: str
    before: str
    written: str
    who: str


def fee_history(code: str) -> list[FeeChange]:
    """How the fees of a code came about, in all lists, the latest entry first. Two queries."""
    items = {item.pk: item for item in FeeScheduleItem.objects.filter(code=code).select_related("fee_schedule__payer")}
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(FeeScheduleItem), object_pk__in=list(items)
    ).select_related("actor")
    found = []
    for entry in entries.order_by("-timestamp"):
        before, amount = (entry.changes or {}).get("amount", ("", ""))
        if amount:
            shown = "" if before in ("None", None) else before
            schedule = items[entry.object_pk].fee_schedule
            found.append(FeeChange(schedule, amount, shown, formats.instant(entry.timestamp), str(entry.actor)))
    return found
