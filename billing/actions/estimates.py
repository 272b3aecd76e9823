"""Good-faith estimates: given to a patient before a visit, kept as they were given (45 CFR 149.610)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from billing.actions.ledger import lock_patient
from billing.models import GoodFaithEstimate
from billing.queries.discounts import self_pay_share
from billing.queries.estimates import Expected, priced
from billing.queries.homes import address_lines, tax_id_of
from clinic.models import Patient
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic, Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.shared.identifiers import format_mrn
from emr.shared.records import uuid7
from emr.ui import formats
from scheduling.models import Appointment

#: As many as a claim has lines on its first page, twice.
MOST_SERVICES = 12


@dataclass(frozen=True, kw_only=True)
class Request:
    """What an estimate is asked for: services with their units, who is expected to give them, when, and why.

    ``apart`` names what is expected to be booked apart from it.
    """

    services: Sequence[tuple[Coding, Decimal]]
    practitioners: Sequence[Practitioner] = ()
    diagnoses: Sequence[Coding] = ()
    service_date: date | None = None
    appointment: Appointment | None = field(default=None)
    apart: str = ""


@action
def give_estimate(
    *, by: User, patient: Patient, asked: Request, request_token: UUID | None = None
) -> GoodFaithEstimate:
    """Estimate what a patient who pays themselves will be charged: the clinic's own fees of the day, less its discount.

    The same form sent twice is one estimate. Raises DomainError without a service, for one without a fee, for units
    that can't be, for a day that has passed and for a visit of somebody else; Conflict when the form was sent for
    somebody else before.
    """
    lock_patient(patient)
    known = GoodFaithEstimate.objects.filter(pk=request_token).first() if request_token else None
    if known is not None and known.patient_id != patient.pk:
        raise Conflict("This form was sent for somebody else already, and nothing was saved. Open it again.")
    if known is not None:
        return known
    _check(patient, asked)
    share = self_pay_share()
    lines = priced(asked.services, day=asked.service_date or clinic_today(), share=share)
    return GoodFaithEstimate.objects.create(
        id=request_token or uuid7(),
        created_by=by,
        number=_next_number(),
        patient=patient,
        service_date=asked.service_date,
        given_on=clinic_today(),
        total=sum((line.charge for line in lines), Decimal(0)),
        snapshot=_snapshot(by, patient, asked, lines, share),
    )


def _check(patient: Patient, asked: Request) -> None:
    if not asked.services:
        raise DomainError("Enter at least one service.", field="service_1")
    if len(asked.services) > MOST_SERVICES:
        raise DomainError(f"An estimate takes up to {MOST_SERVICES} services.")
    for _, units in asked.services:
        if not units.is_finite() or not 0 < units < 1000 or units != round(units, 3):
            raise DomainError("Units must be more than 0 and less than 1000.")
    if asked.service_date is not None and asked.service_date < clinic_today():
        raise DomainError("An estimate is for a visit that is still to come.", field="service_date")
    if asked.appointment is not None and asked.appointment.patient_id != patient.pk:
        raise DomainError("That visit is another patient's.")


def _snapshot(by: User, patient: Patient, asked: Request, lines: Sequence[Expected], share: Decimal) -> dict[str, Any]:
    """The estimate in words, fixed in the moment in which it is given."""
    clinic = current_clinic() or Clinic()
    visit = asked.appointment
    street = ", ".join(filter(None, [clinic.line1, clinic.line2]))
    return {
        "appointment": str(visit.pk) if visit else "",
        "visit": visit.type.name if visit else "",
        "clinic": [clinic.name, street, f"{clinic.city}, {clinic.state} {clinic.postal_code}"],
        "clinic_phone": formats.phone(clinic.phone),
        "clinic_npi": clinic.npi,
        "tax_id": tax_id_of(clinic),
        "patient": patient.full_name,
        "born": formats.day(patient.birth_date),
        "mrn": format_mrn(patient.mrn),
        "address": address_lines(patient),
        "service_day": formats.day_long(asked.service_date),
        "given_on": formats.day(clinic_today()),
        "given_by": by.get_full_name(),
        "practitioners": [[str(one), one.npi] for one in asked.practitioners],
        "diagnoses": [[one.code, one.display] for one in asked.diagnoses],
        "apart": asked.apart.strip(),
        "share": formats.dose(share),
        "lines": [_line(line) for line in lines],
        "fees": formats.money(sum((line.fee for line in lines), Decimal(0))),
        "discount": formats.money(sum((line.discount for line in lines), Decimal(0))),
        "total": formats.money(sum((line.charge for line in lines), Decimal(0))),
    }


def _line(line: Expected) -> dict[str, str]:
    return {
        "code": line.coding.code,
        "words": line.coding.display,
        "units": f"{line.units.normalize():f}",
        "fee": formats.money(line.fee),
        "discount": formats.money(line.discount),
        "charge": formats.money(line.charge),
    }


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('billing_estimate_seq')")
        return int(cursor.fetchone()[0])
