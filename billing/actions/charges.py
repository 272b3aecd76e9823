"""Charges: the services of a visit, with what they cost and which diagnoses they answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils import timezone

from billing.choices import ChargeItemStatus, ClaimStatus
from billing.models import ChargeItem, Claim
from billing.queries.fees import fee_of
from clinic.models import Encounter
from clinic.queries.coverages import coverage_on
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_zone
from emr.shared.errors import DomainError
from emr.shared.money import cents

#: The claim form takes four modifiers and four pointers a line (CMS-1500 boxes 24D and 24E).
MAX_MODIFIERS = MAX_POINTERS = 4

MODIFIER = re.compile(r"[A-Z0-9]{2}")


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
    ndc: str = "",
    ndc_quantity: Decimal | None = None,
    ndc_unit: str = "",
) -> ChargeItem:
    """Charge a service of a visit. Without a price the fee schedule in force that day gives it.

    Raises DomainError when the service has no fee, a modifier is malformed, a pointer points at no diagnosis, or the
    visit's claim is submitted.
    """
    visit = Encounter.objects.select_for_update().select_related("practitioner").get(pk=encounter.pk)
    _check_open(visit)
    day = service_date or visit.period_start.astimezone(clinic_zone()).date()
    _check_line(visit, modifiers, diagnosis_ranks, Decimal(quantity))
    price = unit_price if unit_price is not None else _price(coding, day, visit)
    return ChargeItem.objects.create(
        created_by=by,
        patient_id=visit.patient_id,
        encounter=visit,
        system=coding.system,
        code=coding.code,
        display=coding.display,
        service_date=day,
        service_date_end=service_date_end,
        place_of_service=visit.place_of_service,
        modifiers=list(modifiers),
        diagnosis_ranks=list(diagnosis_ranks),
        quantity=Decimal(quantity),
        unit_price=cents(price),
        amount=cents(price * Decimal(quantity)),
        ndc=ndc,
        ndc_quantity=ndc_quantity,
        ndc_unit=ndc_unit,
        performer=visit.practitioner,
        rank=visit.charge_items.count() + 1,
    )


@action
def void_charge(*, by: User, charge: ChargeItem, reason: str) -> ChargeItem:
    """Take a charge back: it stays on file, entered in error. Raises DomainError once its claim is submitted."""
    if not reason.strip():
        raise DomainError("Say why the charge is taken back.", field="reason")
    row = ChargeItem.objects.select_for_update().select_related("encounter").get(pk=charge.pk)
    _check_open(row.encounter)
    if row.entered_in_error_at is not None:
        return row
    row.status = ChargeItemStatus.ENTERED_IN_ERROR
    row.entered_in_error_at, row.entered_in_error_by = timezone.now(), by
    row.entered_in_error_reason = reason.strip()
    row.save(
        update_fields=[
            "status",
            "entered_in_error_at",
            "entered_in_error_by",
            "entered_in_error_reason",
            "updated_at",
        ]
    )
    return row


def _check_open(visit: Encounter) -> None:
    if Claim.objects.filter(encounter=visit, status=ClaimStatus.ACTIVE).exists():
        raise DomainError("The visit's claim is submitted, so its charges stay. Void the claim first.")


def _check_line(visit: Encounter, modifiers: Sequence[str], ranks: Sequence[int], quantity: Decimal) -> None:
    if quantity <= 0:
        raise DomainError("Units must be more than zero.", field="quantity")
    if len(modifiers) > MAX_MODIFIERS or any(not MODIFIER.fullmatch(modifier) for modifier in modifiers):
        raise DomainError("Give up to four modifiers of two characters each, for example 25.", field="modifiers")
    known = set(visit.diagnoses.filter(entered_in_error_at=None).values_list("rank", flat=True))
    absent = [rank for rank in ranks if rank not in known]
    if absent or len(ranks) > MAX_POINTERS:
        raise DomainError(
            f"The visit has {len(known)} diagnoses; point at up to four of them, by their number.",
            field="diagnosis_ranks",
        )


def _price(coding: Coding, day: date, visit: Encounter) -> Decimal:
    coverage = coverage_on(visit.patient, day)
    fee = fee_of(coding.system, coding.code, day=day, payer=coverage.payer if coverage else None)
    if fee is None:
        raise DomainError(
            f"{coding.code} has no fee on {day:%d-%b-%Y}. Give a price, or enter it in the fee schedule.",
            field="unit_price",
        )
    return fee.amount
