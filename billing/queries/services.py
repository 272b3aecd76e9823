"""Services that can be charged: those with a fee first, then those of the code systems that the clinic has loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from billing.models import FeeScheduleItem
from billing.queries.fees import in_force
from clinic.models import Payer
from emr.codes.coding import Coding
from emr.codes.models import Concept
from emr.codes.queries.concepts import lookup, search
from emr.codes.systems import CPT, HCPCS
from emr.ui import formats

SYSTEMS = (HCPCS, CPT)


@dataclass(frozen=True)
class Service:
    """A service and what it costs on the day, if that is known."""

    coding: Coding
    fee: str = ""


def find_services(text: str, *, day: date, payer: Payer | None = None, limit: int = 10) -> list[Service]:
    """Services whose code begins with the text or whose words hold it; the payer's fees go before the clinic's."""
    found: dict[tuple[str, str], Service] = {}
    if text.strip() and _storable(text):
        for fee in _fees(day, payer).filter(Q(code__istartswith=text) | Q(display__icontains=text))[: limit * 2]:
            coding = Coding(fee.system, fee.code, fee.display)
            found.setdefault((fee.system, fee.code), Service(coding, formats.money(fee.amount)))
        for system in SYSTEMS:
            for hit in search(system, text, limit=limit, on=day):
                found.setdefault((system, hit.code), Service(hit.coding))
    return list(found.values())[:limit]


def service_of(code: str, *, day: date, payer: Payer | None = None) -> Coding | None:
    """The service of a code: as a code system that is loaded says it on that day, else as the fee schedule does."""
    typed = code.strip().upper() if _storable(code) else ""
    for system in SYSTEMS:
        concept = lookup(system, typed, on=day) if typed else None
        if concept is not None and concept.selectable:
            return Coding(system, concept.code, concept.display)
    fee = _fees(day, payer).filter(code__iexact=typed).first() if typed else None
    return Coding(fee.system, fee.code, fee.display) if fee else None


@dataclass(frozen=True)
class Priced:
    """A service and its price on the day; None where no fee schedule has one."""

    coding: Coding
    price: Decimal | None


def services_of(codes: Iterable[str], *, day: date, payer: Payer | None = None) -> dict[str, Priced]:
    """What :func:`service_of` says of each code, with its price; what isn't known is left out. Three queries."""
    wanted = set(codes)
    fees: dict[tuple[str, str], FeeScheduleItem] = {}
    for fee in _fees(day, payer).filter(code__in=wanted):
        fees.setdefault((fee.system, fee.code), fee)
    codings = {fee.code: Coding(fee.system, fee.code, fee.display) for fee in reversed(fees.values())}
    for system in reversed(SYSTEMS):
        for concept in Concept.objects.of(system).valid_on(day).filter(code__in=wanted, selectable=True):
            codings[concept.code] = Coding(system, concept.code, concept.display)
    return {code: Priced(coding, _amount(fees.get((coding.system, code)))) for code, coding in codings.items()}


def _amount(fee: FeeScheduleItem | None) -> Decimal | None:
    return fee.amount if fee else None


def _storable(text: str) -> bool:
    """Whether the database can hold the text at all: nothing that it can't is a service."""
    return "\x00" not in text


def _fees(day: date, payer: Payer | None) -> QuerySet[FeeScheduleItem]:
    return FeeScheduleItem.objects.filter(fee_schedule__in=in_force(day, payer)).order_by("fee_schedule__payer", "code")
