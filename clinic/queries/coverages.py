"""Which policy is in force on a day, and the policies of a patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from clinic.choices import CoverageStatus, SubscriberRelationship
from clinic.models import Coverage, Patient, Payer
from emr.shared.dates import clinic_today
from emr.ui import formats

ORDER_LABELS = {1: "Primary", 2: "Secondary", 3: "Tertiary"}


def in_force(day: date) -> Q:
    """The condition that a policy covers a day: the first and the last day of its period count."""
    return (
        Q(status=CoverageStatus.ACTIVE)
        & (Q(period_start=None) | Q(period_start__lte=day))
        & (Q(period_end=None) | Q(period_end__gte=day))
    )


def coverage_on(patient: Patient, day: date, order: int = 1) -> Coverage | None:
    """The policy of an order in force on a day, with its payer; None means that the patient pays. One query."""
    return patient.coverages.filter(in_force(day), order=order).select_related("payer").first()


@dataclass(frozen=True)
class CoverageRow:
    """A policy in words, for the list and the details page."""

    id: str
    payer: str
    order: str
    state: str
    """``in force``, ``ended``, ``not yet``, ``entered in error`` …"""
    tone: str
    subscriber_id: str
    group_number: str
    plan_name: str
    subscriber: str
    period: str
    period_start: str
    period_end: str
    copay: str
    current: bool
    errored: bool


def coverage_rows(patient: Patient) -> list[CoverageRow]:
    """All policies of a patient, those in force first, then by their start, newest first. One query."""
    today = clinic_today()
    rows = [_row(coverage, today) for coverage in patient.coverages.select_related("payer")]
    return sorted(rows, key=lambda row: (row.errored, not row.current))


def swappable(rows: Sequence[CoverageRow]) -> tuple[CoverageRow, CoverageRow] | None:
    """The primary and the secondary policy of today, when there are both."""
    places = {row.order: row for row in rows if row.current}
    return (places["Primary"], places["Secondary"]) if {"Primary", "Secondary"} <= set(places) else None


def active_payers() -> QuerySet[Payer]:
    """The payers that a new policy may name."""
    return Payer.objects.filter(active=True)


def _row(coverage: Coverage, today: date) -> CoverageRow:
    state, tone = _state(coverage, today)
    copay = f"${formats.money(coverage.copay)}" if coverage.copay is not None else ""
    return CoverageRow(
        id=str(coverage.pk),
        payer=coverage.payer.name,
        order=ORDER_LABELS[coverage.order],
        state=state,
        tone=tone,
        subscriber_id=coverage.subscriber_id,
        group_number=coverage.group_number,
        plan_name=coverage.plan_name,
        subscriber=_subscriber(coverage),
        period=period_words(coverage),
        period_start=formats.day(coverage.period_start) or "Start not recorded",
        period_end=f"to {formats.day(coverage.period_end)}" if coverage.period_end else "no end",
        copay=copay,
        current=state == "In force",
        errored=coverage.entered_in_error_at is not None,
    )


def _state(coverage: Coverage, today: date) -> tuple[str, str]:
    if coverage.status != CoverageStatus.ACTIVE:
        return coverage.get_status_display(), "neutral"
    if coverage.period_end is not None and coverage.period_end < today:
        return "Ended", "neutral"
    if coverage.period_start is not None and coverage.period_start > today:
        return "Not yet", "draft"
    return "In force", "done"


def _subscriber(coverage: Coverage) -> str:
    if coverage.relationship == SubscriberRelationship.SELF:
        return "Self"
    name = f"{coverage.subscriber_given_name} {coverage.subscriber_family_name}".strip()
    return f"{name} (patient is {coverage.get_relationship_display().lower()})"


def period_words(coverage: Coverage) -> str:
    """``01-Jan-2026 to 31-Dec-2026``; an open side is said, not left blank."""
    start = formats.day(coverage.period_start) or "Start not recorded"
    return f"{start} to {formats.day(coverage.period_end)}" if coverage.period_end else f"{start}, no end"
