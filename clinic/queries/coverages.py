"""Which policy is in force on a day, and the policies of a patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.choices import CoverageStatus, SubscriberRelationship
from clinic.models import Coverage, DocumentReference, Patient, Payer, RelatedPerson
from clinic.papers import DocumentCategory, DocumentStatus
from emr.shared.dates import clinic_today
from emr.ui import formats

#: What names a policy, whichever of its rows: :attr:`clinic.models.Coverage.policy`.
Policy = tuple[UUID, str, str]
ORDER_LABELS = {1: "Primary", 2: "Secondary", 3: "Tertiary"}


def in_force(day: date) -> Q:
    """The condition that a policy covers a day: the first and the last day of its period count."""
    return (
        Q(status=CoverageStatus.ACTIVE)
        & (Q(period_start=None) | Q(period_start__lte=day))
        & (Q(period_end=None) | Q(period_end__gte=day))
    )


def coverage_on(patient: Patient, day: date, order: int = 1) -> Coverage | None:
    """The policy of an order in force on a day, with its payer. One query."""
    return patient.coverages.filter(in_force(day), order=order).select_related("payer").first()


def coverages_on(patient: Patient, day: date) -> list[Coverage]:
    """Every policy in force on a day with its payer, in the order in which they pay. One query."""
    rows = patient.coverages.filter(in_force(day)).select_related("payer")
    return list(rows.order_by("order", "created_at", "pk"))


def first_coverage_on(patient: Patient, day: date) -> Coverage | None:
    """The policy in force on a day that comes first, whatever place it was given, with its payer; None means that the
    patient pays. One query.
    """
    return patient.coverages.filter(in_force(day)).order_by("order", "created_at").select_related("payer").first()


@dataclass(frozen=True)
class CoverageRow:
    """A policy in words, for the list and the details page."""

    id: str
    policy: Policy
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
    verified: str
    """Who went through it last, and when; empty where nobody did."""


def coverage_rows(patient: Patient, on: date | None = None) -> list[CoverageRow]:
    """All policies of a patient, those in force on a day (today) first, then the newest first. One query."""
    day = on or clinic_today()
    rows = [_row(coverage, day) for coverage in patient.coverages.select_related("payer", "verified_by")]
    return sorted(rows, key=lambda row: (row.errored, not row.current))


def swappable(rows: Sequence[CoverageRow]) -> tuple[CoverageRow, CoverageRow] | None:
    """The primary and the secondary policy of today, when there are both."""
    places = {row.order: row for row in rows if row.current}
    return (places["Primary"], places["Secondary"]) if {"Primary", "Secondary"} <= set(places) else None


def subscribers(patient: Patient) -> QuerySet[RelatedPerson]:
    """The related persons who may be a policy's subscriber."""
    return RelatedPerson.objects.filter(patient=patient, entered_in_error_at=None).order_by("family_name", "given_name")


@dataclass(frozen=True)
class Cards:
    """The pictures of a patient's insurance cards: key by category, of each row and of each policy, newest last."""

    of_row: Mapping[UUID | None, Mapping[str, UUID]]
    of_policy: Mapping[Policy, Mapping[str, UUID]]

    def sides(self, row: UUID | None, policy: Policy | None) -> dict[str, UUID]:
        """The sides of one row's card: its own, else those that another row of the same policy has."""
        shared = self.of_policy.get(policy, {}) if policy is not None else {}
        return {**shared, **self.of_row.get(row, {})}

    def pictures(self, row: UUID, policy: Policy) -> list[tuple[UUID, str]]:
        """Key and words, front first."""
        sides = self.sides(row, policy)
        return [(sides[category], words) for category, words in _CARDS.items() if category in sides]


def cards_of(patient: Patient) -> Cards:
    """The current pictures of a patient's cards. One query."""
    found = DocumentReference.objects.filter(patient=patient, status=DocumentStatus.CURRENT, category__in=_CARDS)
    of_row: dict[UUID | None, dict[str, UUID]] = {}
    of_policy: dict[Policy, dict[str, UUID]] = {}
    for row in found.select_related("coverage").order_by("created_at", "pk"):
        of_row.setdefault(row.coverage_id, {})[row.category] = row.pk
        if row.coverage is not None:
            of_policy.setdefault(row.coverage.policy, {})[row.category] = row.pk
    return Cards(of_row, of_policy)


_CARDS: dict[str, str] = {
    DocumentCategory.INSURANCE_CARD_FRONT: "front",
    DocumentCategory.INSURANCE_CARD_BACK: "back",
}


def active_payers() -> QuerySet[Payer]:
    """The payers that a new policy may name."""
    return Payer.objects.filter(active=True)


def _row(coverage: Coverage, today: date) -> CoverageRow:
    state, tone = _state(coverage, today)
    copay = f"${formats.money(coverage.copay)}" if coverage.copay is not None else ""
    return CoverageRow(
        id=str(coverage.pk),
        policy=coverage.policy,
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
        verified=_verified(coverage),
    )


def _verified(coverage: Coverage) -> str:
    if coverage.verified_by is None:
        return ""
    return f"{formats.day(coverage.verified_at)} by {coverage.verified_by.get_full_name()}"


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
