"""What a merge makes of the policies of two charts, day by day, whatever their periods."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.choices import CoverageStatus
from clinic.models import Coverage, Patient, Payer
from clinic.queries.merge_coverages import SettledCoverages, settle_policies
from emr.shared.records import uuid7

pytestmark = pytest.mark.feature("B04", "B07")
FIRST = date(2026, 1, 1)
#: The days that periods touch, one before and one after.
DAYS = [FIRST + timedelta(days=number) for number in range(-1, 13)]
PAYER, SURVIVOR, MERGED = Payer(id=uuid7(), name="Prairie"), uuid7(), uuid7()
Policy = tuple[object, ...]


def _row(chart: UUID, order: int, member: str, start: date | None, end: date | None) -> Coverage:
    values = {"order": order, "subscriber_id": member, "period_start": start, "period_end": end}
    return Coverage(id=uuid7(), patient_id=chart, payer=PAYER, **values)


def _covers(row: Coverage, day: date) -> bool:
    in_time = (row.period_start or date.min) <= day <= (row.period_end or date.max)
    return row.status == CoverageStatus.ACTIVE and in_time


def _possible(rows: Iterable[Coverage]) -> bool:
    """Whether the database lets these stand in one chart."""
    return not any(
        one.order == other.order and _covers(one, day) and _covers(other, day)
        for one, other in combinations(rows, 2)
        for day in DAYS
    )


@st.composite
def charts(draw: st.DrawFn, chart: UUID) -> list[Coverage]:
    """The policies of a chart as the database allows them, with open and closed periods of a few days."""
    rows: list[Coverage] = []
    days = st.integers(0, 11)
    for order, member, ends, open_side in draw(
        st.lists(
            st.tuples(
                st.sampled_from((1, 2, 3)),
                st.sampled_from(("A", "B", "C", "D")),
                st.tuples(days, days).map(sorted),
                st.sampled_from(("", "", "start", "end")),
            ),
            max_size=5,
        )
    ):
        start, end = (FIRST + timedelta(days=number) for number in ends)
        row = _row(chart, order, member, None if open_side == "start" else start, None if open_side == "end" else end)
        if _possible([*rows, row]):
            rows.append(row)
    return rows


def _carry_out(settled: SettledCoverages, coming: list[Coverage]) -> None:
    """What the merge writes, one change after the other, each of which the database has to take."""
    for change in settled.changes:
        for name, value in change.values.items():
            setattr(change.row, name, value)
        assert _possible(row for row in coming if row.status == CoverageStatus.ACTIVE)


def _on(rows: Iterable[Coverage], day: date) -> set[Policy]:
    return {row.policy for row in rows if _covers(row, day)}


def _crowded(standing: list[Coverage], coming: list[Coverage], day: date) -> bool:
    """Whether more than three rows want a place on a day: one chart may have the same policy in several places."""
    held = [row for row in standing if _covers(row, day)]
    return len(held) + len([row for row in coming if _covers(row, day) and row.policy not in _on(held, day)]) > 3


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(charts(SURVIVOR), charts(MERGED))
def test_what_covered_a_day_in_either_chart_covers_it_after(standing: list[Coverage], coming: list[Coverage]) -> None:
    before = {day: _on([*standing, *coming], day) for day in DAYS}
    first = {day: {row.policy for row in standing if _covers(row, day) and row.order == 1} for day in DAYS}
    settled = settle_policies(Patient(id=SURVIVOR), standing, coming)
    if settled.blocks:
        placeless = any(row.order > 1 for row in coming)
        assert placeless or any(_crowded(standing, coming, day) for day in DAYS)
        return
    _carry_out(settled, coming)
    made = [make.row for make in settled.makes if isinstance(make.row, Coverage)]
    after = [*standing, *coming, *made]
    assert _possible(row for row in after if row.status == CoverageStatus.ACTIVE)
    assert {day: _on(after, day) for day in DAYS} == before
    for day in DAYS:
        assert first[day] <= {row.policy for row in after if _covers(row, day) and row.order == 1}


def test_a_day_with_four_policies_is_for_a_person() -> None:
    standing = [_row(SURVIVOR, order, f"M{order}", None, None) for order in (1, 2, 3)]
    settled = settle_policies(Patient(id=SURVIVOR), standing, [_row(MERGED, 1, "M4", FIRST, None)])
    assert [(block.split(" for ")[0], "End one of the four" in block) for block in settled.blocks] == [
        ("Insurance policies: no place is left", True)
    ]
