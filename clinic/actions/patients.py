"""Patients: registered once, changed with the old kept, never overwritten by a page that is out of date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from clinic.actions.coverages import add_coverage
from clinic.actions.former import add_name
from clinic.actions.related_persons import add_related_person
from clinic.actions.tasks import create_task
from clinic.actions.telecom import KINDS, normal_phone, set_contact
from clinic.choices import AddressUse, NameUse
from clinic.models import Patient, PatientAddress, PatientName
from clinic.models.patients import ADDRESS_PARTS
from clinic.models.tasks import POSSIBLE_DUPLICATE
from clinic.queries.addresses import home_of
from clinic.queries.duplicates import likely_duplicates
from clinic.rules import hidden_from
from emr.access.roles import PRIVACY_OFFICER
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.context import acting, current
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.shared.identifiers import make_mrn
from emr.shared.records import uuid7

#: Columns of the patient that a form may change. The MRN never changes.
_CHANGEABLE = frozenset(
    {
        "family_name",
        "given_name",
        "middle_name",
        "suffix",
        "prefix",
        "preferred_name",
        "pronouns",
        "birth_date",
        "gender",
        "birth_sex",
        "gender_identity",
        "sexual_orientation",
        "race",
        "ethnicity",
        "tribal_affiliation",
        "marital_status",
        "language",
        "interpreter_needed",
        "contact_preference",
        "email_reminders",
        "sms_reminders",
        "occupation",
        "industry",
        "deceased_at",
        "multiple_birth",
        "primary_care",
        "primary_care_id",
        "primary_pharmacy",
        "primary_pharmacy_id",
        "active",
        "restricted",
    }
)
#: The parts of the official name that are kept when it changes.
_NAME = ("family_name", "given_name", "middle_name", "suffix")


@action
def register_patient(
    *,
    by: User,
    given_name: str,
    family_name: str,
    birth_date: date,
    gender: str,
    address: Mapping[str, str] | None = None,
    phone: str = "",
    mobile: str = "",
    work: str = "",
    email: str = "",
    emergency_contact: Mapping[str, Any] | None = None,
    coverage: Mapping[str, Any] | None = None,
    former_family_name: str = "",
    duplicate_reason: str = "",
    request_token: UUID | None = None,
    **fields: Any,
) -> Patient:
    """Register a person and give them the next MRN.

    ``address`` has the keys of ``ADDRESS_PARTS``; ``emergency_contact`` and ``coverage`` the
    arguments of ``add_related_person`` and ``add_coverage``. A
    ``duplicate_reason``, why this is another person than the similar one on file, stands in the log. The
    ``request_token`` becomes the patient's key: the same form sent twice gives the same patient. Raises DomainError for
    a telephone number that is none, and what ``add_coverage`` raises.
    """
    _check_fields(fields)
    known = _made_before(request_token, by)
    if known is not None:
        return known
    reason = f"Registered beside a similar patient: {duplicate_reason}"[:300] if duplicate_reason else ""
    names = {"given_name": given_name, "family_name": family_name, "birth_date": birth_date, "gender": gender}
    with acting(by, reason=reason):
        patient = Patient(created_by=by, id=request_token or uuid7(), mrn=next_mrn(), **names, **fields)
        patient.save(force_insert=True)
        contacts = {"phone": phone, "mobile": mobile, "work": work, "email": email}
        _add_parts(by, patient, address, contacts, emergency_contact)
        if former_family_name:
            add_name(by=by, patient=patient, use=NameUse.OLD, family_name=former_family_name, given_name=given_name)
        if coverage:
            add_coverage(by=by, patient=patient, **coverage)
        _tell_of_hidden_twin(by, patient, [phone, mobile])
    return patient


@action
def update_patient(
    *,
    by: User,
    patient: Patient,
    version_seen: datetime,
    keep_old_name: bool = True,
    address: Mapping[str, str] | None = None,
    phone: str | None = None,
    mobile: str | None = None,
    work: str | None = None,
    email: str | None = None,
    duplicate_reason: str = "",
    **fields: Any,
) -> Patient:
    """Change a patient's demographics; what is not given stays as it is.

    ``version_seen`` is the ``updated_at`` of the row from which the form was made. A changed name is kept as a
    previous name unless ``keep_old_name`` says that it was a mistake; a changed address or number ends the one before.
    A ``duplicate_reason``, why this is another person than the one whom the change makes alike, stands in the log.
    Raises Conflict when somebody has saved in between.
    """
    _check_fields(fields)
    row = Patient.objects.select_for_update().get(pk=patient.pk)
    if row.updated_at != version_seen:
        raise Conflict(f"{row.full_name} was changed by somebody else while this page was open.")
    reason = f"Kept beside a similar patient: {duplicate_reason}"[:300] if duplicate_reason else current().reason
    with acting(by, reason=reason):
        if keep_old_name:
            _keep_name(by, row, fields)
        before = (row.family_name, row.given_name, row.birth_date)
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()
        if address is not None:
            _move(by, row, address)
        for kind, value in {"phone": phone, "mobile": mobile, "work": work, "email": email}.items():
            if value is not None:
                set_contact(by=by, patient=row, kind=kind, value=value)
        if before != (row.family_name, row.given_name, row.birth_date):
            _tell_of_hidden_twin(by, row, [phone or "", mobile or ""])
    return row


@action
def verify_demographics(*, by: User, patient: Patient) -> Patient:
    """Say that somebody has gone through the details with the patient, now. Changes nothing else."""
    row = Patient.objects.select_for_update().get(pk=patient.pk)
    row.demographics_verified_at, row.demographics_verified_by = timezone.now(), by
    row.save(update_fields=["demographics_verified_at", "demographics_verified_by", "updated_at"])
    return row


def _tell_of_hidden_twin(by: User, patient: Patient, phones: list[str]) -> None:
    """Tell the privacy officer where the new patient may be on file already, in a chart that ``by`` may not know.

    To ``by`` it must look as if nobody were there. A service, which knows of nobody, has asked for itself.
    """
    if not by.is_active:
        return
    found = likely_duplicates(
        hidden_from(by),
        given_name=patient.given_name,
        family_name=patient.family_name,
        birth_date=patient.birth_date,
        apart_from=patient.pk,
        phones=[normal_phone(phone) for phone in phones if phone],
    )
    if found:
        create_task(
            by=by,
            code=POSSIBLE_DUPLICATE,
            description="A new patient may already be on file, in a chart that is restricted. Compare the two.",
            owner_role=PRIVACY_OFFICER.name,
            about=patient,
        )


def _check_fields(fields: Mapping[str, Any]) -> None:
    unknown = sorted(set(fields) - _CHANGEABLE)
    if unknown:
        raise TypeError(f"A patient has no changeable field {', '.join(unknown)}.")


def next_mrn() -> str:
    """The next medical record number, with its check digit. A number that was taken and not used is not given again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('clinic_mrn_seq')")
        return make_mrn(cursor.fetchone()[0])


def _made_before(token: UUID | None, by: User) -> Patient | None:
    """The patient whom the same person registered by the same form."""
    return Patient.objects.filter(pk=token, created_by=by).first() if token else None


def _add_parts(
    by: User,
    patient: Patient,
    address: Mapping[str, str] | None,
    contacts: Mapping[str, str],
    emergency_contact: Mapping[str, Any] | None,
) -> None:
    if address and address.get("line1"):
        PatientAddress.objects.create(created_by=by, patient=patient, **_parts(address))
    for kind in KINDS:
        if contacts[kind]:
            set_contact(by=by, patient=patient, kind=kind, value=contacts[kind])
    if emergency_contact and emergency_contact.get("family_name"):
        _add_contact(by, patient, emergency_contact)


def _add_contact(by: User, patient: Patient, values: Mapping[str, Any]) -> None:
    """The emergency contact; a refusal names the field of the registration form."""
    try:
        add_related_person(by=by, patient=patient, **{**values, "emergency_contact": True})
    except DomainError as error:
        raise DomainError(str(error), field=f"contact_{error.field}") from error


def _keep_name(by: User, row: Patient, fields: Mapping[str, Any]) -> None:
    """The name that is about to change becomes a previous name, until today."""
    if all(fields.get(name, getattr(row, name)) == getattr(row, name) for name in _NAME):
        return
    PatientName.objects.create(
        created_by=by,
        patient=row,
        use=NameUse.OLD,
        period_end=clinic_today(),
        **{name: getattr(row, name) for name in _NAME},
    )


def _parts(address: Mapping[str, str]) -> dict[str, str]:
    return {name: address.get(name, "").strip() for name in ADDRESS_PARTS}


def _move(by: User, patient: Patient, address: Mapping[str, str]) -> None:
    """End the present home, and any that was to come, and write the new one, unless it is the present one."""
    new, today = _parts(address), clinic_today()
    present = home_of(patient)
    if present is not None and new == {name: getattr(present, name) for name in ADDRESS_PARTS}:
        return
    homes = patient.addresses.filter(use=AddressUse.HOME, entered_in_error_at=None)
    left = list(homes.filter(Q(period_end=None) | Q(period_end__gt=today)))
    for row in left:
        row.period_end = max(today, row.period_start or today)
        row.save(update_fields=["period_end", "updated_at"])
    if new["line1"]:
        PatientAddress.objects.create(created_by=by, patient=patient, period_start=today if left else None, **new)
