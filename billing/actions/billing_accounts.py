"""What is particular in asking one patient for money: statements held, and what went to a collections agency."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from billing.actions.ledger import lock_patient
from billing.models import BillingAccount
from billing.queries.ledger import balance_of
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError


@action
def hold_statements(*, by: User, patient: Patient, reason: str) -> BillingAccount:
    """Send a patient no statements until that is taken back. Raises DomainError without a reason."""
    if not reason.strip():
        raise DomainError("Say why no statements are sent.", field="reason")
    return _set(by, patient, statements_held=True, statements_held_reason=reason.strip())


@action
def release_statements(*, by: User, patient: Patient) -> BillingAccount:
    """Send a patient statements again; nothing where none were held."""
    return _set(by, patient, statements_held=False, statements_held_reason="")


@action
def send_to_collections(*, by: User, patient: Patient, agency: str) -> BillingAccount:
    """Give a patient's account to a collections agency: from then on the clinic sends no statements.

    Raises DomainError without the agency and where nothing is due, Conflict where one has it already.
    """
    if not agency.strip():
        raise DomainError("Say which agency asks for it, and why.", field="reason")
    lock_patient(patient)
    if balance_of(patient).net <= 0:
        raise DomainError("This patient owes nothing that an agency could ask for.", field="reason")
    row = BillingAccount.objects.particular().filter(patient=patient).first()
    if row is not None and row.collections_at is not None:
        raise Conflict(f"{row.collections_agency} has this account already.")
    return _set(by, patient, collections_at=timezone.now(), collections_by=by, collections_agency=agency.strip())


@action
def take_from_collections(*, by: User, patient: Patient) -> BillingAccount:
    """Take an account back from its agency; nothing where none has it."""
    return _set(by, patient, collections_at=None, collections_by=None, collections_agency="")


def _set(by: User, patient: Patient, **values: Any) -> BillingAccount:
    lock_patient(patient)
    row = BillingAccount.objects.particular().filter(patient=patient).first()
    row = row or BillingAccount.objects.filter(patient=patient).first()
    if row is None:
        return BillingAccount.objects.create(created_by=by, patient=patient, **values)
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*values, "updated_at"])
    return row
