"""Who looked at a chart: by person and day, what parts, how, why. One patient's rows by their index, grouped in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Min, Q
from django.db.models.functions import TruncDate

from emr.accounts.models import User
from emr.audit.directory import charts_of
from emr.audit.models import AccessAction, AccessEvent, AccessOutcome, PurposeOfUse
from emr.audit.partitions import keys_since
from emr.audit.queries.history import role_of
from emr.audit.sections import part_of
from emr.shared.dates import clinic_zone
from emr.ui import formats

#: Persons' days that a page shows.
LIMIT = 1000
#: Who reads the log of a chart is on record too, but did not see the chart.
_ABOUT_THE_LOG = ("accesses", "reads")


@dataclass(frozen=True)
class Look:
    """What one person looked at in a chart on one day, in words."""

    day: str
    who: str
    role: str
    times: str
    parts: str
    how: str
    why: str
    count: int
    denied: int


def looks_at(
    patient_id: UUID, since: date | None = None, until: date | None = None, *, whole: bool = False
) -> tuple[list[Look], bool]:
    """The newest days first, and whether there are more than are given: four queries. ``whole`` gives all (a file).

    Who looked at a chart that was merged into this one looked at this patient's.
    """
    found = AccessEvent.objects.filter(_in_period(since, until), patient_id__in=charts_of(patient_id))
    days = (
        found.exclude(section__in=_ABOUT_THE_LOG)
        .annotate(day=TruncDate("at", tzinfo=clinic_zone()))
        .order_by()
        .values("user_id", "day")
        .annotate(
            first=Min("at"),
            last=Max("at"),
            parts=ArrayAgg("section", distinct=True),
            ways=ArrayAgg("action", distinct=True),
            purposes=ArrayAgg("purpose", distinct=True),
            reasons=ArrayAgg("reason", distinct=True),
            count=Count("pk"),
            denied=Count("pk", filter=Q(outcome=AccessOutcome.DENIED)),
        )
        .order_by("-day", "-last")
    )
    rows: Sequence[Mapping[str, Any]] = [*(days if whole else days[: LIMIT + 1])]
    people = User.objects.prefetch_related("groups").in_bulk({row["user_id"] for row in rows})
    more = not whole and len(rows) > LIMIT
    return [_look(row, people[row["user_id"]]) for row in (rows[:LIMIT] if more else rows)], more


def _look(row: Mapping[str, Any], user: User) -> Look:
    first, last = formats.clock(row["first"]), formats.clock(row["last"])
    reasons = [*filter(None, row["reasons"])]
    # The reason of an emergency access says by itself that it was one.
    told = {PurposeOfUse.BREAK_GLASS} if reasons else set()
    purposes = [str(PurposeOfUse(code).label) for code in row["purposes"] if code and code not in told]
    return Look(
        day=formats.day(row["day"]),
        who=str(user),
        role=role_of(user),
        times=first if first == last else f"{first}–{last}",
        parts=", ".join(sorted(map(part_of, row["parts"]))),
        how=", ".join(str(AccessAction(code).label) for code in sorted(row["ways"])),
        why=" · ".join([*purposes, *reasons]),
        count=row["count"],
        denied=row["denied"],
    )


def _in_period(since: date | None, until: date | None) -> Q:
    wanted = Q()
    if since:
        start = datetime.combine(since, time.min, tzinfo=clinic_zone())
        wanted &= Q(keys_since(start), at__gte=start)
    if until:
        wanted &= Q(at__lt=datetime.combine(until + timedelta(days=1), time.min, tzinfo=clinic_zone()))
    return wanted
