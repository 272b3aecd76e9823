"""Charging the vaccines of a visit in one step."""

from __future__ import annotations

from billing.actions.charges import add_charge, check_open
from billing.actions.ledger import lock_patients
from billing.models import ChargeItem
from billing.queries.form_lines import diagnoses_of_claim
from billing.queries.vaccine_charges import ndc_of, vaccine_proposals
from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError

#: ICD-10-CM: encounter for immunization.
_FOR_VACCINE = "Z23"


@action
def charge_vaccines(*, by: User, encounter: Encounter) -> list[ChargeItem]:
    """Charge what is proposed for the visit's vaccines; asked twice, once. Those in whose way something stands wait.

    Each line answers the visit's diagnosis Z23, else its first. Raises DomainError where nothing can be charged.
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
    return [
        add_charge(
            by=by,
            encounter=visit,
            coding=line.service.coding,
            unit_price=line.service.price,
            service_date=proposal.immunization.occurrence_date,
            diagnosis_ranks=_pointer(visit),
            performer=visit.practitioner,
            immunization=proposal.immunization,
            **(ndc_of(proposal.immunization) if line.product else {}),
        )
        for proposal in proposals
        for line in proposal.lines
    ]


def _pointer(visit: Encounter) -> list[int]:
    codes = [row.code for row in diagnoses_of_claim(visit.diagnoses.filter(entered_in_error_at=None).order_by("rank"))]
    if _FOR_VACCINE in codes:
        return [codes.index(_FOR_VACCINE) + 1]
    return [1] if codes else []
