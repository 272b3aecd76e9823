"""What became of each visit's charges, in one line: charged, paid, adjusted, waiting with payers, the patient's.

The parts of a line add up by the way they are made: what payers paid is what is left of the charge after all the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast
from uuid import UUID

from django.db.models import Max, Q, Sum
from django.db.models.functions import Coalesce

from billing.choices import ADJUSTMENT_ACCOUNTS, ChargeItemStatus, LedgerAccount, TransactionKind
from billing.models import ChargeItem, Claim, LedgerEntry
from billing.models.ledger import of_patients_money
from billing.queries.patient_due import waiting

_SUMS = ("charge", "adjusted", "patient_paid", "pending", "due", "insurance_on")
_UNBILLED = (ChargeItemStatus.NOT_BILLABLE, ChargeItemStatus.ABORTED, ChargeItemStatus.ENTERED_IN_ERROR)


@dataclass(frozen=True)
class VisitAccount:
    """One visit in cents: ``charge`` is ``insurance_paid`` + ``adjusted`` + ``patient_paid`` + ``pending`` + ``due``.

    ``due`` is what the patient is asked for, ``pending`` what payers are, or what a next payer may still pay;
    ``insurance_on`` the day of the latest decision that stands.
    """

    serviced_on: date
    services: list[str] = field(default_factory=list)
    practitioner: str = ""
    charge: int = 0
    adjusted: int = 0
    patient_paid: int = 0
    pending: int = 0
    due: int = 0
    insurance_on: date | None = None

    @property
    def insurance_paid(self) -> int:
        """What payers paid of it."""
        return self.charge - self.adjusted - self.patient_paid - self.pending - self.due


def visit_accounts(visits: Iterable[UUID]) -> dict[UUID, VisitAccount]:
    """The line of each visit that has a claim. Three queries."""
    keys = list(visits)
    claims = Claim.objects.filter(encounter__in=keys).select_related("encounter__practitioner")
    known = {claim.encounter_id: claim for claim in claims.defer("snapshot", "lineage").order_by("-service_date")}
    services: dict[UUID, list[str]] = {}
    charges = ChargeItem.objects.filter(encounter__in=keys).exclude(status__in=_UNBILLED)
    for visit, words in charges.values_list("encounter", "display"):
        services.setdefault(visit, []).append(words)
    sums = _sums(keys)
    return {
        key: VisitAccount(
            serviced_on=claim.service_date,
            services=services.get(key, []),
            practitioner=str(claim.encounter.practitioner or ""),
            **sums.get(key, {}),
        )
        for key, claim in known.items()
    }


def _sums(visits: list[UUID]) -> dict[UUID, dict[str, Any]]:
    theirs, payers = Q(account=LedgerAccount.PATIENT_RECEIVABLE), Q(account=LedgerAccount.INSURANCE_RECEIVABLE)
    decided = Q(transaction__kind=TransactionKind.REMITTANCE, transaction__reversed_by=None)
    waits = Q(claim__in=Claim.objects.filter(waiting(), encounter__in=visits))
    rows = LedgerEntry.objects.filter(encounter__in=visits, claim__isnull=False).order_by().values("encounter")
    found = rows.annotate(
        charge=-_sum(Q(account=LedgerAccount.REVENUE)),
        adjusted=_sum(Q(account__in=ADJUSTMENT_ACCOUNTS)),
        patient_paid=-_sum(theirs & of_patients_money()),
        pending=_sum(payers | theirs & waits),
        due=_sum(theirs & ~waits),
        insurance_on=Max("transaction__business_date", filter=decided),
    )
    return {row["encounter"]: {name: row[name] for name in _SUMS} for row in cast(Any, found)}


def _sum(which: Q) -> Coalesce:
    return Coalesce(Sum("amount", filter=which), 0)
