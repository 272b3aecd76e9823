"""A small clinic, ready for a day: staff, hours, a payer, fees, and the codes that the day needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.test import override_settings

from billing.actions.fees import add_fee_schedule, set_fee
from clinic.actions.coverages import add_payer
from clinic.models import Payer
from emr.accounts.actions.people import save_practitioner
from emr.accounts.models import Practitioner, User
from emr.codes.coding import Coding
from emr.codes.systems import HCPCS
from scheduling.actions.availability import set_hours
from scheduling.choices import Weekday
from scheduling.models import AppointmentType
from tests.emr.codes.samples import DIAGNOSES, load
from tests.factories.accounts import NPIS, ClinicFactory, make_person
from tests.factories.scheduling import AppointmentTypeFactory

ARGON = "django.contrib.auth.hashers.Argon2PasswordHasher"


@dataclass
class SmallClinic:
    """Who works in it."""

    front_desk: User
    nurse: User
    clinician: User
    biller: User
    manager: User
    practitioner: Practitioner
    visit: AppointmentType
    payer: Payer


def set_up() -> SmallClinic:
    """Make the clinic. Its zone is one in which the morning is young now, so that a visit can be booked today.

    Of the diagnoses it knows a dozen; all of them are searched in tests/emr/codes/queries/test_icd10cm.py.
    """
    # The web server of the story hashes passwords as in production.
    with transaction.atomic(), override_settings(PASSWORD_HASHERS=[ARGON]):
        ClinicFactory(time_zone=_zone_of_morning())
        staff = {
            role: make_person(role, email=f"{role}@example.org", first_name=first, last_name=last)
            for role, first, last in (
                ("front_desk", "Dana", "Ruiz"),
                ("nurse", "Ruth", "Adeyemi"),
                ("clinician", "Amara", "Okafor"),
                ("biller", "Priya", "Nair"),
                ("manager", "Lena", "Brandt"),
            )
        }
        manager = staff["manager"]
        practitioner = Practitioner.objects.get(user=staff["clinician"])
        save_practitioner(by=manager, practitioner=practitioner, npi=NPIS[1], credentials="MD", bookable=True)
        nurse = Practitioner.objects.get(user=staff["nurse"])
        save_practitioner(by=manager, practitioner=nurse, credentials="RN", bookable=False)
        for weekday in Weekday:
            set_hours(
                by=manager,
                practitioner=practitioner,
                weekday=weekday,
                start_time=time(0),
                end_time=time(23, 55),
                effective_from=date(2020, 1, 1),
            )
        visit = AppointmentTypeFactory(name="Follow-up", duration_minutes=20)
        payer = add_payer(
            by=manager,
            name="Blue Prairie Health",
            type="group",
            address_line1="9 Payer Street",
            city="Springfield",
            state="IL",
            postal_code="62701",
        )
        fees = add_fee_schedule(by=manager, name="Clinic fees", effective_from=date(2020, 1, 1))
        set_fee(
            by=manager,
            schedule=fees,
            coding=Coding(HCPCS, "T1015", "Clinic visit, all-inclusive"),
            amount=Decimal("184.00"),
        )
    load(*DIAGNOSES)
    return SmallClinic(**staff, practitioner=practitioner, visit=visit, payer=payer)


def _zone_of_morning() -> str:
    """A zone in which it is between nine and ten."""
    offset = 9 - datetime.now(UTC).hour
    offset = offset + 24 if offset < -12 else offset
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"
