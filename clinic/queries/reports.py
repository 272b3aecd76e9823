"""Reports: one with its results and what they were before, a chart's list, and those that wait for a review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, When

from clinic.actions.result_review import stamp
from clinic.actions.results import SETTLED
from clinic.choices import CRITICAL, Interpretation
from clinic.models import DiagnosticReport, Observation, Patient
from clinic.queries.lists import error_of
from clinic.queries.observations import Value, value_of
from clinic.queries.results import result_value
from clinic.rules import visible_to
from emr.accounts.models import User
from emr.ui import formats

#: Rows of a worklist, and reports of a chart, that one page shows.
SHOWN = 200
_ABNORMAL = [flag for flag in Interpretation.values if flag != Interpretation.NORMAL]
_NOT_FINAL = "warning"


@dataclass(frozen=True)
class Before:
    """A value that was replaced: what it was, its status, until when it stood."""

    value: Value
    status: str
    until: str


@dataclass(frozen=True)
class Line:
    """One result of a report. ``before`` are the values that it replaced, the latest first."""

    key: str
    label: str
    code: str
    value: Value
    status: str
    note: str
    error: str
    before: tuple[Before, ...] = ()


@dataclass(frozen=True)
class ReportPage:
    """One report in words. ``seen`` says which state of it the page shows."""

    title: str
    state: str
    tone: str
    incomplete: bool
    critical: bool
    error: str
    facts: tuple[tuple[str, str], ...]
    conclusion: str
    lines: tuple[Line, ...]
    reviewed: str
    comment: str
    released: str
    waits: bool
    settled: bool
    seen: str


def one_report(patient: Patient) -> QuerySet[DiagnosticReport]:
    """A patient's reports with all that a page of one shows."""
    people = ("reviewed_by", "released_by", "created_by", "entered_in_error_by", "based_on")
    return patient.diagnostic_reports.select_related(*people)


def report_page(report: DiagnosticReport) -> ReportPage:
    """A report with every result and each value that was replaced: two queries."""
    rows = list(
        report.results.select_related("entered_in_error_by").prefetch_related("components").order_by("created_at", "id")
    )
    standing = [row for row in rows if row.superseded_by_id is None]
    earlier = {row.superseded_by_id: row for row in rows if row.superseded_by_id is not None}
    return ReportPage(
        title=report.display,
        state=report.get_status_display(),
        tone="done" if report.status in SETTLED else _NOT_FINAL,
        incomplete=report.status not in SETTLED,
        critical=any(row.interpretation in CRITICAL and row.entered_in_error_at is None for row in standing),
        error=error_of(report),
        facts=_facts(report),
        conclusion=report.conclusion,
        lines=tuple(_line(row, earlier) for row in sorted(standing, key=lambda row: _first(row, earlier))),
        reviewed=f"{report.reviewed_by}, {formats.instant(report.reviewed_at)}" if report.reviewed_at else "",
        comment=report.review_comment,
        released=f"{report.released_by}, {formats.instant(report.released_at)}" if report.released_at else "",
        waits=report.reviewed_at is None and report.needs_review and report.entered_in_error_at is None,
        settled=report.status in SETTLED,
        seen=stamp(report),
    )


def _facts(report: DiagnosticReport) -> tuple[tuple[str, str], ...]:
    pairs = (
        ("Taken", formats.instant(report.effective_at)),
        ("Reported", formats.instant(report.issued_at) if report.issued_at else ""),
        ("Received", f"{formats.instant(report.created_at)}, {report.created_by}"),
        ("Performed by", report.performer),
        ("Their number", report.identifier_value),
        ("Code", report.code),
        ("Time to review", waited(report.reviewed_at - report.created_at) if report.reviewed_at else ""),
    )
    return tuple(pair for pair in pairs if pair[1])


def _first(row: Observation, earlier: dict[UUID, Observation]) -> datetime:
    """When a result came first: a corrected one keeps its place."""
    while row.pk in earlier:
        row = earlier[row.pk]
    return row.created_at


def _line(row: Observation, earlier: dict[UUID, Observation]) -> Line:
    before = []
    newer, old = row, earlier.get(row.pk)
    while old is not None:
        before.append(Before(result_value(old), old.get_status_display(), formats.instant(newer.created_at)))
        newer, old = old, earlier.get(old.pk)
    return Line(
        key=str(row.pk),
        label=row.display,
        code=row.code,
        value=result_value(row),
        status="" if row.status == "final" else row.get_status_display(),
        note=row.note,
        error=error_of(row),
        before=tuple(before),
    )


def waited(span: timedelta) -> str:
    """How long something took, in the largest unit that says it."""
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


@dataclass(frozen=True)
class ReportRow:
    """A report in a list. ``flags`` are its values that are out of range."""

    key: str
    patient: Patient
    title: str
    state: str
    incomplete: bool
    critical: bool
    flags: tuple[tuple[str, Value], ...]
    abnormal: int
    taken: str
    received_at: datetime
    ordered_by: str
    reviewed: str
    took: str
    released: bool
    waits: bool


def unreviewed(user: User, *, mine: bool = False) -> QuerySet[DiagnosticReport]:
    """The reports that wait for a review in the charts of which the user may know, critical ones first, then the
    longest waiting. With ``mine`` those that the user ordered, and those that nobody ordered here.

    Each carries ``critical``, ``abnormal`` (how many values) and ``received_at``.
    """
    rows = _measured(DiagnosticReport.objects.filter(needs_review=True, reviewed_at=None, entered_in_error_at=None))
    rows = rows.filter(patient__in=visible_to(user).order_by())
    if mine:
        rows = rows.filter(Q(based_on=None) | Q(based_on__requester__user=user))
    return rows.order_by(F("critical").desc(), F("received_at"), "id")


def reviewed(user: User, *, mine: bool = False) -> QuerySet[DiagnosticReport]:
    """The reports that were reviewed, the latest first; with ``mine`` by the user."""
    rows = _measured(DiagnosticReport.objects.filter(reviewed_at__isnull=False, entered_in_error_at=None))
    rows = rows.filter(patient__in=visible_to(user).order_by(), **({"reviewed_by": user} if mine else {}))
    return rows.order_by("-reviewed_at", "id")


def report_rows(rows: QuerySet[DiagnosticReport]) -> list[ReportRow]:
    """Reports in words: two queries."""
    found = list(rows.select_related("patient", "based_on__requester", "reviewed_by")[:SHOWN])
    flagged = _flagged(found)
    return [_row(row, flagged.get(row.pk, [])) for row in found]


def chart_reports(patient: Patient) -> list[ReportRow]:
    """The reports of a chart, those to be reviewed first, then the newest first: two queries."""
    rows = _measured(patient.diagnostic_reports.filter(entered_in_error_at=None))
    waits = Q(needs_review=True, reviewed_at=None)
    first = Case(When(waits, then=0), default=1)
    return report_rows(rows.order_by(first, "-effective_at"))


def median_wait(rows: Iterable[DiagnosticReport]) -> str:
    """The middle of the times from arrival to review; empty without any."""
    spans = [(row.reviewed_at - row.created_at).total_seconds() for row in rows if row.reviewed_at]
    return waited(timedelta(seconds=median(spans))) if spans else ""


def _measured(rows: QuerySet[DiagnosticReport]) -> QuerySet[DiagnosticReport]:
    standing = Observation.objects.filter(report=OuterRef("pk"), superseded_by=None, entered_in_error_at=None)
    counts = Q(results__superseded_by=None, results__entered_in_error_at=None, results__interpretation__in=_ABNORMAL)
    return rows.annotate(
        critical=Exists(standing.filter(interpretation__in=CRITICAL)),
        abnormal=Count("results", filter=counts),
        received_at=Max("results__created_at"),
    )


def _flagged(reports: list[DiagnosticReport]) -> dict[object, list[Observation]]:
    found: dict[object, list[Observation]] = {}
    rows = Observation.objects.standing().filter(report__in=reports, interpretation__in=_ABNORMAL)
    for row in rows.order_by("created_at", "id"):
        found.setdefault(row.report_id, []).append(row)
    for group in found.values():
        group.sort(key=lambda row: row.interpretation not in CRITICAL)
    return found


def _row(report: DiagnosticReport, flagged: list[Observation]) -> ReportRow:
    known: dict[str, object] = vars(report)
    received = known.get("received_at")
    return ReportRow(
        key=str(report.pk),
        patient=report.patient,
        title=report.display,
        state="" if report.status == "final" else report.get_status_display(),
        incomplete=report.status not in SETTLED,
        critical=bool(known.get("critical")),
        flags=tuple((row.display, value_of(row, row.code)) for row in flagged[:3]),
        abnormal=len(flagged),
        taken=formats.instant(report.effective_at),
        received_at=received if isinstance(received, datetime) else report.created_at,
        ordered_by=str(report.based_on.requester) if report.based_on else "",
        reviewed=f"{report.reviewed_by}, {formats.instant(report.reviewed_at)}" if report.reviewed_at else "",
        took=waited(report.reviewed_at - report.created_at) if report.reviewed_at else "",
        released=report.released_at is not None,
        waits=report.needs_review and report.reviewed_at is None,
    )
