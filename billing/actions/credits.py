"""Money that was paid ahead: set off against what is owed, and called back where it turns out not to be there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import Sum

from billing.actions.ledger import Line, lock_patient, post
from billing.actions.payment_plans import follow_plan
from billing.actions.settling import settle_visits
from billing.choices import LedgerAccount, TransactionKind
from billing.models import Claim, LedgerEntry
from billing.queries.business_days import open_day
from billing.queries.claim_money import cents_of_claims, credit_of_payers, paid_by_patient, spread
from billing.queries.ledger import balance_of, from_cents, to_cents
from billing.queries.open_balances import Part, credit_of_visit, pay_off, visits_of
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError

_BACK = "A payment was taken back"
_THEIRS, _CREDIT = LedgerAccount.PATIENT_RECEIVABLE, LedgerAccount.PATIENT_CREDIT


@action
def apply_credit(*, by: User, patient: Patient) -> Decimal:
    """Pay what a patient owes from what they paid before; gives how much. Raises DomainError when there is nothing."""
    lock_patient(patient)
    balance = balance_of(patient)
    amount = min(balance.due, balance.credit)
    if amount <= 0:
        raise DomainError("There is no unapplied credit and balance to set off against each other.")
    cents = to_cents(amount)
    parts = pay_off(patient, cents)
    post(
        by=by,
        kind=TransactionKind.APPLICATION,
        business_date=open_day(),
        lines=[Line(_CREDIT, cents, patient), *paying(patient, parts)],
    )
    settle_visits(by=by, visits=visits_of(parts))
    follow_plan(by=by, patient=patient)
    return amount


def paying(patient: Patient, parts: Iterable[Part]) -> list[Line]:
    """The entries by which parts of what a patient owes are paid."""
    return [
        Line.on(part.claim, _THEIRS, -part.cents, part.charge_item)
        if part.claim
        else Line(_THEIRS, -part.cents, patient)
        for part in parts
    ]


@action
def apply_visit_credit(*, by: User, claim: Claim) -> Decimal:
    """Pay what the patient owes on a claim from what they paid ahead for its visit; gives how much, which may be zero.

    To be asked whenever a part of a claim becomes the patient's. The patient must be locked.
    """
    owed = cents_of_claims([claim.pk], [_THEIRS]).get((claim.pk, _THEIRS), {})
    cents = min(sum(owed.values()), credit_of_visit(claim.encounter)) if owed else 0
    if cents > 0:
        lines = [Line.on(claim, _THEIRS, -part, item) for item, part in spread(owed, cents)]
        _apply(by, claim, [Line(_CREDIT, cents, claim.patient, claim.encounter), *lines])
    return from_cents(max(cents, 0))


@action
def apply_payer_credit(*, by: User, claim: Claim, paid_on: Claim) -> Decimal:
    """Use what a payer paid beyond what one claim owed for another claim to it; gives how much, which may be zero."""
    account = LedgerAccount.INSURANCE_RECEIVABLE
    owed = cents_of_claims([claim.pk], [account]).get((claim.pk, account), {})
    cents = min(sum(owed.values()), credit_of_payers([paid_on.pk]).get(paid_on.pk, 0))
    if cents > 0:
        lines = [Line.on(claim, account, -part, item) for item, part in spread(owed, cents)]
        _apply(by, claim, [Line.on(paid_on, LedgerAccount.PAYER_CREDIT, cents), *lines])
    return from_cents(max(cents, 0))


def release(by: User, claim: Claim) -> None:
    """Take the patient's money off a claim: it is their credit for the visit again."""
    cents = paid_by_patient([claim.pk]).get(claim.pk, 0)
    if cents > 0:
        _give_back(by, claim, cents, "The claim is taken back")


def owe_again(by: User, patient: Patient, claims: Sequence[Claim]) -> None:
    """After a payment was taken back: what it paid is owed again, of the claims that stand. What was paid on others is
    the patient's credit by now, and is taken from there; where that was used meanwhile, what was paid from it last is
    owed again.
    """
    standing = set(Claim.objects.standing().filter(pk__in=[claim.pk for claim in claims]).values_list("pk", flat=True))
    for claim in {claim.pk: claim for claim in claims}.values():
        if claim.pk in standing:
            apply_visit_credit(by=by, claim=claim)
        else:
            _settle_fallen(by, claim)
    _call_back(by, patient)
    settle_visits(by=by, visits={claim.encounter_id for claim in claims})


def _settle_fallen(by: User, claim: Claim) -> None:
    owed = cents_of_claims([claim.pk], [_THEIRS]).get((claim.pk, _THEIRS), {})
    if any(owed.values()):
        lines = [Line.on(claim, _THEIRS, -amount, item) for item, amount in owed.items()]
        _apply(by, claim, [*lines, Line(_CREDIT, sum(owed.values()), claim.patient, claim.encounter)], _BACK)


def _call_back(by: User, patient: Patient) -> None:
    rows = LedgerEntry.objects.filter(patient=patient, account=_CREDIT)
    missing = rows.aggregate(sum=Sum("amount"))["sum"] or 0
    if missing <= 0:
        return
    claims = Claim.objects.standing().on_ledger().filter(patient=patient).order_by("-service_date", "-created_at")
    there = {claim.pk: claim for claim in claims}
    paid = paid_by_patient(there)
    parts = spread({key: paid.get(key, 0) for key in there}, missing)
    for key, cents in parts:
        _give_back(by, there[key], cents, _BACK)
    settle_visits(by=by, visits={there[key].encounter_id for key, _ in parts})


def _give_back(by: User, claim: Claim, cents: int, reason: str) -> None:
    rows = LedgerEntry.objects.filter(claim=claim, account=_THEIRS).of_patients_money()
    sums = rows.order_by().values_list("charge_item").annotate(Sum("amount"))
    parts = spread({item: -amount for item, amount in sums}, cents)
    lines = [Line.on(claim, _THEIRS, part, item) for item, part in parts]
    _apply(
        by, claim, [*lines, Line(_CREDIT, -sum(line.amount for line in lines), claim.patient, claim.encounter)], reason
    )


def _apply(by: User, claim: Claim, lines: list[Line], reason: str = "") -> None:
    post(
        by=by,
        kind=TransactionKind.APPLICATION,
        business_date=open_day(),
        lines=lines,
        reason=reason,
        claim=claim,
    )
