"""Box 24 of a claim, from its charges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from billing.cms1500.content import ndc_supplement
from billing.cms1500.electronic import Drug, Rendering
from billing.cms1500.form import PersonName, ServiceLine
from billing.models import ChargeItem, ClaimItem
from clinic.models import EncounterDiagnosis
from emr.accounts.models import Practitioner

LETTERS = "ABCDEFGHIJKL"


def line_of(item: ClaimItem, diagnoses: Sequence[EncounterDiagnosis], seen_by: Practitioner | None) -> ServiceLine:
    """One service line. Who gave it is whoever the charge names, or else whoever saw the patient."""
    charge = item.charge_item
    performer = charge.performer or seen_by
    drug = _drug(charge)
    return ServiceLine(
        service_from=item.serviced_start,
        service_to=item.serviced_end,
        place_of_service=item.place_of_service,
        emergency=charge.emergency,
        code=item.product_or_service,
        modifiers=tuple(item.modifiers),
        pointers=pointers(charge.diagnosis_ids, diagnoses),
        charge=item.net,
        units=item.quantity,
        epsdt=charge.epsdt,
        rendering_npi=performer.npi if performer else "",
        supplemental=ndc_supplement(drug.ndc, drug.unit, drug.quantity) if drug else "",
        control_number=item.control_number,
        rendering=rendering_of(performer),
        drug=drug,
    )


def rendering_of(practitioner: Practitioner | None) -> Rendering | None:
    """A practitioner as an 837P names one."""
    if practitioner is None:
        return None
    return Rendering(
        name=PersonName(
            family=practitioner.family_name, given=practitioner.given_name, credentials=practitioner.credentials
        ),
        npi=practitioner.npi,
        taxonomy=practitioner.taxonomy_code,
    )


def _drug(charge: ChargeItem) -> Drug | None:
    if not (charge.ndc and charge.ndc_unit and charge.ndc_quantity):
        return None
    return Drug(ndc=charge.ndc, quantity=charge.ndc_quantity, unit=charge.ndc_unit)


def spelled_ndc(eleven: str) -> str:
    """A drug code of eleven digits as people read it, 5-4-2."""
    return f"{eleven[:5]}-{eleven[5:9]}-{eleven[9:]}"


def diagnoses_of_claim(ranked: Iterable[EncounterDiagnosis]) -> list[EncounterDiagnosis]:
    """What box 21 says of a visit's diagnoses: those with a code, twelve at most. The others are told beside the
    claim (billing.queries.leftovers); a place left empty would shift all letters after it.
    """
    return [diagnosis for diagnosis in ranked if diagnosis.code][: len(LETTERS)]


def lettered(ranked: Iterable[EncounterDiagnosis]) -> list[tuple[str, EncounterDiagnosis]]:
    """Box 21 of a visit with its letters."""
    return list(zip(LETTERS, diagnoses_of_claim(ranked), strict=False))


def pointers(diagnosis_ids: Sequence[str], ranked: Iterable[EncounterDiagnosis]) -> str:
    """Letters of box 21 for the diagnoses that a charge names. A letter is the place in the box as it stands now;
    a diagnosis that was taken off or isn't in the box has none."""
    letters = {str(diagnosis.pk): letter for letter, diagnosis in lettered(ranked)}
    return "".join(letters[key] for key in diagnosis_ids if key in letters)
