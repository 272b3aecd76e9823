"""Patients who owe, and the accounts in which they are asked for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from billing.actions.claims import create_claim
from billing.actions.ledger import bring_forward
from billing.actions.statements import make_statements, request_statements
from billing.models import Claim, StatementRun
from billing.queries.statement_accounts import StatementAccount
from billing.queries.statements import accounts_for
from clinic.models import Patient
from emr.accounts.models import User
from emr.shared.records import uuid7
from tests.factories.billing import charged, visit
from tests.factories.clinic import PatientAddressFactory, PatientFactory, RelatedPersonFactory


def owing(by: User, amount: str = "45.00", *, home: bool = True, **more: Any) -> Patient:
    """A patient with a home who owes an amount from before this ledger."""
    patient: Patient = PatientFactory.create(**more)
    if home:
        PatientAddressFactory(patient=patient)
    bring_forward(by=by, patient=patient, amount=Decimal(amount), reason="The system before")
    return patient


def payer_of(patient: Patient, **more: Any) -> None:
    """Give a patient a guarantor."""
    said = {"given_name": "Ana", "family_name": "Lopez", "birth_date": "1980-05-06", "relationship": "Mother"}
    RelatedPersonFactory(patient=patient, guarantor=True, emergency_contact=False, **{**said, **more})


def self_paid(by: User, patient: Patient, lines: int = 1) -> Claim:
    """A visit that a patient pays themselves, 50.00 and rising by a dollar each line."""
    return create_claim(by=by, encounter=charged(by, visit(patient=patient, covered=False), lines=lines))


def accounts(by: User) -> dict[Patient, StatementAccount]:
    """The accounts by the patient by whom they are filed."""
    return {account.lead: account for account in accounts_for(by)}


def sent(by: User, *chosen: StatementAccount) -> StatementRun:
    """Statements to these accounts, made at once."""
    run = request_statements(by=by, accounts=chosen, request_token=uuid7())
    patients = [share.patient.pk for account in chosen for share in account.shares]
    make_statements(by=by, run=run, patients=patients, on_progress=lambda done, total: None)
    return run
