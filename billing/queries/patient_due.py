"""What patients themselves are asked for now, claim by claim: what the ledger says they owe, without what still waits.

Whatever was sent to anybody changes nothing here: these are sums of the ledger, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, QuerySet, Sum

from billing.choices import ClaimState, LedgerAccount
from billing.claim_states import DRAFTS
from billing.models import Claim, LedgerEntry
from clinic.choices import EncounterStatus
from clinic.models import Patient

#: A claim to the next payer that stands so may still pay what the patient would be asked for.
UNANSWERED = DRAFTS | {ClaimState.SUBMITTED, ClaimState.ACCEPTED, ClaimState.REJECTED, ClaimState.REVERSED}
_IN_PROGRESS = (
    EncounterStatus.PLANNED,
    EncounterStatus.ARRIVED,
    EncounterStatus.TRIAGED,
    EncounterStatus.IN_PROGRESS,
    EncounterStatus.ONLEAVE,
)


@dataclass(frozen=True)
class DueItem:
    """Cents that a patient owes on one claim; without a claim, from before this ledger. ``since`` is the day on which
    it became theirs to pay.
    """

    patient: UUID
    claim: UUID | None
    encounter: UUID | None
    cents: int
    since: date

    @property
    def key(self) -> str:
        """By what later statements know the same debt again."""
        return str(self.claim or f"before-{self.patient}")


def due_items(patients: Iterable[UUID] | QuerySet[Patient]) -> dict[UUID, list[DueItem]]:
    """What each patient is asked for, the longest owed first; those who owe nothing are left out. Two queries.

    Left out too is what waits for a claim to a next payer, and what belongs to a visit in progress.
    """
    rows = _owed(patients)
    claims = dict(_ripe(claim for _, claim, _, _ in rows if claim))
    found: dict[UUID, list[DueItem]] = {}
    for patient, claim, cents, since in rows:
        if claim is None or claim in claims:
            item = DueItem(patient, claim, claims.get(claim) if claim else None, cents, since)
            found.setdefault(patient, []).append(item)
    return {patient: sorted(items, key=lambda item: (item.since, item.key)) for patient, items in found.items()}


def unapplied_of(patients: Iterable[UUID]) -> dict[UUID, int]:
    """Cents that patients paid and that pay nothing yet; less than nothing where credit that was used was called back.
    One query.
    """
    rows = LedgerEntry.objects.filter(patient__in=list(patients), account=LedgerAccount.PATIENT_CREDIT)
    sums = rows.order_by().values_list("patient").annotate(cents=Sum("amount")).exclude(cents=0)
    return {patient: -cents for patient, cents in sums}


def waiting() -> Exists:
    """Of a row of claims: a claim to the payer that comes next is in force and not answered yet."""
    after = Claim.objects.standing().filter(follows=OuterRef("pk"), state__in=UNANSWERED)
    return Exists(after)


def _owed(patients: Iterable[UUID] | QuerySet[Patient]) -> list[tuple[UUID, UUID | None, int, date]]:
    whom = patients.order_by() if isinstance(patients, QuerySet) else list(patients)
    rows = LedgerEntry.objects.filter(account=LedgerAccount.PATIENT_RECEIVABLE, patient__in=whom).order_by()
    sums = rows.values_list("patient", "claim").annotate(cents=Sum("amount"), since=Min("transaction__business_date"))
    return list(sums.filter(cents__gt=0))


def _ripe(claims: Iterable[UUID]) -> Iterable[tuple[UUID, UUID]]:
    rows = Claim.objects.filter(~waiting(), pk__in=list(claims)).exclude(encounter__status__in=_IN_PROGRESS)
    return rows.order_by().values_list("pk", "encounter")
