"""What of a patient's balance is paid first: the visit that the money was given for, then what is oldest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Min, Q, Sum

from billing.choices import LedgerAccount
from billing.models import Claim, LedgerEntry
from billing.queries.claim_money import ByLine, spread
from clinic.models import Encounter, Patient


@dataclass
class Open:
    """What a patient owes on one claim, in cents by service line; without a claim, from before this ledger."""

    claim: Claim | None
    lines: ByLine = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of its lines."""
        return sum(self.lines.values())


@dataclass(frozen=True)
class Part:
    """Cents that pay a part of what is open."""

    claim: Claim | None
    charge_item: UUID | None
    cents: int


def pay_off(patient: Patient, cents: int, first: Encounter | None = None) -> list[Part]:
    """How an amount is laid on what a patient owes. It must not be more than that. Two queries."""
    parts = []
    for one in open_of(patient, first):
        taken = spread(one.lines, min(one.total, cents))
        parts += [Part(one.claim, item, amount) for item, amount in taken]
        cents -= sum(amount for _, amount in taken)
    return parts


def open_of(patient: Patient, first: Encounter | None = None) -> list[Open]:
    """What a patient owes, claim by claim: the visit ``first``, then from before this ledger, then by day of service.
    Two queries.
    """
    rows = LedgerEntry.objects.filter(patient=patient, account=LedgerAccount.PATIENT_RECEIVABLE)
    sums = rows.order_by().values_list("claim", "charge_item").annotate(Sum("amount"), first=Min("created_at"))
    found: dict[UUID | None, Open] = {}
    keys = {claim for claim, *_ in sums if claim}
    claims = {row.pk: row for row in Claim.objects.on_ledger().filter(pk__in=keys)}
    for claim, item, amount, _ in sorted(sums, key=lambda row: row[3]):
        found.setdefault(claim, Open(claims.get(claim))).lines[item] = amount
    visit = first.pk if first else None
    return sorted((one for one in found.values() if one.total > 0), key=lambda one: _place(one, visit))


def _place(one: Open, visit: UUID | None) -> tuple[bool, date]:
    claim = one.claim
    return (visit is None or claim is None or claim.encounter_id != visit, claim.service_date if claim else date.min)


def visits_of(parts: Iterable[Part]) -> set[UUID]:
    """The visits that parts of a payment pay."""
    return {part.claim.encounter_id for part in parts if part.claim}


def credit_of_visit(visit: Encounter) -> int:
    """Cents that a patient paid ahead for a visit and that weren't used: at most what they have in all. One query."""
    mine = Q(encounter=visit) | Q(encounter=None, transaction__payment__appointment__encounter=visit)
    rows = LedgerEntry.objects.filter(patient=visit.patient_id, account=LedgerAccount.PATIENT_CREDIT)
    sums = rows.aggregate(visit=Sum("amount", filter=mine), all=Sum("amount"))
    return max(0, min(-(sums["visit"] or 0), -(sums["all"] or 0)))
