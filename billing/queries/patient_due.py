"""What patients themselves are asked for now, claim by claim: what the ledger says they owe, without what still waits.

Whatever was sent to anybody changes nothing here: these are sums of the ledger, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from billing.choices import ClaimState, LedgerAccount
from billing.claim_states import DRAFTS
from billing.models import Claim, LedgerEntry
from billing.queries.owed_since import owed_since
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
    """Cents that a patient owes on one claim; without a claim, from before this ledger, or (``called_back``) of a
    payment that was taken back after it was used. ``since`` is the day on which it became theirs to pay.
    """

    patient: UUID
    claim: UUID | None
    encounter: UUID | None
    cents: int
    since: date
    called_back: bool = False

    @property
    def key(self) -> str:
        """By what later statements know the same debt again."""
        return str(self.claim or f"{'back' if self.called_back else 'before'}-{self.patient}")


def due_items(patients: Iterable[UUID] | QuerySet[Patient]) -> dict[UUID, list[DueItem]]:
    """What each patient is asked for, the longest owed first; those who owe nothing are left out. Four queries.

    Left out too is what waits for a claim to a next payer, and what belongs to a visit in progress.
    """
    rows = _owed(patients)
    claims = dict(_ripe(claim for _, claim, _, _ in rows if claim))
    began = owed_since(patients={patient for patient, *_ in rows})
    found: dict[UUID, list[DueItem]] = {}
    for patient, claim, cents, since in rows:
        if claim is None or claim in claims:
            theirs = began.get((patient, claim), since)
            item = DueItem(patient, claim, claims.get(claim) if claim else None, cents, theirs)
            found.setdefault(patient, []).append(item)
    for patient, cents, since in _called_back(patients):
        found.setdefault(patient, []).append(DueItem(patient, None, None, cents, since, called_back=True))
    return {patient: sorted(items, key=lambda item: (item.since, item.key)) for patient, items in found.items()}


def unapplied_of(patients: Iterable[UUID]) -> dict[UUID, int]:
    """Cents that patients paid and that pay nothing yet. One query."""
    rows = LedgerEntry.objects.filter(patient__in=list(patients), account=LedgerAccount.PATIENT_CREDIT)
    sums = rows.order_by().values_list("patient").annotate(cents=Sum("amount")).filter(cents__lt=0)
    return {patient: -cents for patient, cents in sums}


def waiting() -> Exists:
    """Of a row of claims: a claim to the payer that comes next is in force and not answered yet."""
    after = Claim.objects.standing().filter(follows=OuterRef("pk"), state__in=UNANSWERED)
    return Exists(after)


def _called_back(patients: Iterable[UUID] | QuerySet[Patient]) -> list[tuple[UUID, int, date]]:
    """What patients owe for credit that was used, or given back, before it was taken back."""
    rows = _entries(LedgerAccount.PATIENT_CREDIT, patients).values_list("patient")
    since = Max("transaction__business_date", filter=Q(amount__gt=0))
    return list(rows.annotate(cents=Sum("amount"), since=since).filter(cents__gt=0))


def _entries(account: LedgerAccount, patients: Iterable[UUID] | QuerySet[Patient]) -> QuerySet[LedgerEntry]:
    whom = patients.order_by() if isinstance(patients, QuerySet) else list(patients)
    return LedgerEntry.objects.filter(account=account, patient__in=whom).order_by()


def _owed(patients: Iterable[UUID] | QuerySet[Patient]) -> list[tuple[UUID, UUID | None, int, date]]:
    rows = _entries(LedgerAccount.PATIENT_RECEIVABLE, patients)
    sums = rows.values_list("patient", "claim").annotate(cents=Sum("amount"), since=Min("transaction__business_date"))
    return list(sums.filter(cents__gt=0))


def _ripe(claims: Iterable[UUID]) -> Iterable[tuple[UUID, UUID]]:
    rows = Claim.objects.filter(~waiting(), pk__in=list(claims)).exclude(encounter__status__in=_IN_PROGRESS)
    return rows.order_by().values_list("pk", "encounter")
