"""How a merge settles the policies of two charts: on every day one of each place, and none that covered is lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from clinic.choices import CoverageStatus
from clinic.models import Coverage, Patient
from clinic.queries.merge_choices import Change, Make
from emr.ui import formats

_ORDERS = (1, 2, 3)
_DAY = timedelta(days=1)
#: What a further row of a policy has of its own.
_OWN = frozenset({"id", "patient_id", "created_at", "created_by_id", "updated_at"})


@dataclass(frozen=True)
class Span:
    """Days, the last one included, and the place that a policy has on them. The ends of time stand for no end."""

    first: date
    last: date
    order: int = 0


@dataclass
class SettledCoverages:
    """What has to be done so that the policies of both can stand in one chart; ``blocks`` say why they can't."""

    changes: list[Change] = field(default_factory=list)
    makes: list[Make] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


def settle_coverages(survivor: Patient, merged: Patient) -> SettledCoverages:
    """As :func:`settle_policies`, for two charts. One query."""
    rows = (
        Coverage.objects.filter(patient__in=[survivor, merged], status=CoverageStatus.ACTIVE)
        .select_related("payer")
        .order_by("order", "created_at", "pk")
    )
    return settle_policies(
        survivor,
        [row for row in rows if row.patient_id == survivor.pk],
        [row for row in rows if row.patient_id == merged.pk],
    )


def settle_policies(survivor: Patient, standing: Sequence[Coverage], coming: Sequence[Coverage]) -> SettledCoverages:
    """The survivor's policies stay; each of the other chart takes, day by day, the next place that is free.

    For days on which the survivor has the same policy, the other chart's row gives way; where it has days before and
    after, a further row is made. A day with more than three policies is for a person to settle.
    """
    settled = SettledCoverages()
    taken = [_span(row, row.order) for row in standing]
    shorter: list[Change] = []
    placed: list[Change] = []
    for row in coming:
        twins = [_span(other) for other in standing if other.policy == row.policy]
        parts = _parts(row, twins, taken)
        full = next((part for part in parts if not part.order), None)
        if full is not None:
            settled.blocks.append(_no_place(row, full))
            continue
        taken += parts
        shorter += _shorter(row, parts)
        placed += _placed(row, parts)
        settled.makes += [_further(survivor, row, part) for part in parts[1:]]
    # Days are given up first, then the last place moves first: no two policies of one chart ever share one.
    settled.changes = [*shorter, *sorted(placed, key=lambda change: -change.row.order)]  # type: ignore[attr-defined]
    return settled


def _parts(row: Coverage, twins: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """The days that a row of the merged chart keeps, with its place on them; place 0 where none is left."""
    whole = _span(row)
    apart = _without(whole, twins)
    found: list[Span] = []
    for part in apart:
        for days in _cut(part, taken):
            order = next((n for n in _ORDERS if n >= row.order and not _held(n, days, taken)), 0)
            last = found[-1] if found else None
            if last is not None and last.order == order and last.last + _DAY == days.first:
                found[-1] = Span(last.first, days.last, order)
            else:
                found.append(Span(days.first, days.last, order))
    return found


def _without(whole: Span, others: Iterable[Span]) -> list[Span]:
    """The days of a span that are in none of the others."""
    found, first = [], whole.first
    for other in sorted(others, key=lambda span: span.first):
        if other.last < first or other.first > whole.last:
            continue
        if other.first > first:
            found.append(Span(first, other.first - _DAY))
        if other.last >= whole.last:
            return found
        first = other.last + _DAY
    return [*found, Span(first, whole.last)]


def _cut(part: Span, taken: Iterable[Span]) -> list[Span]:
    """A span in pieces, on each of which the same places are taken throughout."""
    starts = {part.first}
    for span in taken:
        starts.add(span.first)
        if span.last < date.max:
            starts.add(span.last + _DAY)
    inside = sorted(day for day in starts if part.first <= day <= part.last)
    pieces = [Span(one, following - _DAY) for one, following in pairwise(inside)]
    return [*pieces, Span(inside[-1], part.last)]


def _held(order: int, days: Span, taken: Iterable[Span]) -> bool:
    return any(span.order == order and span.first <= days.last and days.first <= span.last for span in taken)


def _shorter(row: Coverage, parts: Sequence[Span]) -> list[Change]:
    """What the row itself gives up: all of its days, or those that other rows have now."""
    if not parts:
        return [Change(row, {"status": CoverageStatus.CANCELLED}, "The same policy stands in both charts.")]
    now = _period(parts[0])
    values = {name: day for name, day in now.items() if getattr(row, name) != day}
    why = "On its other days the survivor has the same policy, or it takes another place."
    return [Change(row, values, why)] if values else []


def _placed(row: Coverage, parts: Sequence[Span]) -> list[Change]:
    if not parts or parts[0].order == row.order:
        return []
    return [Change(row, {"order": parts[0].order}, f"{_PLACES[row.order]} is taken by the survivor's policy.")]


def _further(survivor: Patient, row: Coverage, part: Span) -> Make:
    kept = {one.attname: getattr(row, one.attname) for one in Coverage._meta.concrete_fields if one.attname not in _OWN}
    made = Coverage(**{**kept, **_period(part), "order": part.order, "patient": survivor})
    return Make(made, "The days of a policy that its first row gave up and nothing else covers.")


def _no_place(row: Coverage, full: Span) -> str:
    start, end = _period(full).values()
    since = f"from {formats.day(start)}" if start else "since before our record"
    until = f"to {formats.day(end)}" if end else "on"
    return (
        f"Insurance policies: no place is left for “{row}” {since} {until}; a day has three. "
        "End one of the four policies, or change its place, in one of the charts first."
    )


def _span(row: Coverage, order: int = 0) -> Span:
    return Span(row.period_start or date.min, row.period_end or date.max, order)


def _period(span: Span) -> dict[str, Any]:
    return {
        "period_start": span.first if span.first > date.min else None,
        "period_end": span.last if span.last < date.max else None,
    }


_PLACES = {1: "First place", 2: "Second place", 3: "Third place"}
