"""The money of claims: charged once, moved with a reason, taken back by reversal, never lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError

from billing.actions import charging, claims
from billing.actions.adjusting import refund_payer, transfer, undo, write_off
from billing.actions.charges import add_charge
from billing.actions.claims import create_claim, refresh_claim, submit_claims
from billing.actions.discounts import give_self_pay_discount
from billing.actions.payments import reverse_payment, take_payment
from billing.actions.resubmitting import replace_claim, void_claim
from billing.choices import (
    PATIENTS_REASONS,
    PAYERS_REASONS,
    REASON_ACCOUNTS,
    AdjustmentReason,
    ChargeItemStatus,
    ClaimState,
    LedgerAccount,
    PaymentKind,
    PaymentMethod,
    Side,
    TransactionKind,
)
from billing.cms1500.form import Form1500, Frequency
from billing.models import Claim, LedgerEntry, LedgerTransaction, Payment
from billing.queries.charges import ready_to_bill
from billing.queries.claim_ledger import explain
from billing.queries.claim_money import Owed, credit_of_payers, owed_by, owed_by_lines, owed_by_payers
from billing.queries.discounts import Offer, self_pay_offer
from billing.queries.ledger import balance_of
from billing.queries.ledger_findings import ledger_findings
from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from tests.billing.payers import decide
from tests.factories.billing import charged, claim, service, submitted, visit
from tests.factories.clinic import CoverageFactory, PayerFactory
from tests.factories.statements import BillingPolicyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H13")]


@pytest.fixture(autouse=True)
def _holds() -> Any:
    """Whatever a test does, the ledger holds after it."""
    yield
    assert [str(finding) for finding in ledger_findings()] == []


def now(row: Claim) -> Claim:
    return Claim.objects.select_related("patient", "encounter", "payer").get(pk=row.pk)


def owed(row: Claim) -> tuple[Decimal, Decimal]:
    found = owed_by(row)
    return found.insurance, found.patient


def pay(by: User, row: Claim, amount: int, kind: PaymentKind = PaymentKind.PAYMENT) -> Payment:
    fields: dict[str, Any] = {"method": PaymentMethod.CASH, "amount": Decimal(amount), "encounter": row.encounter}
    return take_payment(by=by, patient=row.patient, kind=kind, **fields)


def copay(by: User, seen: Encounter, amount: int) -> None:
    fields: dict[str, Any] = {"kind": PaymentKind.COPAY, "method": PaymentMethod.CASH, "amount": Decimal(amount)}
    take_payment(by=by, patient=seen.patient, encounter=seen, **fields)


def test_a_claim_charges_its_lines_once_when_it_goes_out(biller: User) -> None:
    made = create_claim(by=biller, encounter=charged(biller, visit(), lines=2))
    assert owed(made) == (0, 0)
    submit_claims(by=biller, claims=[made])
    assert owed(made) == (Decimal(101), 0)
    assert [one.insurance for one in owed_by_lines(made).values()] == [Decimal(50), Decimal(51)]
    assert owed_by_payers()[made.payer_id] == Decimal(101)  # type: ignore[index]
    with pytest.raises(DatabaseError, match="charged already"), transaction.atomic(), acting(biller):
        LedgerTransaction.objects.create(
            created_by=biller, kind="charge", business_date="2026-03-09", claim=made, entry_count=2
        )


def test_more_than_a_claim_owes_never_commits(biller: User) -> None:
    made = submitted(biller)
    with pytest.raises(DatabaseError, match="rest is a credit"), transaction.atomic(), acting(biller):
        row = LedgerTransaction.objects.create(
            created_by=biller, kind="transfer", business_date="2026-03-09", claim=made, entry_count=2
        )
        for account, amount in (("insurance-receivable", -5001), ("revenue", 5001)):
            fields = {"patient": made.patient, "payer": made.payer, "claim": made}
            LedgerEntry.objects.create(created_by=biller, transaction=row, account=account, amount=amount, **fields)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.feature("H19")
def test_who_pays_themselves_is_charged_at_once_and_the_copay_counts(biller: User) -> None:
    seen = charged(biller, visit(covered=False))
    copay(biller, seen, 20)
    made = create_claim(by=biller, encounter=seen)
    assert (made.state, owed(made), balance_of(made.patient).credit) == (ClaimState.PATIENT_BALANCE, (0, 30), 0)
    add_charge(by=biller, encounter=seen, coding=service("G3000"), unit_price=Decimal(5))
    assert owed(made) == (0, 35)
    pay(biller, made, 35)
    assert now(made).state == ClaimState.CLOSED
    CoverageFactory(patient=made.patient)
    assert refresh_claim(by=biller, claim=made).state == ClaimState.READY
    assert (owed(made), balance_of(made.patient).credit) == ((0, 0), 55)


@pytest.mark.feature("H19")
def test_the_clinic_s_discount_for_who_pays_themselves_is_offered_and_given_once(biller: User) -> None:
    made = claim(biller, covered=False)
    assert self_pay_offer(made) is None
    BillingPolicyFactory(self_pay_discount=Decimal(25))
    offer = self_pay_offer(made)
    assert (owed(made), offer) == ((0, 50), Offer(Decimal(25), Decimal("12.50")))
    assert self_pay_offer(claim(biller)) is None
    with pytest.raises(Conflict, match="isn't offered"):
        give_self_pay_discount(by=biller, claim=made, share=Decimal(30))
    given = give_self_pay_discount(by=biller, claim=made, share=Decimal(25))
    assert (owed(made), self_pay_offer(made)) == ((0, Decimal("37.50")), None)
    with pytest.raises(Conflict, match="isn't offered"):
        give_self_pay_discount(by=biller, claim=made, share=Decimal(25))
    assert [step.what for step in explain(made).steps] == ["Charged", AdjustmentReason.SELF_PAY.label]
    undo(by=biller, transaction=given, reason="Insured after all")
    pay(biller, made, 45)
    assert self_pay_offer(made) == Offer(Decimal(25), Decimal(5))


def test_each_reason_has_its_account_and_fits_who_owes(biller: User) -> None:
    made = submitted(biller)
    transfer(by=biller, claim=made, amount=Decimal(25), reason="Deductible")
    for reason in AdjustmentReason:
        said: dict[str, Any] = {"claim": made, "amount": Decimal(1), "reason_code": reason, "request_token": uuid7()}
        fitting = [side for side in Side if _written(biller, side, **said)]
        assert fitting, reason
        entries = LedgerEntry.objects.filter(transaction__reason_code=reason, account=REASON_ACCOUNTS[reason])
        assert {entry.amount for entry in entries} == {100}
    with pytest.raises(DomainError, match=r"up to \$5\.00"):
        big: dict[str, Any] = {"amount": Decimal(6), "reason_code": AdjustmentReason.SMALL_BALANCE}
        write_off(by=biller, claim=made, side=Side.PATIENT, **big)


def _written(by: User, side: Side, **said: Any) -> bool:
    said["request_token"] = uuid7()
    if said["reason_code"] in (PAYERS_REASONS if side is Side.PATIENT else PATIENTS_REASONS):
        with pytest.raises(DomainError, match="isn't a reason"):
            write_off(by=by, side=side, **said)
        return False
    written = write_off(by=by, side=side, **said)
    assert write_off(by=by, side=side, **said) == written
    with pytest.raises(Conflict, match="other values"):
        write_off(by=by, side=side, **{**said, "amount": Decimal(2)})
    return True


def test_nobody_writes_off_or_moves_more_than_is_owed(biller: User) -> None:
    made = submitted(biller)
    with pytest.raises(DomainError, match=r"owes \$50\.00"):
        write_off(
            by=biller,
            claim=made,
            side=Side.PAYER,
            amount=Decimal("50.01"),
            reason_code=AdjustmentReason.CORRECTION,
        )
    with pytest.raises(DomainError, match=r"owes \$0\.00"):
        transfer(by=biller, claim=claim(biller), amount=Decimal(1), reason="Not covered")


def test_what_becomes_the_patient_s_is_paid_from_the_copay_and_closes_at_zero(biller: User) -> None:
    seen = charged(biller, visit())
    copay(biller, seen, 15)
    made = submit_claims(by=biller, claims=[create_claim(by=biller, encounter=seen)])[0]
    assert balance_of(made.patient).credit == 15
    decide(biller, made, paid=2000)
    moved = transfer(by=biller, claim=made, amount=Decimal(30), reason="Not covered")
    assert (now(made).state, owed(made)) == (ClaimState.PATIENT_BALANCE, (0, 15))
    pay(biller, made, 15)
    assert (now(made).state, owed(made)) == (ClaimState.CLOSED, (0, 0))
    back = undo(by=biller, transaction=moved, reason="It was covered")
    assert undo(by=biller, transaction=moved, reason="again") == back
    assert (now(made).state, owed(made), balance_of(made.patient).credit) == (ClaimState.PARTIAL, (30, 0), 30)


def test_a_bounced_check_opens_the_claim_again(biller: User) -> None:
    made = submitted(biller)
    transfer(by=biller, claim=made, amount=Decimal(50), reason="Not covered")
    paid = pay(biller, made, 50)
    assert now(made).state == ClaimState.CLOSED
    reverse_payment(by=biller, payment=paid, reason="It bounced")
    assert (now(made).state, owed(made)) == (ClaimState.PATIENT_BALANCE, (0, 50))


def test_a_payment_pays_its_own_visit_first_and_then_what_is_oldest(biller: User) -> None:
    first = claim(biller, covered=False)
    second = create_claim(by=biller, encounter=charged(biller, visit(patient=first.patient, covered=False)))
    pay(biller, second, 60)
    assert (owed(first), owed(second)) == ((0, 40), (0, 0))


@pytest.mark.feature("H09")
def test_a_void_takes_all_back_and_keeps_what_was_paid(biller: User) -> None:
    """openemr#4334: reopening deleted payments."""
    made = submitted(biller)
    decide(biller, made, paid=2000, agreed=1000, patient=2000, icn="ICN-7")
    pay(biller, made, 12)
    void_claim(by=biller, claim=now(made), reason="Wrong policy")
    assert (owed(made), credit_of_payers([made.pk])[made.pk], balance_of(made.patient).credit) == ((0, 0), 2000, 12)
    assert made.encounter in ready_to_bill()
    told = Claim.objects.get(replaces=made)
    form = Form1500.from_data(told.snapshot)
    assert form.resubmission is not None
    assert (form.resubmission.frequency, form.resubmission.original_reference) == (Frequency.VOID, "ICN-7")
    assert (form.account_number, form.total_charge, told.items.count()) == (told.number, Decimal(50), 1)
    again = create_claim(by=biller, encounter=made.encounter)
    assert again.pk not in (made.pk, told.pk)
    with pytest.raises(DomainError, match="tells the payer that another is void"):
        void_claim(by=biller, claim=told, reason="No")
    refund_payer(by=biller, claim=now(made), amount=Decimal(20), reason="Check 77")
    with pytest.raises(DomainError, match=r"\$0\.00 of unapplied money"):
        refund_payer(by=biller, claim=now(made), amount=Decimal(1), reason="Check 78")
    with pytest.raises(Conflict, match="void"):
        write_off(
            by=biller, claim=now(made), side=Side.PAYER, amount=Decimal(1), reason_code=AdjustmentReason.CORRECTION
        )


@pytest.mark.feature("H09")
def test_a_replacement_takes_over_with_what_was_paid(biller: User) -> None:
    made = submitted(biller)
    with pytest.raises(DomainError, match="isn't known yet"):
        replace_claim(by=biller, claim=made)
    decide(biller, made, paid=4000, agreed=1000, icn="ICN-9")
    assert now(made).state == ClaimState.CLOSED
    draft = replace_claim(by=biller, claim=now(made))
    assert replace_claim(by=biller, claim=now(made)) == draft
    with pytest.raises(DomainError, match=f"Claim {draft.number} is being made"):
        void_claim(by=biller, claim=now(made), reason="No")
    add_charge(by=biller, encounter=made.encounter, coding=service("G2000"), unit_price=Decimal(31))
    assert owed(made) == (0, 0)
    (sent,) = submit_claims(by=biller, claims=[refresh_claim(by=biller, claim=draft)])
    assert (now(made).state, sent.total, owed(sent)) == (ClaimState.REPLACED, Decimal(81), (41, 0))
    assert (owed(made), credit_of_payers([made.pk]).get(made.pk, 0)) == ((0, 0), 0)
    with pytest.raises(Conflict, match="replaced"):
        void_claim(by=biller, claim=now(made), reason="No")
    void_claim(by=biller, claim=now(sent), reason="Not ours")
    assert now(made).state == ClaimState.VOID
    assert made.encounter in ready_to_bill()


@pytest.mark.feature("H09")
def test_a_replacement_that_is_given_up_leaves_all_as_it_was(biller: User) -> None:
    made = submitted(biller)
    decide(biller, made, paid=2000)
    draft = replace_claim(by=biller, claim=now(made))
    void_claim(by=biller, claim=draft, reason="The first was right")
    assert (now(made).state, owed(made)) == (ClaimState.PARTIAL, (30, 0))
    assert made.items.get().charge_item.status == ChargeItemStatus.BILLED


def test_the_next_payer_is_asked_for_what_is_left(biller: User) -> None:
    made = submitted(biller)
    decide(biller, made, paid=2000, agreed=500, patient=1500)
    other = CoverageFactory.create(patient=made.patient, order=2, payer=PayerFactory())
    with transaction.atomic(), acting(biller):
        second = Claim.objects.create(
            created_by=biller,
            number="SECOND",
            patient=made.patient,
            encounter=made.encounter,
            coverage=other,
            payer=other.payer,
            status="active",
            state="submitted",
            order=2,
            follows=made,
            service_date=made.service_date,
            total=made.total,
        )
        charging.charge_submitted(biller, [second])
    assert (owed(made), owed(second)) == ((0, 0), (25, 0))
    with pytest.raises(DomainError, match="follows this one"):
        void_claim(by=biller, claim=now(made), reason="No")
    decide(biller, second, paid=1000, patient=1500)
    assert (now(second).state, owed(second)) == (ClaimState.PATIENT_BALANCE, (0, 15))
    pay(biller, second, 15)
    assert {now(row).state for row in (made, second)} == {ClaimState.CLOSED}


@pytest.mark.feature("X27")
def test_claims_of_before_are_charged_once_by_a_command(
    biller: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as before:
        before.setattr(claims, "charge_submitted", lambda *_: None)
        before.setattr("billing.actions.drafts.charge_self_pay", lambda *_: None)
        old, theirs = submitted(biller), claim(biller, covered=False)
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger")
    assert ended.value.code == 1
    assert f"claim {old.number} (submitted) charges 50" in capsys.readouterr().out
    call_command("charge_ledger")
    call_command("charge_ledger")
    assert (owed(old), owed(theirs)) == ((50, 0), (0, 50))
    call_command("verify_ledger")
    assert capsys.readouterr().out.splitlines() == [
        "2 claims charged.",
        "Every claim is charged already.",
        "2 transactions: all sums hold.",
    ]


def test_the_claim_s_page_explains_every_cent(biller: User) -> None:
    made = submitted(biller)
    decide(biller, made, paid=2000, agreed=1000, patient=500)
    told = explain(made)
    assert [(step.what, step.insurance, step.patient) for step in told.steps] == [
        ("Charged", "+50.00", ""),
        (TransactionKind.REMITTANCE.label, "−35.00", "+5.00"),
    ]
    assert told.owed == Owed(Decimal(15), Decimal(5))
    assert told.steps[1].why == "$10.00 written off"
    assert LedgerEntry.objects.filter(account=LedgerAccount.CONTRACTUAL).get().claim == made
