"""Charges: the services of a visit, with what they cost and which diagnoses they answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from billing.actions import charge_values as values
from billing.actions.drafts import follow_charges
from billing.actions.ledger import lock_patients
from billing.choices import ChargeItemStatus, ClaimStatus
from billing.models import ChargeItem, Claim
from billing.queries.fees import fee_of
from clinic.choices import EncounterStatus
from clinic.models import Encounter, Immunization
from clinic.queries.coverages import first_coverage_on
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_day
from emr.shared.errors import DomainError
from emr.shared.money import cents

_NO_VISIT = {EncounterStatus.CANCELLED, EncounterStatus.ENTERED_IN_ERROR}
_VOIDED = ("status", "entered_in_error_at", "entered_in_error_by", "entered_in_error_reason", "updated_at")


@action
def add_charge(
    *,
    by: User,
    encounter: Encounter,
    coding: Coding,
    quantity: Decimal | int = 1,
    modifiers: Sequence[str] = (),
    diagnosis_ranks: Sequence[int] = (1,),
    unit_price: Decimal | None = None,
    service_date: date | None = None,
    service_date_end: date | None = None,
    place_of_service: str = "",
    ndc: str = "",
    ndc_quantity: Decimal | None = None,
    ndc_unit: str = "",
    emergency: bool = False,
    epsdt: str = "",
    performer: Practitioner | None = None,
    immunization: Immunization | None = None,
    request_token: UUID | None = None,
) -> ChargeItem:
    """Charge a service of a visit. Without a price the fee schedule in force that day gives it.

    ``diagnosis_ranks`` are places in box 21, the visit's coded diagnoses in their order, from 1. Place and performer
    are the visit's unless they are given. The same ``request_token`` again gives the line that is there. A draft claim
    of the visit follows. Raises DomainError when the service has no fee, something is malformed, a pointer points at
    no diagnosis, or the visit's claim is submitted.
    """
    visit = _locked(encounter)
    there = ChargeItem.objects.filter(encounter=visit, request_token=request_token).first() if request_token else None
    if there is not None:
        return there
    check_open(visit)
    drug = values.drug_of(ndc, ndc_quantity, ndc_unit)
    units = values.units_of(Decimal(quantity), coding.code, drug=bool(drug["ndc"]))
    day = service_date or clinic_day(visit.period_start)
    values.check_dates(visit, day, service_date_end)
    price = unit_price if unit_price is not None else _price(coding, day, visit)
    charge = ChargeItem.objects.create(
        created_by=by,
        patient_id=visit.patient_id,
        encounter=visit,
        system=coding.system,
        code=coding.code,
        display=coding.display,
        service_date=day,
        service_date_end=service_date_end,
        place_of_service=values.place_of(place_of_service or visit.place_of_service),
        modifiers=values.modifiers_of(modifiers),
        diagnosis_ids=values.diagnosis_ids(visit, diagnosis_ranks),
        quantity=units,
        unit_price=cents(price),
        amount=values.amount_of(price, units),
        emergency=emergency,
        epsdt=values.epsdt_of(epsdt),
        performer=performer or visit.practitioner,
        immunization=immunization,
        rank=visit.charge_items.count() + 1,
        request_token=request_token,
        **drug,
    )
    follow_charges(by, visit)
    return charge


@action
def correct_charge(*, by: User, charge: ChargeItem, request_token: UUID | None = None, **said: Any) -> ChargeItem:
    """Write a charge anew: the old line stays on file, entered in error, and the new one stands in its place, kept off
    the claim as that was.

    ``said`` is what :func:`add_charge` takes. Raises DomainError as that does, and for a line that was taken back.
    """
    visit = _locked(charge.encounter)
    made = ChargeItem.objects.filter(encounter=visit, request_token=request_token).first() if request_token else None
    if made is not None:
        return made
    row = ChargeItem.objects.select_for_update(of=("self",)).get(pk=charge.pk)
    if row.entered_in_error_at is not None:
        raise DomainError("This line was taken back meanwhile. Enter the service anew.")
    check_open(visit)
    kept_off = row.status == ChargeItemStatus.NOT_BILLABLE
    _void(by, row, "Corrected")
    made = add_charge(by=by, encounter=visit, immunization=row.immunization, request_token=request_token, **said)
    if made.service_date == row.service_date:
        made.rank = row.rank
    if kept_off:
        made.status = ChargeItemStatus.NOT_BILLABLE
    made.save(update_fields=["rank", "status", "updated_at"])
    follow_charges(by, visit)
    return made


@action
def void_charge(*, by: User, charge: ChargeItem, reason: str) -> ChargeItem:
    """Take a charge back: it stays on file, entered in error, and a draft claim of the visit goes without it.

    Raises DomainError without a reason, and once the visit's claim is submitted.
    """
    if not reason.strip():
        raise DomainError("Say why the charge is taken back.", field="reason")
    visit = _locked(charge.encounter)
    row = ChargeItem.objects.select_for_update(of=("self",)).get(pk=charge.pk)
    if row.entered_in_error_at is not None:
        return row
    check_open(visit)
    _void(by, row, reason.strip()[:300])
    follow_charges(by, visit)
    return row


@action
def move_charge(*, by: User, charge: ChargeItem, up: bool) -> None:
    """Put a line before or after its neighbour of the same day; the first and the last stay where they are."""
    visit = _locked(charge.encounter)
    check_open(visit)
    rows = list(
        visit.charge_items.select_for_update(of=("self",))
        .filter(entered_in_error_at=None, service_date=charge.service_date)
        .order_by("rank", "created_at")
    )
    at = next((place for place, row in enumerate(rows) if row.pk == charge.pk), None)
    if at is None:
        raise DomainError("This line was taken back meanwhile.")
    to = at - 1 if up else at + 1
    if not 0 <= to < len(rows):
        return
    rows[at], rows[to] = rows[to], rows[at]
    for rank, row in enumerate(rows, 1):
        if row.rank != rank:
            row.rank = rank
            row.save(update_fields=["rank", "updated_at"])
    follow_charges(by, visit)


@action
def keep_off_claim(*, by: User, charge: ChargeItem, off: bool) -> ChargeItem:
    """Leave a service off the visit's claim, or put it back on: it is on file, but nobody is asked to pay for it."""
    visit = _locked(charge.encounter)
    row = ChargeItem.objects.select_for_update(of=("self",)).get(pk=charge.pk)
    if row.entered_in_error_at is not None:
        raise DomainError("This line was taken back meanwhile.")
    check_open(visit)
    status = ChargeItemStatus.NOT_BILLABLE if off else ChargeItemStatus.BILLABLE
    if row.status != status:
        row.status = status
        row.save(update_fields=["status", "updated_at"])
        follow_charges(by, visit)
    return row


def _locked(encounter: Encounter) -> Encounter:
    lock_patients([encounter.patient_id])
    rows = Encounter.objects.select_for_update(of=("self",)).select_related("practitioner", "patient")
    return rows.get(pk=encounter.pk)


def _void(by: User, row: ChargeItem, reason: str) -> None:
    row.status = ChargeItemStatus.ENTERED_IN_ERROR
    row.entered_in_error_at, row.entered_in_error_by = timezone.now(), by
    row.entered_in_error_reason = reason
    row.save(update_fields=_VOIDED)


def check_open(visit: Encounter) -> None:
    """Raise DomainError where nothing can be charged: no visit took place, or its claim went out."""
    check_took_place(visit)
    standing = list(Claim.objects.standing().filter(encounter=visit).defer("snapshot", "lineage"))
    sent = any(claim.status == ClaimStatus.ACTIVE for claim in standing)
    # A replacement in the making is there to say what the visit's claim should have said; one to the next payer is
    # over what went out.
    if sent and not any(claim.status == ClaimStatus.DRAFT and claim.replaces_id for claim in standing):
        raise DomainError("The visit's claim is submitted, so its charges stay. Void the claim first.")


def check_took_place(visit: Encounter) -> None:
    """Raise DomainError for a visit that was none."""
    if visit.status in _NO_VISIT or visit.entered_in_error_at is not None:
        raise DomainError(f"The visit is {visit.get_status_display().lower()}, so nothing can be charged for it.")


def _price(coding: Coding, day: date, visit: Encounter) -> Decimal:
    coverage = first_coverage_on(visit.patient, day)
    fee = fee_of(coding.system, coding.code, day=day, payer=coverage.payer if coverage else None)
    if fee is None:
        raise DomainError(
            f"{coding.code} has no fee on {day:%d-%b-%Y}. Give a price, or enter it in the fee schedule.",
            field="unit_price",
        )
    return fee.amount
