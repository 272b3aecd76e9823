"""How old what is owed is: payers' parts and patients' apart, as of any day, tied to the ledger to the cent.

The ledger is only ever added to, and each transaction has its business day: what stood on a past day is the sum of the
entries up to it, and is the same whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from billing.choices import PATIENT_ACCOUNTS, LedgerAccount
from billing.models import LedgerEntry
from billing.queries.ledger import from_cents
from billing.queries.owed_since import owed_since
from emr.shared.dates import clinic_zone

#: The last day of each bucket but the last.
LIMITS = (30, 60, 90, 120)
BUCKETS = ("0–30", "31–60", "61–90", "91–120", "Over 120")
_INSURANCE = LedgerAccount.INSURANCE_RECEIVABLE
#: What a balance is made of: what is owed, and what was paid and not used yet.
BALANCES = (_INSURANCE, LedgerAccount.PAYER_CREDIT, *PATIENT_ACCOUNTS)


class Clock(StrEnum):
    """From which day the age of what a payer owes counts. A patient's part always counts from when it became theirs."""

    SUBMITTED = "submitted"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Item:
    """What is owed, or credited (negative), in one place: on a claim, by a patient, by a payer.

    ``moved_on`` is the first day on which the claim stood on the account; of a patient's part the day on which what is
    open became theirs. ``sent_on`` is the day on which the payer was asked for this visit first.
    """

    account: str
    cents: int
    claim: UUID | None
    patient: UUID | None
    payer: UUID | None
    practitioner: UUID | None
    number: str
    serviced_on: date | None
    sent_on: date | None
    moved_on: date

    @property
    def side(self) -> str:
        """Whose it is: ``insurance``, ``patient``, or a credit of theirs. Credit that was spent and then called back
        is due from the patient, as on their account.
        """
        if self.account == LedgerAccount.PAYER_CREDIT:
            return "payer-credit"
        if self.account == _INSURANCE:
            return "insurance"
        return "patient" if self.cents > 0 else "patient-credit"

    @property
    def words(self) -> str:
        """The claim's number; without a claim, what it is."""
        taken_back = self.account == LedgerAccount.PATIENT_CREDIT and self.cents > 0
        return self.number or ("Payment taken back" if taken_back else "Brought forward")

    @property
    def amount(self) -> Decimal:
        """The amount as money."""
        return from_cents(self.cents)

    def since(self, clock: Clock) -> date:
        """The day from which its age counts."""
        if self.account != _INSURANCE:
            return self.moved_on
        return (self.serviced_on if clock is Clock.SERVICE else self.sent_on) or self.moved_on

    def age(self, day: date, clock: Clock) -> int:
        """Days, never less than none."""
        return max(0, (day - self.since(clock)).days)


# Credit isn't a claim's any more, whichever it came from: a patient has one, a payer has one.
_ITEMS = """
WITH money AS (
    SELECT entry.account,
           CASE WHEN entry.account LIKE '%%-receivable' THEN entry.claim_id END AS claim_id,
           CASE WHEN entry.account <> 'payer-credit' THEN entry.patient_id END AS patient_id,
           CASE WHEN entry.account IN ('insurance-receivable', 'payer-credit') THEN entry.payer_id END AS payer_id,
           sum(entry.amount)::bigint AS cents, min(written.business_date) AS first_on,
           max(written.business_date) FILTER (WHERE entry.amount > 0) AS debited_on
    FROM billing_ledgerentry AS entry JOIN billing_ledgertransaction AS written ON written.id = entry.transaction_id
    WHERE entry.account = ANY(%(accounts)s) AND (%(day)s::date IS NULL OR written.business_date <= %(day)s)
    GROUP BY 1, 2, 3, 4 HAVING sum(entry.amount) <> 0
), sent AS (
    SELECT encounter_id, payer_id, (min(submitted_at) AT TIME ZONE %(zone)s)::date AS sent_on
    FROM billing_claim WHERE submitted_at IS NOT NULL AND payer_id IS NOT NULL GROUP BY encounter_id, payer_id
)
SELECT money.account, money.cents, money.claim_id, money.patient_id, money.payer_id, visit.practitioner_id,
       coalesce(claim.number, ''), claim.service_date, sent.sent_on,
       CASE WHEN money.account = 'patient-credit' THEN coalesce(money.debited_on, money.first_on)
            ELSE money.first_on END
FROM money
LEFT JOIN billing_claim AS claim ON claim.id = money.claim_id
LEFT JOIN clinic_encounter AS visit ON visit.id = claim.encounter_id
LEFT JOIN sent ON sent.encounter_id = claim.encounter_id AND sent.payer_id = money.payer_id
ORDER BY claim.service_date, claim.number, money.claim_id
"""


def items(day: date | None = None) -> list[Item]:
    """All that is owed and credited at the end of a day, or now. Two queries."""
    asked = {"accounts": list(BALANCES), "day": day, "zone": str(clinic_zone())}
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, asked)
        found = [Item(*row) for row in cursor.fetchall()]
    theirs = owed_since(day=day)
    return [_dated(item, theirs) for item in found]


def _dated(item: Item, theirs: Mapping[tuple[UUID, UUID | None], date]) -> Item:
    if item.account != LedgerAccount.PATIENT_RECEIVABLE or item.patient is None:
        return item
    return replace(item, moved_on=theirs.get((item.patient, item.claim), item.moved_on))


def on_ledger(day: date | None = None) -> Decimal:
    """What the ledger says of the same accounts, as one sum: what the report must tie to. One query."""
    rows = LedgerEntry.objects.filter(account__in=BALANCES)
    if day is not None:
        rows = rows.filter(transaction__business_date__lte=day)
    return from_cents(rows.aggregate(sum=Sum("amount"))["sum"] or 0)


def bucket(age: int) -> int:
    """Which of :data:`BUCKETS` an age in days belongs to."""
    return sum(age > limit for limit in LIMITS)


def aged(found: Iterable[Item], day: date, clock: Clock) -> list[Decimal]:
    """The amounts by bucket."""
    sums = [Decimal(0)] * len(BUCKETS)
    for item in found:
        sums[bucket(item.age(day, clock))] += item.amount
    return sums
