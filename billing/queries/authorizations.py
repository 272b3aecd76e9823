"""A payer's leave: what a patient has of it, and how many of its visits are used, counted from the claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case, CharField, F, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from billing.choices import AuthorizationKind
from billing.models import Authorization, Claim
from billing.scrubber import Permit
from clinic.models import Patient
from emr.shared.dates import clinic_today
from emr.ui import formats


@dataclass(frozen=True, slots=True)
class Use:
    """A visit whose claim carries an authorization's number. ``sent``: the claim went out with it."""

    visit: UUID
    day: date
    claim: str
    sent: bool


@dataclass(frozen=True)
class AuthorizationRow:
    """An authorization in words. ``tone`` says how urgent its ``state`` is."""

    row: Authorization
    label: str
    policy: str
    codes: str
    period: str
    visits: str
    drafts: int
    state: str
    tone: str


def uses_of(authorizations: Iterable[Authorization]) -> dict[UUID, list[Use]]:
    """The visits that use each authorization, by its key: one for each visit, claims that went out before drafts. One
    query, none for no authorizations.

    A claim that went out says what it went out with; a draft says what its visit names now.
    """
    rows = list(authorizations)
    if not rows:
        return {}
    keys = {(row.coverage_id, row.number): row.pk for row in rows}
    claims = (
        Claim.objects.standing()
        .filter(coverage__in={row.coverage_id for row in rows})
        .annotate(
            carried=Case(
                When(submitted_at=None, then=F("encounter__claim_supporting_info__authorization__number")),
                default=Coalesce(KeyTextTransform("prior_authorization", "snapshot"), Value("")),
                output_field=CharField(),
            )
        )
        .order_by(F("submitted_at").asc(nulls_last=True), "service_date", "pk")
        .values_list("coverage", "carried", "encounter", "service_date", "number", "submitted_at")
    )
    uses: dict[UUID, dict[UUID, Use]] = defaultdict(dict)
    for coverage, carried, visit, day, number, sent_at in claims:
        key = keys.get((coverage, carried))
        if key is not None:
            uses[key].setdefault(visit, Use(visit, day, number, sent_at is not None))
    return {key: list(found.values()) for key, found in uses.items()}


def counted_before(uses: Iterable[Use], claim: Claim) -> int:
    """How many visits come before that of a claim: those that went out, and drafts of earlier visits."""
    mine = (claim.service_date, claim.number)
    return sum(use.visit != claim.encounter_id and (use.sent or (use.day, use.claim) < mine) for use in uses)


def label_of(row: Authorization) -> str:
    """What kind of number it is."""
    return AuthorizationKind(row.kind).label


def authorization_rows(patient: Patient) -> list[AuthorizationRow]:
    """All authorizations of a patient, the latest first, with their visits. Two queries."""
    rows = list(patient.authorizations.select_related("coverage__payer"))
    uses = uses_of(row for row in rows if row.entered_in_error_at is None)
    return [_row(row, uses.get(row.pk, [])) for row in rows]


def visits_in_words(number: str, permit: Permit | None) -> str:
    """The number in box 23, and the how-manieth of its visits this is: "AUTH1, visit 2 of 6"."""
    if permit is None or permit.allowed is None:
        return number
    return f"{number}, visit {permit.used + 1} of {permit.allowed}"


def _row(row: Authorization, uses: list[Use]) -> AuthorizationRow:
    state, tone = _state(row, len(uses))
    allowed = ", no limit" if row.visits_allowed is None else f" of {row.visits_allowed}"
    start, end = formats.day(row.period_start), formats.day(row.period_end)
    return AuthorizationRow(
        row=row,
        label=label_of(row),
        policy=str(row.coverage),
        codes=", ".join(row.codes) or "All services",
        period=" ".join(filter(None, (f"from {start}" if start else "", f"until {end}" if end else ""))) or "Any day",
        visits=f"{len(uses)}{allowed}",
        drafts=sum(not use.sent for use in uses),
        state=state,
        tone=tone,
    )


def _state(row: Authorization, used: int) -> tuple[str, str]:
    if row.entered_in_error_at is not None:
        return "Entered in error", "draft"
    if row.period_end is not None and row.period_end < clinic_today():
        return "Ended", "neutral"
    if row.visits_allowed is None or used < row.visits_allowed - 1:
        return "Open", "done"
    if used == row.visits_allowed - 1:
        return "One visit left", "warning"
    return "Used up", "critical"
