"""How to reach a patient: telephone numbers and e-mail addresses, the present ones and those before them."""

from __future__ import annotations

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
)

from clinic.choices import ContactSystem, ContactUse
from clinic.models import ContactPoint, Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError

#: The contacts that a registration form asks for: field, system, use.
KINDS: dict[str, tuple[str, str]] = {
    "phone": (ContactSystem.PHONE, ContactUse.HOME),
    "mobile": (ContactSystem.PHONE, ContactUse.MOBILE),
    "work": (ContactSystem.PHONE, ContactUse.WORK),
    "email": (ContactSystem.EMAIL, ContactUse.HOME),
}


def normal_phone(text: str, *, field: str = "phone") -> str:
    """The number in international form, ``+12175550142`` or ``+12175550142 ext. 12``; empty for empty.

    A number without a country is one of the United States. Raises DomainError for what is no telephone number. That
    it is in service is not asked: number ranges change faster than any list of them.
    """
    if not text.strip():
        return ""
    try:
        number = parse(text, "US")
    except NumberParseException as error:
        raise DomainError("Enter a telephone number with its area code, like 217-555-0142.", field=field) from error
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise DomainError("Enter a telephone number with its area code, like 217-555-0142.", field=field)
    plain = str(format_number(number, PhoneNumberFormat.E164))
    return f"{plain} ext. {number.extension}" if number.extension else plain


def set_contact(*, by: User, patient: Patient, kind: str, value: str) -> None:
    """Make ``value`` the patient's present contact of a kind of :data:`KINDS`; the one before gets an end.

    Empty ends the present one. The same value again changes nothing. Part of a larger action, which is its transaction.
    """
    system, use = KINDS[kind]
    value = value.strip() if kind == "email" else normal_phone(value, field=kind)
    present = patient.telecom.filter(system=system, use=use, period_end=None, entered_in_error_at=None)
    if [row.value for row in present] == ([value] if value else []):
        return
    for row in present:
        row.period_end = clinic_today()
        row.save(update_fields=["period_end", "updated_at"])
    if value:
        ContactPoint.objects.create(created_by=by, patient=patient, system=system, use=use, value=value)


@action
def stop_text_messages(*, by: User, number: str) -> int:
    """Remind nobody by text message any more who is reached under this number; how many patients that are."""
    reached = ContactPoint.objects.filter(value=number, period_end=None, entered_in_error_at=None)
    patients = Patient.objects.filter(pk__in=reached.values("patient_id"), sms_reminders=True).order_by("pk")
    for patient in (found := list(patients.select_for_update())):
        patient.sms_reminders = False
        patient.save(update_fields=["sms_reminders", "updated_at"])
    return len(found)
