"""Whether the ledger holds: what must be true of it whatever was done, looked at as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Min, Q, Sum
from django.db.models.functions import Coalesce

from billing.choices import (
    ADJUSTMENT_ACCOUNTS,
    RECEIVABLES,
    ClaimFrequency,
    ClaimState,
    ClaimStatus,
    LedgerAccount,
    TransactionKind,
)
from billing.claim_states import OVER
from billing.models import Claim, LedgerEntry, LedgerTransaction, Payment
from billing.queries.claim_money import Owed, owed_by_claims
from billing.queries.ledger import from_cents, to_cents

#: A claim asks for money once it went out, and where the patient pays, once it is made.
_ASKED = Q(status=ClaimStatus.ACTIVE) | Q(status=ClaimStatus.DRAFT, coverage=None)
_BY_MONEY = (ClaimState.CLOSED, ClaimState.PATIENT_BALANCE)


@dataclass(frozen=True)
class Finding:
    """Something in the ledger that must not be. ``rule`` names the invariant, ``words`` what breaks it."""

    rule: str
    words: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.words}"


def ledger_findings() -> list[Finding]:
    """All that is wrong with the ledger; nothing in a ledger that holds. Thirteen queries, however much there is."""
    return [
        *_unbalanced(),
        *_payments(),
        *_charges(),
        *_overdrawn(),
        *_more_than_charged(),
        *_fallen(),
        *_strangers(),
        *_ties(),
        *_states(),
        *_mirrors(),
    ]


def uncharged() -> list[Claim]:
    """Claims that should have charges on the ledger and have none: those from before it kept charges. Two queries."""
    charged = set(
        LedgerTransaction.objects.filter(kind=TransactionKind.CHARGE, reversed_by=None).values_list("claim", flat=True)
    )
    asked = Claim.objects.standing().filter(total__gt=0, follows=None).filter(_ASKED)
    return [claim for claim in asked.on_ledger().order_by("created_at") if claim.pk not in charged]


def _unbalanced() -> Iterator[Finding]:
    rows = LedgerTransaction.objects.annotate(sum=Coalesce(Sum("entries__amount"), 0), count=Count("entries"))
    for row in rows.exclude(sum=0, count=F("entry_count")).order_by("created_at"):
        facts = vars(row)
        yield Finding(
            "each transaction sums to zero", f"{row.pk} has {facts['count']} entries over {facts['sum']} cents"
        )


def _payments() -> Iterator[Finding]:
    funds = Sum("transaction__entries__amount", filter=Q(transaction__entries__account=LedgerAccount.FUNDS))
    for row in Payment.objects.annotate(funds=funds).exclude(funds=F("amount") * 100).order_by("receipt_number"):
        yield Finding("each payment is on the ledger", f"receipt {row.receipt_number} over {row.amount}")


def _charges() -> Iterator[Finding]:
    """What each claim charges is its total, and its total what was submitted."""
    rows = LedgerEntry.objects.filter(account=LedgerAccount.REVENUE)
    charged = dict(rows.order_by().values_list("claim").annotate(Sum("amount")))
    claims = Claim.objects.annotate(said=F("snapshot__total_charge")).order_by("created_at")
    columns = claims.values_list("pk", "number", "status", "state", "frequency", "follows", "coverage", "total", "said")
    for key, number, status, state, frequency, follows, coverage, total, said in columns.iterator(chunk_size=2000):
        if said is not None and to_cents(total) != to_cents(Decimal(said)):
            yield Finding("a claim's total is what was submitted", f"claim {number}: {total}, submitted {said}")
        asks = status == ClaimStatus.ACTIVE or (status == ClaimStatus.DRAFT and coverage is None)
        asks = asks and state not in OVER and frequency != ClaimFrequency.VOID and follows is None
        wanted, is_there = to_cents(total) if asks else 0, -charged.pop(key, 0)
        if wanted != is_there:
            words = f"claim {number} ({state}) charges {from_cents(wanted)}, the ledger {from_cents(is_there)}"
            hint = ". Run charge_ledger" if not is_there else ""
            yield Finding("a claim's charges are on the ledger once", words + hint)
    if charged:
        yield Finding("no charge without a claim", f"{from_cents(-sum(charged.values()))} of revenue names no claim")


def _overdrawn() -> Iterator[Finding]:
    rows = LedgerEntry.objects.filter(account__in=RECEIVABLES).exclude(claim=None).order_by()
    sums = rows.values("claim_id", "claim__number", "account").annotate(sum=Sum("amount")).filter(sum__lt=0)
    for row in sums.order_by("claim_id", "account"):
        yield Finding(
            "no claim owes less than nothing",
            f"claim {row['claim__number']}, {row['account']}: {from_cents(row['sum'])}",
        )


def _more_than_charged() -> Iterator[Finding]:
    """Of no visit more is owed and written off than was charged: that would be money that nobody ever had."""
    rows = LedgerEntry.objects.filter(account__in=[*RECEIVABLES, *ADJUSTMENT_ACCOUNTS, LedgerAccount.REVENUE])
    sums = rows.exclude(encounter=None).order_by().values("encounter")
    beyond = sums.annotate(sum=Sum("amount"), number=Min("claim__number")).filter(sum__gt=0)
    for row in beyond.order_by("encounter_id"):
        yield Finding(
            "no visit owes and writes off more than it charged",
            f"that of claim {row['number'] or '(none)'}: {from_cents(row['sum'])} more",
        )


def _fallen() -> Iterator[Finding]:
    """Nothing is owed on a claim that was taken back, nor written off of it."""
    rows = LedgerEntry.objects.filter(
        account__in=[*RECEIVABLES, *ADJUSTMENT_ACCOUNTS], claim__state__in=OVER
    ).order_by()
    sums = rows.values("claim_id", "claim__number", "account").annotate(sum=Sum("amount")).exclude(sum=0)
    for row in sums.order_by("claim_id", "account"):
        yield Finding(
            "nothing stands of a claim that was taken back",
            f"claim {row['claim__number']}, {row['account']}: {from_cents(row['sum'])}",
        )


def _strangers() -> Iterator[Finding]:
    """An entry about a claim names the claim's own patient, visit and payer."""
    about = LedgerEntry.objects.exclude(claim=None)
    other = ~Q(patient=F("claim__patient")) | ~Q(encounter=F("claim__encounter"))
    other |= Q(payer__isnull=False) & ~Q(payer=F("claim__payer"))
    for row in about.filter(other).order_by("created_at"):
        yield Finding("an entry is about its claim's own patient and payer", f"{row.pk}: {row}")


def _ties() -> Iterator[Finding]:
    """What payers and patients owe in all is the sum over the claims that stand, and what was brought forward."""
    whole = LedgerEntry.objects.filter(account__in=RECEIVABLES).order_by()
    parts = whole.filter(Q(claim=None) | Q(claim__in=Claim.objects.standing()))
    sums, of_claims = (dict(rows.values_list("account").annotate(Sum("amount"))) for rows in (whole, parts))
    for account, cents in sums.items():
        if cents != of_claims.get(account, 0):
            words = f"{account}: {from_cents(cents)} in all, {from_cents(of_claims.get(account, 0))} on claims"
            yield Finding("what is owed is owed on claims", words)


def _states() -> Iterator[Finding]:
    claims = list(Claim.objects.standing().filter(state__in=_BY_MONEY).on_ledger().order_by("created_at"))
    owed = owed_by_claims(claim.pk for claim in claims)
    for claim in claims:
        there = owed.get(claim.pk, Owed())
        wrong = there.total if claim.state == ClaimState.CLOSED else not there.patient and claim.total
        if wrong:
            yield Finding(
                "a claim stands where its money says", f"claim {claim.number} is {claim.state}: {there.words}"
            )


def _mirrors() -> Iterator[Finding]:
    """A reversal is the mirror of what it takes back, account by account."""
    pairs = Q(transaction__reverses__isnull=False) | Q(transaction__reversed_by__isnull=False)
    rows = LedgerEntry.objects.filter(pairs).order_by()
    rows = rows.annotate(pair=Coalesce("transaction__reverses", "transaction"))
    sums = rows.values_list("pair", "account", "claim").annotate(sum=Sum("amount")).exclude(sum=0)  # type: ignore[misc]
    for pair, account, _, cents in sums:
        yield Finding("a reversal mirrors what it takes back", f"{pair}, {account}: {cents} cents")
