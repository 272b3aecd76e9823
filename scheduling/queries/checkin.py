"""What the front desk verifies when a patient stands before it, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from clinic.models import Patient
from clinic.queries.coverages import coverage_on, period_words
from clinic.queries.related_persons import emergency_contacts_of
from emr.ui import formats
from scheduling.models import Appointment


@dataclass(frozen=True)
class Missing:
    """Something that is not on file: what, and where to enter it."""

    text: str
    url: str | None


@dataclass(frozen=True)
class CheckIn:
    """The summary to read back to the patient."""

    address: str
    phone: str
    email: str
    emergency_contact: str
    payer: str
    member_id: str
    period: str
    copay: str
    missing: list[Missing]


def check_in_page(row: Appointment) -> CheckIn:
    """The summary for an appointment, in four queries."""
    patient = row.patient
    address = patient.addresses.filter(period_end=None, entered_in_error_at=None).first()
    contacts = list(patient.telecom.filter(period_end=None, entered_in_error_at=None))
    kin = next(iter(emergency_contacts_of(patient)), None)
    coverage = coverage_on(patient, timezone.localtime(row.start_at).date())
    phone = next((one.value for one in contacts if one.system == "phone"), "")
    page = CheckIn(
        address=str(address or ""),
        phone=formats.phone(phone),
        email=next((one.value for one in contacts if one.system == "email"), ""),
        emergency_contact=f"{kin} ({kin.relationship}) {formats.phone(kin.phone)}".strip() if kin else "",
        payer=coverage.payer.name if coverage else "",
        member_id=coverage.subscriber_id if coverage else "",
        period=period_words(coverage) if coverage else "",
        copay=_copay(row, coverage.copay if coverage else None),
        missing=[],
    )
    page.missing.extend(_missing(patient, page))
    return page


def _copay(row: Appointment, amount: object) -> str:
    if not row.type.takes_copay:
        return "None for this type of visit"
    return f"${formats.money(amount)}" if amount is not None else ""  # type: ignore[arg-type]  # a Decimal or None


def _missing(patient: Patient, page: CheckIn) -> list[Missing]:
    edit, insure = _url("clinic:patients_edit", patient), _url("clinic:coverages_add", patient)
    found = [
        Missing(text, edit)
        for text, value in [
            ("Address", page.address),
            ("Telephone number", page.phone),
            ("Emergency contact", page.emergency_contact),
            ("Sex", "" if patient.gender == "unknown" else patient.gender),
        ]
        if not value
    ]
    if not page.payer:
        found.append(Missing("Insurance in force on the day of the visit", insure))
    elif not page.copay:
        found.append(Missing("Copay of the policy", _url("clinic:coverages_list", patient)))
    return found


def _url(name: str, patient: Patient) -> str | None:
    try:
        return reverse(name, args=[patient.pk])
    except NoReverseMatch:
        return None
