"""What a receipt says, fixed in the moment in which it is given: a reprint years later says the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from billing.choices import PATIENT_ACCOUNTS
from billing.queries.homes import tax_id_of
from billing.queries.ledger import Balance
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic
from emr.shared.identifiers import format_mrn
from emr.ui import formats

if TYPE_CHECKING:
    from billing.actions.ledger import Line
    from billing.models import Payment


def snapshot_of(payment: Payment, before: Balance, lines: Iterable[Line]) -> dict[str, Any]:
    """The receipt in words: who, when, what for, how paid, and the balance before and after, from the same lines."""
    moved = sum(line.amount for line in lines if line.account in PATIENT_ACCOUNTS)
    clinic = current_clinic() or Clinic()
    patient = payment.patient
    return {
        "clinic": [clinic.name, clinic.line1, f"{clinic.city}, {clinic.state} {clinic.postal_code}"],
        "clinic_phone": formats.phone(clinic.phone),
        "tax_id": tax_id_of(clinic) if clinic.tax_id_type == "EIN" else "",
        "patient": patient.full_name,
        "mrn": format_mrn(patient.mrn),
        "received_at": formats.instant(payment.received_at),
        "received_by": payment.received_by.get_full_name(),
        "title": _title(payment),
        "what_for": payment.get_kind_display(),
        "visit": _visit(payment),
        "method": payment.get_method_display(),
        "reference": payment.reference,
        "reason": payment.reason,
        "amount": formats.money(payment.amount),
        "balance_before": before.words,
        "balance_after": _after(before, moved).words,
    }


def _after(before: Balance, moved: int) -> Balance:
    cents = int(before.net * 100) + moved
    return Balance.of_net(cents)


def _title(payment: Payment) -> str:
    if payment.reversal_of is not None:
        return f"Reversal of receipt {payment.reversal_of.receipt_number}"
    return "Refund" if payment.amount < 0 else "Receipt"


def _visit(payment: Payment) -> str:
    if payment.appointment is not None:
        return f"{payment.appointment.type.name}, {formats.instant(payment.appointment.start_at)}"
    if payment.encounter is not None:
        return f"Visit of {formats.day(payment.encounter.period_start)}"
    return ""
