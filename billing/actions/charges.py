"""Charges: the services of a visit, with what they cost and which diagnoses they answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from billing.actions.drafts import follow_charges
from billing.choices import ChargeItemStatus, ClaimStatus, NdcUnit
from billing.models import ChargeItem, Claim
from billing.queries.fees import fee_of
from clinic.choices import EncounterStatus
from clinic.models import Encounter
from clinic.queries.coverages import coverage_on
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today, clinic_zone
from emr.shared.errors import DomainError
from emr.shared.money import cents

#: The claim form takes four modifiers and four pointers a line (CMS-1500 boxes 24D and 24E).
MAX_MODIFIERS = MAX_POINTERS = 4
#: What box 24F has room for.
MAX_AMOUNT = Decimal(1_000_000)

MODIFIER = re.compile(r"[A-Z0-9]{2}")
_NO_VISIT = {EncounterStatus.CANCELLED, EncounterStatus.ENTERED_IN_ERROR}
#: The ways in which ten digits of a drug code are grouped on its package; each grows to 5-4-2 by one zero (FDA, NDC).
_NDC_GROUPS = (5, 4, 2)


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
    request_token: UUID | None = None,
) -> ChargeItem:
    """Charge a service of a visit. Without a price the fee schedule in force that day gives it.

    ``diagnosis_ranks`` are places in the visit's list of diagnoses, from 1. The same ``request_token`` again gives the
    line that is there. A draft claim of the visit follows. Raises DomainError when the service has no fee, something
    is malformed, a pointer points at no diagnosis, or the visit's claim is submitted.
    """
    visit = (
        Encounter.objects.select_for_update(of=("self",)).select_related("practitioner", "patient").get(pk=encounter.pk)
    )
    there = ChargeItem.objects.filter(encounter=visit, request_token=request_token).first() if request_token else None
    if there is not None:
        return there
    _check_open(visit)
    units = _units(Decimal(quantity))
    day = service_date or visit.period_start.astimezone(clinic_zone()).date()
    _check_dates(day, service_date_end)
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
        place_of_service=visit.place_of_service,
        modifiers=_modifiers(modifiers),
        diagnosis_ids=_diagnosis_ids(visit, diagnosis_ranks),
        quantity=units,
        unit_price=cents(price),
        amount=_amount(price, units),
        performer=visit.practitioner,
        rank=visit.charge_items.count() + 1,
        request_token=request_token,
        **_drug(ndc, ndc_quantity, ndc_unit),
    )
    follow_charges(by, visit)
    return charge


@action
def void_charge(*, by: User, charge: ChargeItem, reason: str) -> ChargeItem:
    """Take a charge back: it stays on file, entered in error, and a draft claim of the visit goes without it.

    Raises DomainError without a reason, and once the visit's claim is submitted.
    """
    if not reason.strip():
        raise DomainError("Say why the charge is taken back.", field="reason")
    visit = Encounter.objects.select_for_update(of=("self",)).get(pk=charge.encounter_id)
    row = ChargeItem.objects.select_for_update(of=("self",)).get(pk=charge.pk)
    if row.entered_in_error_at is not None:
        return row
    _check_open(visit)
    row.status = ChargeItemStatus.ENTERED_IN_ERROR
    row.entered_in_error_at, row.entered_in_error_by = timezone.now(), by
    row.entered_in_error_reason = reason.strip()[:300]
    row.save(
        update_fields=[
            "status",
            "entered_in_error_at",
            "entered_in_error_by",
            "entered_in_error_reason",
            "updated_at",
        ]
    )
    follow_charges(by, visit)
    return row


def eleven_digits(ndc: str) -> str:
    """A drug code in the eleven digits of claims (5-4-2): ten digits in their groups get the zero that is missing.

    Raises DomainError for anything else; ten digits without hyphens don't say where the zero belongs.
    """
    groups = [part.strip() for part in ndc.strip().split("-")]
    if len(groups) == len(_NDC_GROUPS) and all(part.isdigit() for part in groups):
        digits = "".join(part.zfill(width) for part, width in zip(groups, _NDC_GROUPS, strict=True))
        if sum(map(len, groups)) in (10, 11) and len(digits) == 11:
            return digits
    if len(groups) == 1 and re.fullmatch(r"\d{11}", groups[0], re.ASCII):
        return groups[0]
    raise DomainError("Give the drug's NDC as on its package, with hyphens, or all 11 digits.", field="ndc")


def _check_open(visit: Encounter) -> None:
    if visit.status in _NO_VISIT or visit.entered_in_error_at is not None:
        raise DomainError(f"The visit is {visit.get_status_display().lower()}, so nothing can be charged for it.")
    standing = {claim.status for claim in Claim.objects.standing().filter(encounter=visit)}
    # A replacement in the making is there to say what the visit's claim should have said.
    if ClaimStatus.ACTIVE in standing and ClaimStatus.DRAFT not in standing:
        raise DomainError("The visit's claim is submitted, so its charges stay. Void the claim first.")


def _check_dates(day: date, last: date | None) -> None:
    if day > clinic_today():
        raise DomainError("The service is dated in the future.", field="service_date")
    if last is not None and last < day:
        raise DomainError("The last day of the service is before its first.", field="service_date_end")


def _units(quantity: Decimal) -> Decimal:
    if not quantity.is_finite() or quantity <= 0 or quantity >= 1000 or quantity != round(quantity, 3):
        raise DomainError("Units must be more than 0 and less than 1000.", field="quantity")
    return quantity


def _amount(price: Decimal, units: Decimal) -> Decimal:
    if not price.is_finite() or price < 0 or price * units >= MAX_AMOUNT:
        raise DomainError("The price must be from 0 to less than a million in all.", field="unit_price")
    return cents(cents(price) * units)


def _modifiers(modifiers: Sequence[str]) -> list[str]:
    found = [modifier.strip().upper() for modifier in modifiers]
    good = all(MODIFIER.fullmatch(modifier) for modifier in found) and len(set(found)) == len(found)
    if len(found) > MAX_MODIFIERS or not good:
        raise DomainError(
            "Give up to four different modifiers of two characters each, for example 25.", field="modifiers"
        )
    return found


def _diagnosis_ids(visit: Encounter, places: Sequence[int]) -> list[str]:
    known = list(visit.diagnoses.filter(entered_in_error_at=None).order_by("rank").values_list("pk", flat=True))
    if any(not 1 <= place <= len(known) for place in places) or len(places) > MAX_POINTERS:
        raise DomainError(
            f"The visit has {len(known)} diagnoses; point at up to four of them, by their place.",
            field="diagnosis_ranks",
        )
    if len(set(places)) < len(places):
        raise DomainError("Point at each diagnosis once.", field="diagnosis_ranks")
    return [str(known[place - 1]) for place in places]


def _drug(ndc: str, quantity: Decimal | None, unit: str) -> dict[str, object]:
    """The columns of a drug: all three or none."""
    if not ndc.strip() and quantity is None and not unit:
        return {"ndc": "", "ndc_quantity": None, "ndc_unit": ""}
    digits = eleven_digits(ndc)
    if quantity is None or not quantity.is_finite() or not 0 < quantity < Decimal(10**7):
        raise DomainError("Say how much of the drug was given.", field="ndc_quantity")
    if unit not in NdcUnit.values:
        raise DomainError("Choose the unit in which the drug is counted.", field="ndc_unit")
    return {"ndc": digits, "ndc_quantity": quantity, "ndc_unit": unit}


def _price(coding: Coding, day: date, visit: Encounter) -> Decimal:
    coverage = coverage_on(visit.patient, day)
    fee = fee_of(coding.system, coding.code, day=day, payer=coverage.payer if coverage else None)
    if fee is None:
        raise DomainError(
            f"{coding.code} has no fee on {day:%d-%b-%Y}. Give a price, or enter it in the fee schedule.",
            field="unit_price",
        )
    return fee.amount
