"""How patients are asked for money: policy, accounts, plans, statements, estimates, appeals, rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from billing.actions.ledger import bring_forward
from billing.choices import PlanStatus
from billing.models import (
    Appeal,
    BillingAccount,
    BillingPolicy,
    ClaimRule,
    GoodFaithEstimate,
    Invoice,
    InvoiceLine,
    PaymentPlan,
    StatementRun,
)
from billing.queries.ledger import balance_of
from tests.factories.base import RecordFactory, factory
from tests.factories.clinic import PatientFactory


class BillingPolicyFactory(RecordFactory[BillingPolicy]):
    class Meta:
        model = BillingPolicy


class BillingAccountFactory(RecordFactory[BillingAccount]):
    class Meta:
        model = BillingAccount

    patient = factory.SubFactory(PatientFactory)


class PaymentPlanFactory(RecordFactory[PaymentPlan]):
    class Meta:
        model = PaymentPlan
        skip_postgeneration_save = True

    patient = factory.SubFactory(PatientFactory)
    total = Decimal(300)
    part = Decimal(50)
    first_due = date(2026, 4, 1)
    day = 1
    agreed_on = date(2026, 3, 20)

    @factory.post_generation
    def owing(self: PaymentPlan, create: bool, _given: object, **_: object) -> None:
        """Its patient owes what was agreed on; who owes something already is left alone."""
        if create and self.status in ("", PlanStatus.ACTIVE) and not balance_of(self.patient).due:
            bring_forward(by=self.created_by, patient=self.patient, amount=self.total, reason="Old system")


def statement_words() -> dict[str, Any]:
    """A statement as it is kept."""
    visit = {"day": "09-Mar-2026", "what": "Clinic visit", "charge": "50.00", "insurance": "−5.00", "due": "45.00"}
    visit |= dict.fromkeys(("seen_by", "insurance_on", "adjusted", "paid", "pending"), "")
    whose = {"name": "Maria Lopez", "mrn": "100 482 7", "visits": [visit], "owed": "45.00", "asked": "45.00"}
    return {
        "debts": [],
        "clinic": ["Riverside Clinic", "1 Main Street", "Springfield, IL 62701"],
        "phone": "(217) 555-0100",
        "logo": {},
        "addressee": ["Maria Lopez", "12 Oak Street", "Springfield, IL 62704"],
        "account": "100 482 7",
        "issued_on": "20-Mar-2026",
        "due_on": "10-Apr-2026",
        "turn": "1st statement",
        "patients": [{**whose, "credit": "", "put_off": ""}],
        "several": False,
        "insurance": ["Example Health (primary)"],
        "coming": [],
        "words": "Thank you.",
        "aging": [["0–30", "45.00"]],
        "owed": "45.00",
        "credit": "",
        "put_off": "",
        "total": "45.00",
        "pay_link": "",
    }


class RunFactory(RecordFactory[StatementRun]):
    class Meta:
        model = StatementRun


class InvoiceFactory(RecordFactory[Invoice]):
    class Meta:
        model = Invoice

    number = factory.Sequence(lambda n: 900001 + n)
    patient = factory.SubFactory(PatientFactory)
    issued_on = date(2026, 3, 20)
    due_on = date(2026, 4, 10)
    total = Decimal(45)
    snapshot = factory.LazyFunction(statement_words)


class InvoiceLineFactory(RecordFactory[InvoiceLine]):
    class Meta:
        model = InvoiceLine

    invoice = factory.SubFactory(InvoiceFactory)
    patient = factory.SelfAttribute("invoice.patient")
    amount = factory.SelfAttribute("invoice.total")


def estimated() -> dict[str, Any]:
    """What an estimate of one service says."""
    line = {"code": "G0463", "words": "Clinic visit", "units": "1", "fee": "120.00", "discount": "0.00"}
    return {
        "appointment": "",
        "visit": "Follow-up",
        "clinic": ["Elm Street Clinic", "1 Elm Street", "Springfield, IL 62701"],
        "clinic_phone": "(217) 555-0100",
        "clinic_npi": "1234567893",
        "tax_id": "12-3456789 (EIN)",
        "patient": "Maria Rossi",
        "born": "14-Mar-1962",
        "mrn": "100 482 7",
        "address": [],
        "service_day": "",
        "given_on": "20-Mar-2026",
        "given_by": "Ada Desk",
        "practitioners": [["Grace Hall, MD", "1234567893"]],
        "diagnoses": [],
        "apart": "",
        "share": "0",
        "lines": [{**line, "charge": "120.00"}],
        "fees": "120.00",
        "discount": "0.00",
        "total": "120.00",
    }


class EstimateFactory(RecordFactory[GoodFaithEstimate]):
    class Meta:
        model = GoodFaithEstimate

    number = factory.Sequence(lambda n: 900001 + n)
    patient = factory.SubFactory(PatientFactory)
    given_on = date(2026, 3, 20)
    total = Decimal(120)
    snapshot = factory.LazyFunction(estimated)


class AppealFactory(RecordFactory[Appeal]):
    class Meta:
        model = Appeal

    text = "The service was needed."


class ClaimRuleFactory(RecordFactory[ClaimRule]):
    class Meta:
        model = ClaimRule

    kind = "needs-modifier"
    codes = factory.LazyFunction(lambda: ["99213"])
    values = factory.LazyFunction(lambda: ["25"])
    message = "This payer wants modifier 25."
