"""What a charge may say: checked value by value, with words for who typed it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from billing.choices import NdcUnit
from billing.queries.form_lines import diagnoses_of_claim
from clinic.models import Encounter
from emr.shared.dates import clinic_day, clinic_today
from emr.shared.errors import DomainError
from emr.shared.money import cents

#: The claim form takes four modifiers and four pointers a line (CMS-1500 boxes 24D and 24E).
MAX_MODIFIERS = MAX_POINTERS = 4
#: What box 24F has room for.
MAX_AMOUNT = Decimal(1_000_000)

MODIFIER = re.compile(r"[A-Z0-9]{2}")
#: Box 24H as an 837P can say it too: part of a child's screening and what became of it; family planning.
EPSDT = ("Y", "AV", "S2", "ST", "NU", "FP")
_PLACE = re.compile(r"\d{2}", re.ASCII)
#: Services counted in miles (HCPCS A0021 to A0999), of which CMS takes tenths.
_MILES = re.compile(r"A0\d{3}")
#: The ways in which ten digits of a drug code are grouped on its package; each grows to 5-4-2 by one zero (FDA, NDC).
_NDC_GROUPS = (5, 4, 2)


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


def check_dates(visit: Encounter, day: date, last: date | None) -> None:
    """A service is given from the visit's first day on, and not in the future."""
    begun = clinic_day(visit.period_start)
    if day > clinic_today():
        raise DomainError("The service is dated in the future.", field="service_date")
    if day < begun:
        raise DomainError(
            f"The service is dated before the visit, which began on {begun:%d-%b-%Y}.", field="service_date"
        )
    if last is not None and last < day:
        raise DomainError("The last day of the service is before its first.", field="service_date_end")
    if last is not None and last > clinic_today():
        raise DomainError("The last day of the service is in the future.", field="service_date_end")


def units_of(quantity: Decimal, code: str, *, drug: bool) -> Decimal:
    """Units as counted: whole ones, but of a drug that its NDC names and of miles."""
    if not quantity.is_finite() or quantity <= 0 or quantity >= 1000 or quantity != round(quantity, 3):
        raise DomainError("Units must be more than 0 and less than 1000.", field="quantity")
    if quantity != int(quantity) and not (drug or _MILES.fullmatch(code)):
        raise DomainError(
            f"{code} is counted in whole units. Parts are for drugs with their NDC, and for miles.", field="quantity"
        )
    return quantity


def amount_of(price: Decimal, units: Decimal) -> Decimal:
    """What the units come to."""
    if not price.is_finite() or price < 0 or price * units >= MAX_AMOUNT:
        raise DomainError("The price must be from 0 to less than a million in all.", field="unit_price")
    return cents(cents(price) * units)


def modifiers_of(modifiers: Sequence[str]) -> list[str]:
    """Modifiers as the claim spells them."""
    found = [modifier.strip().upper() for modifier in modifiers]
    good = all(MODIFIER.fullmatch(modifier) for modifier in found) and len(set(found)) == len(found)
    if len(found) > MAX_MODIFIERS or not good:
        raise DomainError(
            "Give up to four different modifiers of two characters each, for example 25.", field="modifiers"
        )
    return found


def diagnosis_ids(visit: Encounter, places: Sequence[int]) -> list[str]:
    """The keys of diagnoses by their places in box 21, from 1."""
    known = diagnoses_of_claim(visit.diagnoses.filter(entered_in_error_at=None).order_by("rank"))
    if any(not 1 <= place <= len(known) for place in places) or len(places) > MAX_POINTERS:
        raise DomainError(
            f"The visit has {len(known)} diagnoses for the claim; point at up to four of them, by their place.",
            field="diagnosis_ranks",
        )
    if len(set(places)) < len(places):
        raise DomainError("Point at each diagnosis once.", field="diagnosis_ranks")
    return [str(known[place - 1].pk) for place in places]


def drug_of(ndc: str, quantity: Decimal | None, unit: str) -> dict[str, object]:
    """The columns of a drug: all three or none."""
    if not ndc.strip() and quantity is None and not unit:
        return {"ndc": "", "ndc_quantity": None, "ndc_unit": ""}
    digits = eleven_digits(ndc)
    if quantity is None or not quantity.is_finite() or not 0 < quantity < Decimal(10**7):
        raise DomainError("Say how much of the drug was given.", field="ndc_quantity")
    if unit not in NdcUnit.values:
        raise DomainError("Choose the unit in which the drug is counted.", field="ndc_unit")
    return {"ndc": digits, "ndc_quantity": quantity, "ndc_unit": unit}


def place_of(place: str) -> str:
    """A place of service, box 24B."""
    if not _PLACE.fullmatch(place):
        raise DomainError("A place of service has two digits, for example 11.", field="place_of_service")
    return place


def epsdt_of(code: str) -> str:
    """What box 24H says of a child's screening or of family planning."""
    said = code.strip().upper()
    if said and said not in EPSDT:
        raise DomainError(f"Box 24H takes {', '.join(EPSDT[:-1])} or {EPSDT[-1]}.", field="epsdt")
    return said
