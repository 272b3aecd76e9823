"""Whatever claims go through: statements ask for what the ledger says that patients owe, and change nothing of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from billing.actions.statement_content import content_of, particulars_of
from billing.choices import LedgerAccount
from billing.models import LedgerEntry, Payment
from billing.queries.account_history import account_history
from billing.queries.billing_policy import billing_policy
from billing.queries.claim_money import cents_of_claims, owed_by_patients
from billing.queries.ledger import balance_of, from_cents
from billing.queries.patient_due import due_items
from billing.queries.statements import accounts_for
from billing.queries.visit_accounts import visit_accounts
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.billing.test_claim_money_properties import Office

_THEIRS = LedgerAccount.PATIENT_RECEIVABLE


class Asking(Office):
    """The same office; after each step the statements that could be sent then are looked at."""

    @invariant()
    def asks(self) -> None:
        """The lines of a statement add up to what the ledger says that the same claims owe, less the credit."""
        if not hasattr(self, "patients"):
            return
        found, policy, day = accounts_for(self.by), billing_policy(), clinic_today()
        about = particulars_of(found, policy, day)
        for account in found:
            said = content_of(account, about, number=1, due_on=day, logo={})
            sums = cents_of_claims([key for key in said["debts"] if not key.startswith("back")], [_THEIRS])
            back = sum(item.cents for share in account.shares for item in share.items if item.called_back)
            owed = from_cents(sum(sum(lines.values()) for lines in sums.values()) + back)
            rows = [visit for whose in said["patients"] for visit in whose["visits"]]
            assert sum(_amount(row["due"]) for row in rows) == owed
            for row in rows:
                parts = ("charge", "insurance", "adjusted", "paid", "pending")
                assert sum(_amount(row[name]) for name in parts) == _amount(row["due"])
            assert owed + _amount(said["credit"]) + _amount(said["put_off"]) == account.amount > 0
            assert _amount(said["total"]) == account.amount
            assert sum(_amount(amount) for _, amount in said["aging"]) == owed

    @invariant()
    def ties(self) -> None:
        if not hasattr(self, "patients"):
            return
        for patient in self.patients:
            items = due_items([patient.pk]).get(patient.pk, [])
            owed = owed_by_patients([patient.pk]).get(patient.pk)
            # No visit of this office waits for a second payer, and none is in progress.
            on_visits = sum(item.cents for item in items if not item.called_back)
            assert from_cents(on_visits) == (owed.patient if owed else 0)
            history, balance = account_history(patient), balance_of(patient)
            assert from_cents(sum(item.cents for item in items)) == balance.due
            assert history.patient == formats.money(balance.net)
            assert history.insurance == formats.money(owed.insurance if owed else Decimal(0))
            for line in visit_accounts({item.encounter for item in items if item.encounter}).values():
                assert line.insurance_paid >= 0
            # What the patient paid on visits is what they gave, less what is left of it.
            gave = sum(Payment.objects.filter(patient=patient).values_list("amount", flat=True))
            rows = LedgerEntry.objects.filter(patient=patient, account=LedgerAccount.PATIENT_CREDIT)
            left = -sum(rows.values_list("amount", flat=True))
            visits = visit_accounts(patient.encounters.values_list("pk", flat=True)).values()
            assert from_cents(sum(line.patient_paid for line in visits) + left) == gave
            assert _amount(history.total.pending) + _amount(history.total.due) - from_cents(left) == _amount(
                history.balance
            )
            assert _amount(history.beside) == from_cents(-left)


def _amount(text: str) -> Decimal:
    return Decimal(text.replace("−", "-").replace(",", "") or 0)


@pytest.mark.django_db
@pytest.mark.feature("H14")
def test_statements_ask_for_what_the_ledger_says() -> None:
    run_state_machine_as_test(
        Asking,
        settings=settings(
            max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
