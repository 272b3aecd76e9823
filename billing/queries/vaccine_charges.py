"""The vaccines of a visit and what is charged for each: proposed until it is charged, once."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Q

from billing.choices import NdcUnit
from billing.models import ChargeItem, VaccineService
from billing.queries.services import Priced, services_of
from billing.queries.vaccine_administration import administrations, component_codes, components, further_codes
from billing.scrubber.own_rules import years
from clinic.choices import ImmunizationStatus, PayerType
from clinic.models import Encounter, Immunization, Payer
from clinic.models.immunizations import VaccineFunding
from clinic.queries.coverages import first_coverage_on
from emr.codes.models import Concept
from emr.codes.systems import CVX
from emr.codes.systems.cvx import vaccine_groups
from emr.shared.dates import clinic_day, clinic_today
from emr.ui import formats

_DATA = Path(__file__).resolve().parent.parent / "data"
_OWN_STOCK = ("", VaccineFunding.NOT_ELIGIBLE)
FREE = "The vaccine is publicly funded: giving it is charged, the vaccine isn't."


@dataclass(frozen=True)
class Proposed:
    """A service that is to be charged for a vaccine; the ``product`` brings the drug's NDC along."""

    service: Priced
    product: bool
    quantity: int = 1

    @property
    def amount(self) -> Decimal:
        """What the units come to; only what has a price is proposed."""
        return (self.service.price or Decimal(0)) * self.quantity


@dataclass(frozen=True)
class Proposal:
    """A vaccine that isn't charged, or not wholly. ``problems`` say what stands in the way."""

    immunization: Immunization
    lines: list[Proposed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remark: str = ""


@cache
def medicare_administration() -> Mapping[str, str]:
    """The service by which Medicare pays for giving a vaccine of a group (CMS, HCPCS Level II, public)."""
    with (_DATA / "medicare_vaccine_administration.csv").open(encoding="utf-8", newline="") as lines:
        return {row["group"]: row["code"] for row in csv.DictReader(lines)}


@dataclass(frozen=True)
class VaccineRow:
    """The services of a vaccine in words, with what its product and its first administration cost today."""

    service: VaccineService
    vaccine: str
    product: str
    administration: str


def vaccine_rows() -> list[VaccineRow]:
    """All vaccines that the clinic has services for. Five queries."""
    services = list(VaccineService.objects.all())
    names = dict(Concept.objects.of(CVX).filter(code__in=[row.cvx for row in services]).values_list("code", "display"))
    codes = {code for row in services for code in (row.product_code, row.administration_code) if code}
    priced = services_of(codes, day=clinic_today())

    def words(code: str) -> str:
        known = priced.get(code)
        if known is None:
            return "not known" if code else ""
        return formats.money(known.price) if known.price is not None else "no fee"

    return [
        VaccineRow(row, names.get(row.cvx, ""), words(row.product_code), words(row.administration_code))
        for row in services
    ]


def shots_of(visit: Encounter, day: date) -> list[Immunization]:
    """The vaccines given here at a visit; one that was recorded without a visit belongs to the visit of its day."""
    given = Q(encounter=visit) | Q(encounter=None, occurrence_date=day)
    return list(
        Immunization.objects.filter(
            given,
            patient=visit.patient_id,
            status=ImmunizationStatus.COMPLETED,
            primary_source=True,
            entered_in_error_at=None,
        ).order_by("created_at", "pk")
    )


def given_at(visits: Iterable[Encounter]) -> dict[UUID, int]:
    """How many vaccines :func:`shots_of` finds at each of these visits. One query."""
    rows = list(visits)
    shots = Immunization.objects.filter(
        Q(encounter__in=rows) | Q(encounter=None, patient__in={visit.patient_id for visit in rows}),
        status=ImmunizationStatus.COMPLETED,
        primary_source=True,
        entered_in_error_at=None,
    ).values_list("encounter", "patient", "occurrence_date")
    found = Counter((visit or patient, None if visit else day) for visit, patient, day in shots)
    return {visit.pk: found[visit.pk, None] + found[visit.patient_id, clinic_day(visit.period_start)] for visit in rows}


def vaccine_proposals(visit: Encounter) -> list[Proposal]:
    """The vaccines of a visit that aren't charged yet. At most nine queries, however many vaccines."""
    day = clinic_day(visit.period_start)
    shots = shots_of(visit, day)
    if not shots:
        return []
    coverage = first_coverage_on(visit.patient, day)
    payer = coverage.payer if coverage else None
    known = VaccineService.objects.in_bulk({shot.code for shot in shots}, field_name="cvx")
    age = years(visit.patient.birth_date, day)
    wanted = dict(zip((shot.pk for shot in shots), _wanted(shots, known, payer, age), strict=True))
    priced = services_of({one.code for all_ in wanted.values() for one in all_}, day=day, payer=payer)
    charged = _charged(shots, wanted)
    found = [_proposal(shot, wanted[shot.pk], priced, charged, shot.code in known) for shot in shots]
    return [proposal for proposal in found if proposal.lines or proposal.problems]


@dataclass(frozen=True)
class _Wanted:
    """A code that a vaccine is charged by: what it is for, and how many units of it."""

    kind: str
    code: str
    units: int = 1


_PRODUCT, _GIVING, _COMPONENT = "product", "giving", "component"


def _wanted(
    shots: Iterable[Immunization], known: Mapping[str, VaccineService], payer: Payer | None, age: int
) -> Iterable[list[_Wanted]]:
    """For each vaccine its product and its administration: one first of a visit, each other after it. Medicare's own
    codes, and those of which no rule is known, count for themselves.
    """
    medicare = payer is not None and payer.type == PayerType.MEDICARE
    earlier = False
    for shot in shots:
        service, found = known.get(shot.code), []
        if service is not None and service.product_code and shot.funding in _OWN_STOCK:
            found.append(_Wanted(_PRODUCT, service.product_code))
        public = [medicare_administration().get(group) for group in vaccine_groups().get(shot.code, ())]
        giving = next(filter(None, public), "") if medicare else ""
        if not giving and service is not None and service.administration_code:
            giving, counted = _giving(service, shot, age, earlier=earlier)
            earlier = earlier or counted
        if giving:
            found.append(_Wanted(_GIVING, giving))
        rule = administrations().get(giving)
        parts = components().get(shot.code, 1) - 1
        if rule is not None and rule.component and parts:
            found.append(_Wanted(_COMPONENT, rule.component, parts))
        yield found


def _giving(service: VaccineService, shot: Immunization, age: int, *, earlier: bool) -> tuple[str, bool]:
    """By which code giving a vaccine is charged, and whether it counts as given before the next one."""
    rules, set_code = administrations(), service.administration_code
    first = rules[set_code].at(age, shot.route) if set_code in rules else set_code
    own, rule = (service.further_code if first == set_code else ""), rules.get(first)
    if rule is None:
        return (own if earlier and own else first), bool(own)
    further = "" if rule.component else own or rule.further
    return (further if earlier and further else first), True


def _charged(shots: Iterable[Immunization], wanted: Mapping[UUID, Iterable[_Wanted]]) -> set[tuple[UUID | None, str]]:
    """Of which vaccines the product, the administration and its parts are charged. A product names its drug, or is the
    service that the clinic has for it. What is counted in units speaks for as many vaccines.
    """
    products = set(VaccineService.objects.exclude(product_code="").values_list("product_code", flat=True))
    rows = ChargeItem.objects.filter(immunization__in=[shot.pk for shot in shots], entered_in_error_at=None)
    found: set[tuple[UUID | None, str]] = set()
    spare: Counter[str] = Counter()
    for key, ndc, code, units in rows.values_list("immunization_id", "ndc", "code", "quantity"):
        kind = _PRODUCT if ndc or code in products else _COMPONENT if code in component_codes() else _GIVING
        found.add((key, kind))
        if code in further_codes():
            spare[code] += int(units) - 1
    for key, codes in wanted.items():
        for one in codes:
            if one.kind == _GIVING and (key, _GIVING) not in found and spare[one.code] > 0:
                spare[one.code] -= 1
                found.add((key, _GIVING))
    return found


def _proposal(
    shot: Immunization,
    wanted: Iterable[_Wanted],
    priced: Mapping[str, Priced],
    charged: set[tuple[UUID | None, str]],
    known: bool,
) -> Proposal:
    free = shot.funding not in _OWN_STOCK
    lines, problems = [], []
    for one in wanted:
        if (shot.pk, one.kind) in charged:
            continue
        service = priced.get(one.code)
        if service is None:
            problems.append(f"{one.code} is neither in the loaded codes nor in the fees.")
        elif service.price is None:
            problems.append(f"{one.code} has no fee.")
        else:
            lines.append(Proposed(service, one.kind == _PRODUCT, one.units))
    if not known and not free and (shot.pk, _PRODUCT) not in charged:
        problems.append(f"The clinic has no service for vaccine {shot.code or shot.display}.")
    elif (shot.pk, _GIVING) not in charged and all(one.kind != _GIVING for one in wanted):
        problems.append("The clinic has no service for giving this vaccine.")
    return Proposal(shot, lines, problems, FREE if free else "")


def ndc_of(shot: Immunization) -> dict[str, Any]:
    """The drug of a vaccine as a charge says it: the dose where it was measured in millilitres, else one unit."""
    if not shot.ndc:
        return {}
    measured = shot.dose_quantity is not None and shot.dose_unit.strip().lower() == "ml"
    unit = NdcUnit.MILLILITRE if measured else NdcUnit.UNIT
    return {"ndc": shot.ndc, "ndc_quantity": shot.dose_quantity if measured else 1, "ndc_unit": unit}
