"""The vaccines of a visit and what is charged for each: proposed until it is charged, once."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import Q

from billing.choices import NdcUnit
from billing.models import ChargeItem, VaccineService
from billing.queries.services import Priced, services_of
from clinic.choices import ImmunizationStatus, PayerType
from clinic.models import Encounter, Immunization, Payer
from clinic.models.immunizations import VaccineFunding
from clinic.queries.coverages import coverage_on
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


def vaccine_proposals(visit: Encounter) -> list[Proposal]:
    """The vaccines of a visit that aren't charged yet. At most nine queries, however many vaccines."""
    day = clinic_day(visit.period_start)
    shots = shots_of(visit, day)
    if not shots:
        return []
    coverage = coverage_on(visit.patient, day)
    payer = coverage.payer if coverage else None
    known = VaccineService.objects.in_bulk({shot.code for shot in shots}, field_name="cvx")
    wanted = {shot.pk: codes for shot, codes in zip(shots, _codes(shots, known, payer), strict=True)}
    priced = services_of((code for codes in wanted.values() for code in codes if code), day=day, payer=payer)
    charged = _charged(shots)
    found = [_proposal(shot, wanted[shot.pk], priced, charged, shot.code in known) for shot in shots]
    return [proposal for proposal in found if proposal.lines or proposal.problems]


def _codes(
    shots: Iterable[Immunization], known: Mapping[str, VaccineService], payer: Payer | None
) -> Iterable[tuple[str, str]]:
    """For each vaccine its product and its administration. Medicare's own codes don't count the vaccines."""
    medicare = payer is not None and payer.type == PayerType.MEDICARE
    earlier = 0
    for shot in shots:
        service = known.get(shot.code)
        public = [medicare_administration().get(group) for group in vaccine_groups().get(shot.code, ())]
        giving = next(filter(None, public), "") if medicare else ""
        if not giving and service is not None:
            giving = (earlier and service.further_code) or service.administration_code
            earlier += 1
        own = shot.funding in _OWN_STOCK
        yield (service.product_code if service is not None and own else "", giving)


def _charged(shots: Iterable[Immunization]) -> set[tuple[object, bool]]:
    """Of which vaccines the product (True) and the administration (False) are charged. A product names its drug, or is
    the service that the clinic has for it.
    """
    products = set(VaccineService.objects.exclude(product_code="").values_list("product_code", flat=True))
    rows = ChargeItem.objects.filter(immunization__in=[shot.pk for shot in shots], entered_in_error_at=None)
    return {
        (key, bool(ndc) or code in products) for key, ndc, code in rows.values_list("immunization_id", "ndc", "code")
    }


def _proposal(
    shot: Immunization,
    codes: tuple[str, str],
    priced: Mapping[str, Priced],
    charged: set[tuple[object, bool]],
    known: bool,
) -> Proposal:
    product, giving = codes
    free = shot.funding not in _OWN_STOCK
    lines, problems = [], []
    for code, is_product in ((product, True), (giving, False)):
        if not code or (shot.pk, is_product) in charged:
            continue
        service = priced.get(code)
        if service is None:
            problems.append(f"{code} is neither in the loaded codes nor in the fees.")
        elif service.price is None:
            problems.append(f"{code} has no fee.")
        else:
            lines.append(Proposed(service, is_product))
    if not known and not free and (shot.pk, True) not in charged:
        problems.append(f"The clinic has no service for vaccine {shot.code or shot.display}.")
    elif not giving and (shot.pk, False) not in charged:
        problems.append("The clinic has no service for giving this vaccine.")
    return Proposal(shot, lines, problems, FREE if free else "")


def ndc_of(shot: Immunization) -> dict[str, Any]:
    """The drug of a vaccine as a charge says it: the dose where it was measured in millilitres, else one unit."""
    if not shot.ndc:
        return {}
    measured = shot.dose_quantity is not None and shot.dose_unit.strip().lower() == "ml"
    unit = NdcUnit.MILLILITRE if measured else NdcUnit.UNIT
    return {"ndc": shot.ndc, "ndc_quantity": shot.dose_quantity if measured else 1, "ndc_unit": unit}
