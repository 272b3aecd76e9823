"""Whatever payers send, in whatever order, and whatever patients pay meanwhile: every sum of the ledger holds."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q, Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from billing.actions.adjusting import write_off
from billing.actions.claims import submit_claims
from billing.actions.payments import reverse_payment, take_payment
from billing.actions.posting import post_remittance
from billing.actions.remittances import set_aside, take_in_remittances
from billing.actions.taking_back import take_back
from billing.choices import (
    ADJUSTMENT_ACCOUNTS,
    RECEIVABLES,
    AdjustmentReason,
    ClaimState,
    LedgerAccount,
    PaymentKind,
    PaymentMethod,
    ReconciliationStatus,
    Side,
    TransactionKind,
)
from billing.models import Claim, LedgerEntry, Payment, PaymentReconciliation
from billing.queries.claim_money import owed_by, owed_by_claims
from billing.queries.ledger import from_cents
from billing.queries.ledger_findings import ledger_findings
from emr.shared.errors import Conflict, DomainError
from tests.billing.x12 import builder
from tests.factories.accounts import make_person
from tests.factories.billing import charged, create_claim, visit
from tests.factories.clinic import (
    ContactPointFactory,
    CoverageFactory,
    PatientAddressFactory,
    PatientFactory,
    PayerFactory,
)
from tests.factories.remittances import ReceivedFileFactory

ANY = st.integers(0, 1000)
#: What is said of a line, as shares of its charge in tenths: agreed, the patient's, refused, told again from a payer
#: before, and what the payer adds (it is paid more than was asked). The rest is paid.
LINE = st.tuples(*(st.integers(0, 4) for _ in range(4)), st.sampled_from([0, 0, 0, 3]))
REASONS = (("CO", "45"), ("PR", "1"), ("CO", "50"), ("OA", "23"), ("OA", "225"))
STATUSES = st.sampled_from(["1", "1", "1", "2", "4", "19", "25"])


@dataclass(frozen=True)
class Decision:
    """What a payer said of a claim, which it can take back."""

    claim: builder.Claim
    standing: bool = True

    def back(self) -> builder.Claim:
        lines = [
            builder.Line(
                -line.charge,
                [(group, reason, -cents) for group, reason, cents in line.adjustments],
                line.code,
                line.modifiers,
                line.control_number,
            )
            for line in self.claim.lines
        ]
        return builder.Claim(self.claim.number, lines, status="22")


class Payers(RuleBasedStateMachine):
    """A billing office, payers who decide, correct themselves and pay too much, and a patient who pays meanwhile."""

    @initialize()
    def open(self) -> None:
        self.savepoint = transaction.savepoint()
        self.by = make_person("biller")
        self.cash = Decimal(0)
        self.decisions: list[Decision] = []
        self.sent = 0
        payer = PayerFactory(name="Good Health Plan", payer_id="12345")
        self.patients = [PatientFactory.create(family_name="Doe") for _ in range(2)]
        for patient in self.patients:
            PatientAddressFactory(patient=patient)
            ContactPointFactory(patient=patient)
            CoverageFactory(patient=patient, payer=payer)
        CoverageFactory(patient=self.patients[1], order=2, payer=PayerFactory(name="Second Health", payer_id="2ND"))

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    @rule(who=st.integers(0, 1), lines=st.integers(1, 3), copay=st.sampled_from([0, 0, 15]))
    def bill(self, who: int, lines: int, copay: int) -> None:
        seen = visit(patient=self.patients[who])
        if copay:
            self._pay(self.patients[who], Decimal(copay), PaymentKind.COPAY, encounter=seen)
        submit_claims(by=self.by, claims=[create_claim(by=self.by, encounter=charged(self.by, seen, lines))])

    @rule(number=ANY)
    def ask_the_next(self, number: int) -> None:
        rows = list(Claim.objects.filter(state=ClaimState.READY, order=2).order_by("created_at"))
        if rows:
            submit_claims(by=self.by, claims=[rows[number % len(rows)]])

    @rule(picks=st.lists(st.tuples(ANY, STATUSES, st.lists(LINE, min_size=3, max_size=3)), min_size=1, max_size=3))
    def decide(self, picks: list[Any]) -> None:
        claims = list(Claim.objects.filter(submitted_at__isnull=False).order_by("created_at"))
        if claims:
            said = [self._said(claims[number % len(claims)], status, lines) for number, status, lines in picks]
            self._remit(said)
            self.decisions += [Decision(one) for one in said]

    @rule(number=ANY, correcting=st.booleans(), lines=st.lists(LINE, min_size=3, max_size=3))
    def take_back(self, number: int, correcting: bool, lines: list[Any]) -> None:
        standing = [place for place, one in enumerate(self.decisions) if one.standing]
        if not standing:
            return
        place = standing[number % len(standing)]
        before = self.decisions[place]
        self.decisions[place] = replace(before, standing=False)
        said = [before.back()]
        if correcting:
            claim = Claim.objects.get(number=before.claim.number)
            said.append(self._said(claim, "1", lines))
            self.decisions.append(Decision(said[1]))
        self._remit(said)

    @rule(number=ANY, posted=st.booleans())
    def undo_a_remittance(self, number: int, posted: bool) -> None:
        """Posted in error: all of it comes off, unless something was built on it; then posted again, or set aside."""
        rows = list(PaymentReconciliation.objects.filter(status=ReconciliationStatus.ACTIVE).order_by("created_at"))
        if not rows:
            return
        row = rows[number % len(rows)]
        before = LedgerEntry.objects.count()
        try:
            again = take_back(by=self.by, reconciliation=row, reason="In error")
        except Conflict:
            assert LedgerEntry.objects.count() == before
            return
        self.cash -= row.amount
        if posted:
            post_remittance(by=self.by, reconciliation=again)
            self.cash += row.amount
        else:
            set_aside(by=self.by, reconciliation=again, reason="Of another clinic")

    @rule(plb=st.integers(-500, 2000), amount=ANY)
    def pay_for_a_stranger(self, plb: int, amount: int) -> None:
        """For a claim that nobody knows, with something that the payer keeps back or adds."""
        self._remit([builder.Claim("99999999", [builder.Line(amount + 2000)])], [("WO", plb)] if plb else [])

    @rule(who=st.integers(0, 1), amount=ANY)
    def pay(self, who: int, amount: int) -> None:
        self._pay(self.patients[who], Decimal(amount + 1) / 10, PaymentKind.PAYMENT)

    @rule(number=ANY)
    def bounce(self, number: int) -> None:
        rows = list(Payment.objects.filter(reversal_of=None, reversal=None).order_by("receipt_number"))
        if rows:
            self.cash += reverse_payment(by=self.by, payment=rows[number % len(rows)], reason="It bounced").amount

    @rule(number=ANY)
    def give_up(self, number: int) -> None:
        claims = list(Claim.objects.standing().filter(submitted_at__isnull=False).order_by("created_at"))
        for claim in claims[number % len(claims) :][:1] if claims else []:
            owed = owed_by(claim)
            side, amount = (Side.PAYER, owed.insurance) if owed.insurance else (Side.PATIENT, owed.patient)
            if amount:
                reason = AdjustmentReason.CORRECTION
                write_off(by=self.by, claim=claim, side=side, amount=amount, reason_code=reason)

    def _said(self, claim: Claim, status: str, shares: list[Any]) -> builder.Claim:
        """A decision on each line; a forecast pays nothing."""
        lines = []
        for item, of_line in zip(claim.items.order_by("sequence"), shares, strict=False):
            charge = int(item.net * 100)
            cents = [charge * share // 10 for share in of_line]
            cents[:4] = [part if sum(cents[:n]) + part <= charge else 0 for n, part in enumerate(cents[:4])]
            cents[4] = -cents[4]
            if status == "25":
                cents = [0, 0, charge, 0, 0]
            reasons = [(*reason, amount) for reason, amount in zip(REASONS, cents, strict=True) if amount]
            lines.append(
                builder.Line(charge, reasons, code=item.product_or_service, control_number=item.control_number)
            )
        return builder.Claim(claim.number, lines, status=status)

    def _remit(self, said: list[builder.Claim], plb: list[tuple[str, int]] | None = None) -> None:
        """Taken in and posted, and once more, which changes nothing. Less than nothing is carried forward."""
        payment = builder.Payment(said, plb or [])
        if payment.paid < 0:
            payment = builder.Payment(said, [*payment.provider, ("FB", payment.paid)])
        self.sent += 1
        content = builder.remittance(payment).replace(b"CHECK77", b"EFT%d" % self.sent)
        (row,) = self._take_in(content)
        assert row.findings == []
        post_remittance(by=self.by, reconciliation=row)
        self.cash += from_cents(payment.paid)
        before = LedgerEntry.objects.count()
        with pytest.raises(Conflict):
            post_remittance(by=self.by, reconciliation=row)
        with pytest.raises(DomainError, match="is here already"):
            self._take_in(content)
        assert LedgerEntry.objects.count() == before

    def _take_in(self, content: bytes) -> list[PaymentReconciliation]:
        return take_in_remittances(by=self.by, file=ReceivedFileFactory(), content=io.BytesIO(content))

    def _pay(self, patient: Any, amount: Decimal, kind: PaymentKind, **more: Any) -> None:
        take_payment(by=self.by, patient=patient, kind=kind, method=PaymentMethod.CASH, amount=amount, **more)
        self.cash += amount

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
        standing = Claim.objects.standing().filter(submitted_at__isnull=False)
        # Nothing is asked for twice: who comes next is asked for what the one before left.
        assert from_cents(-sums.get(LedgerAccount.REVENUE, 0)) == sum(
            row.total for row in standing.filter(follows=None)
        )
        assert all(
            owed.insurance >= 0 and owed.patient >= 0
            for owed in owed_by_claims(standing.values_list("pk", flat=True)).values()
        )
        assert all(cents <= 0 for cents in self._asked_beyond_what_is_charged())
        self._remittances_tie()

    def _asked_beyond_what_is_charged(self) -> list[int]:
        """Cents by visit that are owed and written off, less what was charged: of nothing more than that is asked."""
        rows = LedgerEntry.objects.filter(account__in=[*RECEIVABLES, *ADJUSTMENT_ACCOUNTS, LedgerAccount.REVENUE])
        sums = rows.exclude(encounter=None).order_by().values_list("encounter").annotate(Sum("amount"))
        return [cents for _, cents in sums]

    def _remittances_tie(self) -> None:
        """What a payment brought is what was decided on claims, less what the payer kept back."""
        money = Sum("transactions__entries__amount", filter=Q(transactions__entries__account=LedgerAccount.FUNDS))
        rows = PaymentReconciliation.objects.filter(status=ReconciliationStatus.ACTIVE)
        for row in rows.annotate(funds=money):
            said = sum((one.paid for one in row.responses.all()), Decimal(0))
            kept = sum((one.amount for one in row.adjustments.all()), Decimal(0))
            assert from_cents(vars(row)["funds"] or 0) == row.amount == said - kept
            of_claims = row.transactions.filter(kind=TransactionKind.REMITTANCE)
            funds = of_claims.filter(entries__account=LedgerAccount.FUNDS).aggregate(sum=Sum("entries__amount"))["sum"]
            assert from_cents(funds or 0) == said


@pytest.mark.django_db
@pytest.mark.feature("H11", "H13", "X10", "X27")
def test_no_cent_is_lost_whatever_payers_send() -> None:
    run_state_machine_as_test(
        Payers,
        settings=settings(
            max_examples=10, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
