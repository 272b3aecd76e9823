"""Results: of each test the latest value with the one before and its trend, and everything by time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from clinic.choices import ObservationCategory, ObservationStatus
from clinic.models import Observation, ObservationComponent, Patient
from clinic.queries.lists import error_of
from clinic.queries.observations import TREND, Value, newest_of_each, trend, value_of
from emr.ui import formats

PAGE_SIZE = 50

#: The kinds of results that a page shows apart: their name in the URL, label, categories.
KINDS: dict[str, tuple[str, tuple[ObservationCategory, ...]]] = {
    "tests": (
        "Tests",
        (
            ObservationCategory.LABORATORY,
            ObservationCategory.IMAGING,
            ObservationCategory.PROCEDURE,
            ObservationCategory.EXAM,
            ObservationCategory.THERAPY,
        ),
    ),
    "surveys": ("Questionnaires", (ObservationCategory.SURVEY, ObservationCategory.SDOH)),
    "social": ("Social history", (ObservationCategory.SOCIAL_HISTORY, ObservationCategory.ACTIVITY)),
}


@dataclass(frozen=True)
class Result:
    """One result: what, its value, when, the report it came in, its status if not final, who marked it as an error.

    ``report_key`` is the report's; ``replaced`` says that a corrected value stands in its place.
    """

    key: str
    label: str
    value: Value
    when: str
    report: str
    status: str
    error: str = ""
    report_key: str = ""
    replaced: bool = False


@dataclass(frozen=True)
class LatestResult:
    """The latest result of a test, the one before, and the numbers of its trend in one unit, oldest first."""

    label: str
    value: Value
    when: str
    status: str
    before: str
    before_when: str
    trend: tuple[float, ...]


def latest_results(patient: Patient, kind: str = "tests", *, limit: int | None = None) -> list[LatestResult]:
    """Of each test the latest result, the newest first: two queries."""
    standing = _of_kind(patient, kind).filter(entered_in_error_at=None, superseded_by=None)
    return latest_of_each(newest_of_each(standing, TREND))[:limit]


def latest_of_each(rows: Iterable[Observation]) -> list[LatestResult]:
    """Of each test the latest result, from rows that come newest first."""
    groups: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for row in rows:
        groups[row.system, row.code or row.display].append(row)
    return [_latest(group) for group in groups.values()]


def _latest(group: list[Observation]) -> LatestResult:
    row, before = group[0], group[1] if len(group) > 1 else None
    earlier = result_value(before) if before else None
    return LatestResult(
        label=row.display,
        value=result_value(row),
        when=formats.day(row.effective_at),
        status=_status(row),
        before=f"{earlier.text} {earlier.unit}".strip() if earlier else "",
        before_when=formats.day(before.effective_at) if before else "",
        trend=trend(group),
    )


def results(patient: Patient, kind: str = "tests", *, page: int = 1) -> tuple[list[Result], bool]:
    """One page of results by time, newest first, errors too, and whether there are older ones: two queries."""
    rows = (
        _of_kind(patient, kind)
        .select_related("report", "entered_in_error_by")
        .prefetch_related("components")
        .order_by("-effective_at", "display", "id")
    )
    start = (page - 1) * PAGE_SIZE
    found = list(rows[start : start + PAGE_SIZE + 1])
    return [_result(row) for row in found[:PAGE_SIZE]], len(found) > PAGE_SIZE


def _result(row: Observation) -> Result:
    return Result(
        key=str(row.pk),
        label=row.display,
        value=result_value(row),
        when=formats.instant(row.effective_at),
        report=row.report.display if row.report else "",
        status=_status(row),
        error=error_of(row),
        report_key=str(row.report_id or ""),
        replaced=row.superseded_by_id is not None,
    )


def _of_kind(patient: Patient, kind: str) -> QuerySet[Observation]:
    return patient.observations.filter(Q(category__in=KINDS[kind][1]))


def _status(row: Observation) -> str:
    return "" if row.status == ObservationStatus.FINAL else row.get_status_display()


def result_value(row: Observation) -> Value:
    """A result in words; one of several parts names each."""
    parts: Iterable[ObservationComponent] = row.components.all()
    said = []
    for part in parts:
        value = value_of(part, part.code)
        said.append(f"{part.display}: {value.text} {value.unit}".strip())
    return Value("; ".join(said)) if said else value_of(row, row.code)
