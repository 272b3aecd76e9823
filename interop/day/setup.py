"""What a clinic needs for a day, made from documented example data where it is missing; what is there is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django.conf import settings

from billing.actions.fees import add_fee_schedule, set_fee
from billing.models import FeeSchedule
from emr.accounts.actions.clinic import save_clinic
from emr.accounts.actions.people import add_person, save_practitioner
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Practitioner, User
from emr.shared.errors import DomainError
from interop.day.services import fees
from scheduling.actions.appointment_types import add_appointment_type
from scheduling.actions.availability import set_hours
from scheduling.choices import Weekday
from scheduling.models import AppointmentType, Schedule

#: Since when the example clinic is open; days before it are refused.
OPENED = date(2020, 1, 1)

#: Nobody's address: the domain is reserved for examples (RFC 2606).
DOMAIN = "clinic-day.example"

#: Example numbers with a right check digit; the first is CMS's own example of an NPI.
CLINIC: dict[str, Any] = {
    "name": "Example Family Clinic",
    "npi": "1234567893",
    "tax_id": "123456789",
    "tax_id_type": "EIN",
    "taxonomy_code": "261QP2300X",
    "line1": "1 Harbor Street",
    "city": "Boston",
    "state": "MA",
    "postal_code": "02108-1234",
    "phone": "617-555-0100",
    "time_zone": "America/New_York",
}
CLINICIANS = (
    {"family_name": "Okafor", "given_name": "Amara", "credentials": "MD", "npi": "1245319599"},
    {"family_name": "Silva", "given_name": "Marta", "credentials": "NP", "npi": "1003000126"},
)
OTHERS = {"front_desk": ("Robin", "Field"), "nurse": ("Jo", "Hale"), "biller": ("Sam", "Price")}
_TAXONOMY = {"MD": "207Q00000X", "NP": "363LF0000X"}
_SESSIONS = ((time(8), time(12)), (time(13), time(18)))


@dataclass(frozen=True)
class Staff:
    """Who works on the day."""

    front_desk: User
    nurse: User
    biller: User
    clinicians: list[Practitioner]


def prepare(by: User) -> tuple[Staff, AppointmentType]:
    """The clinic, its people, their hours, a kind of visit and fees; made where there is none.

    Accounts get no password, so that nobody can log in by them. Raises DomainError in a real clinic: there nobody's
    notes are signed by a program.
    """
    _refuse_real_clinic()
    if current_clinic() is None:
        save_clinic(by=by, **CLINIC)
    clinicians = _clinicians() or [_hire(by, **person) for person in CLINICIANS]
    found = {role: _somebody(by, role, *name) for role, name in OTHERS.items()}
    kind = AppointmentType.objects.filter(active=True).order_by("rank").first()
    kind = kind or add_appointment_type(by=by, name="Office visit", duration_minutes=20)
    if not FeeSchedule.objects.filter(payer=None).exists():
        _list_fees(by)
    return Staff(**found, clinicians=clinicians), kind


def _refuse_real_clinic() -> None:
    people = User.objects.filter(is_service=False).exclude(email__endswith=f"@{DOMAIN}")
    if not settings.DEMO and people.exists():
        raise DomainError(
            "People work in this database, so a day can't be played in it: it would sign notes in their names. "
            "Use a database of its own, or CHARTROOM_DEMO=1 for a sample clinic."
        )


def _clinicians() -> list[Practitioner]:
    """Those who can be booked, can sign, and have the NPI that a claim needs."""
    able = Practitioner.objects.filter(active=True, bookable=True, user__groups__name="clinician", user__is_active=True)
    return list(able.exclude(npi="").select_related("user").distinct())


def _hire(by: User, *, family_name: str, given_name: str, credentials: str, npi: str) -> Practitioner:
    user = add_person(
        by=by,
        email=f"{given_name}.{family_name}@{DOMAIN}",
        first_name=given_name,
        last_name=family_name,
        roles=["clinician"],
    )
    practitioner = save_practitioner(
        by=by,
        practitioner=Practitioner.objects.filter(npi=npi, user=None).first(),
        user=user,
        family_name=family_name,
        given_name=given_name,
        credentials=credentials,
        npi=npi,
        taxonomy_code=_TAXONOMY[credentials],
        bookable=True,
    )
    if not Schedule.objects.filter(practitioner=practitioner).exists():
        for weekday in Weekday:
            for start, end in _SESSIONS:
                set_hours(
                    by=by,
                    practitioner=practitioner,
                    weekday=weekday,
                    start_time=start,
                    end_time=end,
                    effective_from=OPENED,
                )
    return practitioner


def _somebody(by: User, role: str, first_name: str, last_name: str) -> User:
    found = User.objects.filter(groups__name=role, is_active=True).order_by("date_joined").first()
    return found or add_person(
        by=by,
        email=f"{first_name}.{last_name}@{DOMAIN}",
        first_name=first_name,
        last_name=last_name,
        roles=[role],
    )


def _list_fees(by: User) -> None:
    schedule = add_fee_schedule(by=by, name="Example fees", effective_from=OPENED)
    for fee in fees().values():
        set_fee(by=by, schedule=schedule, coding=fee.coding, amount=fee.amount)
