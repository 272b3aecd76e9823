"""Charging the vaccines of a visit in one step."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from billing.actions.charges import add_charge, check_open, correct_charge
from billing.actions.ledger import lock_patients
from billing.models import ChargeItem
from billing.queries.form_lines import diagnoses_of_claim
from billing.queries.vaccine_administration import further_codes
from billing.queries.vaccine_charges import Proposal, Proposed, ndc_of, vaccine_proposals
from clinic.models import Encounter, EncounterDiagnosis
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError

#: ICD-10-CM: encounter for immunization.
_FOR_VACCINE = "Z23"
#: What somebody may have said of a line, and it goes on saying with more units.
_KEPT = (
    *("unit_price", "service_date", "service_date_end", "place_of_service", "modifiers", "performer"),
    *("emergency", "epsdt", "ndc", "ndc_quantity", "ndc_unit"),
)


@action
def charge_vaccines(*, by: User, encounter: Encounter) -> list[ChargeItem]:
    """Charge what is proposed for the visit's vaccines; asked twice, once. Those in whose way something stands wait.

    Each line answers the visit's diagnosis Z23, else its first. Vaccines after the first are units of one line. Raises
    DomainError where nothing can be charged.
    """
    lock_patients([encounter.patient_id])
    visit = (
        Encounter.objects.select_for_update(of=("self",)).select_related("practitioner", "patient").get(pk=encounter.pk)
    )
    check_open(visit)
    proposals = vaccine_proposals(visit)
    stuck = [problem for proposal in proposals for problem in proposal.problems]
    if stuck and not any(proposal.lines for proposal in proposals):
        raise DomainError(stuck[0])
    counted = Counter(_counted(proposal, line) for proposal in proposals for line in proposal.lines)
    made = []
    for proposal in proposals:
        for line in proposal.lines:
            units = line.quantity
            if line.service.coding.code in further_codes():
                units = counted.pop(_counted(proposal, line), 0)
            if units:
                made.append(_charge(by, visit, proposal, line, units))
    return made


def _counted(proposal: Proposal, line: Proposed) -> tuple[str, date]:
    return line.service.coding.code, proposal.immunization.occurrence_date


def _charge(by: User, visit: Encounter, proposal: Proposal, line: Proposed, units: int) -> ChargeItem:
    """One line; where the vaccines after the first are counted on one already, that one with more units."""
    code, day = _counted(proposal, line)
    there = visit.charge_items.filter(code=code, service_date=day, entered_in_error_at=None, immunization__isnull=False)
    before = there.first() if code in further_codes() else None
    if before is not None:
        said: dict[str, Any] = {name: getattr(before, name) for name in _KEPT}
        said |= {"quantity": before.quantity + units, "diagnosis_ranks": _places(visit, before) or _pointer(visit)}
        return correct_charge(by=by, charge=before, coding=line.service.coding, **said)
    return add_charge(
        by=by,
        encounter=visit,
        coding=line.service.coding,
        quantity=units,
        unit_price=line.service.price,
        service_date=day,
        diagnosis_ranks=_pointer(visit),
        performer=visit.practitioner,
        immunization=proposal.immunization,
        **(ndc_of(proposal.immunization) if line.product else {}),
    )


def _places(visit: Encounter, charge: ChargeItem) -> list[int]:
    """The diagnoses that a line points at, by their places in box 21 as it is now."""
    keys = [str(row.pk) for row in _box_21(visit)]
    return [keys.index(key) + 1 for key in charge.diagnosis_ids if key in keys]


def _box_21(visit: Encounter) -> list[EncounterDiagnosis]:
    return diagnoses_of_claim(visit.diagnoses.filter(entered_in_error_at=None).order_by("rank"))


def _pointer(visit: Encounter) -> list[int]:
    codes = [row.code for row in _box_21(visit)]
    if _FOR_VACCINE in codes:
        return [codes.index(_FOR_VACCINE) + 1]
    return [1] if codes else []
