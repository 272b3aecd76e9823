"""Whatever claims go through, in whatever order: every sum of the ledger holds, and no cent is lost or made."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from billing.actions.adjusting import refund_payer, transfer, undo, write_off
from billing.actions.charges import add_charge, void_charge
from billing.actions.claims import create_claim, refresh_claim, submit_claims
from billing.actions.credits import apply_credit
from billing.actions.payments import refund, reverse_payment, take_payment
from billing.actions.resubmitting import replace_claim, void_claim
from billing.choices import (
    ADJUSTMENT_ACCOUNTS,
    RECEIVABLES,
    AdjustmentReason,
    ChargeItemStatus,
    ClaimState,
    ClaimStatus,
    LedgerAccount,
    PaymentKind,
    PaymentMethod,
    Side,
    TransactionKind,
)
from billing.models import Claim, LedgerEntry, LedgerTransaction, Payment
from billing.queries.claim_ledger import UNDOABLE, explain
from billing.queries.claim_money import credit_of_payers, owed_by
from billing.queries.ledger import balance_of, from_cents
from billing.queries.ledger_findings import ledger_findings
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from tests.billing.payers import decide
from tests.factories.accounts import make_person
from tests.factories.billing import charged, service, visit
from tests.factories.clinic import ContactPointFactory, CoverageFactory, PatientAddressFactory, PatientFactory

ANY = st.integers(0, 1000)
SHARES = st.integers(0, 100)


class Office(RuleBasedStateMachine):
    """A billing office with an insured and an uninsured patient, and a book of what came in and went out."""

    @initialize()
    def open(self) -> None:
        self.savepoint = transaction.savepoint()
        self.by = make_person("biller")
        self.cash = Decimal(0)
        self.patients = [PatientFactory.create(), PatientFactory.create()]
        for patient in self.patients:
            PatientAddressFactory(patient=patient)
            ContactPointFactory(patient=patient)
        CoverageFactory(patient=self.patients[0])

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    def one(self, number: int, **which: Any) -> Any:
        """One of the claims that there are, or None."""
        claims = list(Claim.objects.filter(**which).order_by("created_at"))
        return claims[number % len(claims)] if claims else None

    def attempt(self, function: Any, **said: Any) -> Any:
        """Do it, unless the office refuses it; a refusal must leave nothing behind."""
        count = LedgerEntry.objects.count()
        try:
            return function(by=self.by, **said)
        except DomainError:
            assert LedgerEntry.objects.count() == count
            return None

    @rule(insured=st.booleans(), lines=st.integers(1, 3), copay=st.integers(0, 40))
    def bill(self, insured: bool, lines: int, copay: int) -> None:
        patient = self.patients[not insured]
        seen = visit(patient=patient, covered=insured)
        if copay:
            take_payment(
                by=self.by,
                patient=patient,
                encounter=seen,
                kind=PaymentKind.COPAY,
                method=PaymentMethod.CASH,
                amount=Decimal(copay),
            )
            self.cash += copay
        claim = create_claim(by=self.by, encounter=charged(self.by, seen, lines=lines))
        if insured:
            submit_claims(by=self.by, claims=[claim])

    @rule(number=ANY, paid=SHARES, agreed=SHARES, patient=SHARES)
    def decide(self, number: int, paid: int, agreed: int, patient: int) -> None:
        """A decision within the charge, or twice the charge paid by mistake."""
        claim = self.one(number, status=ClaimStatus.ACTIVE, frequency__in=["1", "7"])
        if claim is None or claim.state == ClaimState.REPLACED:
            return
        owed = int(owed_by(claim).insurance * 100)
        parts = [owed * share // 300 for share in (paid, agreed, patient)]
        if paid > 90:
            parts = [int(claim.total * 200), 0, 0]
        if not any(parts):
            return
        decide(self.by, claim, paid=parts[0], agreed=parts[1], patient=parts[2])
        self.cash += from_cents(parts[0])

    @rule(who=st.integers(0, 1), kind=st.sampled_from([PaymentKind.PAYMENT, PaymentKind.PREPAYMENT]), amount=ANY)
    def pay(self, who: int, kind: PaymentKind, amount: int) -> None:
        said = {"kind": kind, "method": PaymentMethod.CASH, "amount": Decimal(amount + 1) / 10}
        if self.attempt(take_payment, patient=self.patients[who], **said):
            self.cash += said["amount"]  # type: ignore[operator]

    @rule(number=ANY)
    def bounce(self, number: int) -> None:
        rows = list(Payment.objects.filter(reversal_of=None, reversal=None).order_by("receipt_number"))
        if rows:
            back = reverse_payment(by=self.by, payment=rows[number % len(rows)], reason="It bounced")
            self.cash += back.amount

    @rule(who=st.integers(0, 1))
    def give_back(self, who: int) -> None:
        credit = balance_of(self.patients[who]).credit
        said = {"method": PaymentMethod.CASH, "reason": "Asked for it"}
        if self.attempt(refund, patient=self.patients[who], amount=credit, **said):
            self.cash -= credit

    @rule(who=st.integers(0, 1))
    def set_off(self, who: int) -> None:
        self.attempt(apply_credit, patient=self.patients[who])

    @rule(number=ANY, side=st.sampled_from(Side), share=SHARES, reason=st.sampled_from(AdjustmentReason))
    def write_off(self, number: int, side: Side, share: int, reason: AdjustmentReason) -> None:
        claim = self.one(number)
        if claim is None:
            return
        owed = owed_by(claim)
        whole = owed.insurance if side is Side.PAYER else owed.patient
        said = {"side": side, "amount": round(whole * share / 90, 2), "reason_code": reason, "request_token": uuid7()}
        if made := self.attempt(write_off, claim=claim, **said):
            assert write_off(by=self.by, claim=claim, **said) == made

    @rule(number=ANY, share=SHARES)
    def to_patient(self, number: int, share: int) -> None:
        claim = self.one(number)
        if claim is not None:
            amount = round(owed_by(claim).insurance * share / 90, 2)
            self.attempt(transfer, claim=claim, amount=amount, reason="Not covered")

    @rule(number=ANY)
    def refund_payer(self, number: int) -> None:
        claim = self.one(number)
        if claim is not None:
            amount = from_cents(credit_of_payers([claim.pk]).get(claim.pk, 0))
            if self.attempt(refund_payer, claim=claim, amount=amount, reason="Paid twice"):
                self.cash -= amount

    @rule(number=ANY)
    def undo(self, number: int) -> None:
        rows = list(LedgerTransaction.objects.filter(kind__in=UNDOABLE).order_by("created_at"))
        if rows:
            row = rows[number % len(rows)]
            first = not LedgerTransaction.objects.filter(reverses=row).exists()
            done = self.attempt(undo, transaction=row, reason="A mistake")
            if done and first and row.kind == TransactionKind.PAYER_REFUND:
                entry = row.entries.get(account=LedgerAccount.FUNDS)
                self.cash -= from_cents(entry.amount)

    @rule(number=ANY)
    def void(self, number: int) -> None:
        claim = self.one(number)
        if claim is not None and self.attempt(void_claim, claim=claim, reason="Wrong policy"):
            create_claim(by=self.by, encounter=claim.encounter)

    @rule(number=ANY, more=st.booleans())
    def replace(self, number: int, more: bool) -> None:
        """Replace a claim by one that charges a service more, or one less."""
        claim = self.one(number, payer_control_number="ICN1")
        draft = self.attempt(replace_claim, claim=claim) if claim else None
        if draft is None:
            return
        charges = list(claim.encounter.charge_items.filter(status=ChargeItemStatus.BILLABLE))
        if more or len(charges) < 2:
            add_charge(by=self.by, encounter=claim.encounter, coding=service("G2000"), unit_price=Decimal(31))
        else:
            void_charge(by=self.by, charge=charges[0], reason="Not done")
        submit_claims(by=self.by, claims=[refresh_claim(by=self.by, claim=draft)])

    @rule(number=ANY)
    def correct(self, number: int) -> None:
        """A charge of somebody who pays themselves is changed."""
        claim = self.one(number, status=ClaimStatus.DRAFT, coverage=None)
        if claim is not None:
            add_charge(by=self.by, encounter=claim.encounter, coding=service("G3000"), unit_price=Decimal(12))

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "patients"):
            return
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        assert [str(finding) for finding in ledger_findings()] == []
        sums = dict(LedgerEntry.objects.order_by().values_list("account").annotate(Sum("amount")))
        assert from_cents(sums.get(LedgerAccount.FUNDS, 0)) == self.cash
        standing = [claim for claim in Claim.objects.standing() if claim.submitted_at or claim.coverage_id is None]
        owed = sum(sums.get(account, 0) for account in RECEIVABLES)
        credit = -sum(sums.get(account, 0) for account in (LedgerAccount.PATIENT_CREDIT, LedgerAccount.PAYER_CREDIT))
        given_up = sum(sums.get(account, 0) for account in ADJUSTMENT_ACCOUNTS)
        assert from_cents(owed + given_up - credit) + self.cash == sum(claim.total for claim in standing)
        for claim in standing:
            assert explain(claim).owed == owed_by(claim)


@pytest.mark.django_db
@pytest.mark.feature("H13")
@pytest.mark.feature("X27")
def test_no_cent_is_lost_whatever_claims_go_through() -> None:
    run_state_machine_as_test(
        Office,
        settings=settings(
            max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
