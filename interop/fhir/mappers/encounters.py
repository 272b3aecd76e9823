"""FHIR Encounter."""

from __future__ import annotations

from uuid import UUID

from clinic.choices import EncounterClass, EncounterStatus
from clinic.models import Encounter
from emr.accounts.models import User
from interop.fhir.elements import Resource, coding, instant, reference, shown, status_code, text
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped

#: CMS place of service of a class of encounter: office, telehealth, emergency room, inpatient hospital, home.
_PLACES = {"AMB": "11", "VR": "02", "EMER": "23", "IMP": "21", "HH": "12", "FLD": "99"}


def map_encounter(resource: Resource, links: Links, by: User) -> Mapped:
    """A visit elsewhere or earlier: history, not this clinic's open work."""
    patient_id = links.patient(reference(resource.get("subject")))
    period = resource.object("period")
    start = instant(period.get("start"), "period.start")
    end = resource.optional_instant(period.get("end"), "period.end")
    if end is not None and end < start:
        resource.remark("a visit that ended before it began was kept without its end")
        end = None
    kinds = resource.objects("type")
    kind = coding(kinds[0], "type") if kinds else None
    class_code = text(resource.object("class").get("code"), "class.code")
    if class_code not in EncounterClass.values:
        resource.remark(f"class “{shown(class_code)}” became “{EncounterClass.AMBULATORY}”")
        class_code = EncounterClass.AMBULATORY
    reasons = [coding(item, "reasonCode").display for item in resource.objects("reasonCode")]
    row = Encounter(
        created_by=by,
        patient_id=patient_id,
        practitioner_id=_practitioner(resource, links),
        status=status_code(resource.get("status"), EncounterStatus.values, "status"),
        class_code=class_code,
        type_system=kind.system if kind else "",
        type_code=kind.code if kind else "",
        type_display=kind.display if kind else "",
        reason="; ".join(reasons),
        place_of_service=_PLACES[class_code],
        period_start=start,
        period_end=end,
    )
    links.patient_of_encounter[row.pk] = patient_id
    return Mapped(row, patient_id)


def _practitioner(resource: Resource, links: Links) -> UUID | None:
    for item in resource.objects("participant"):
        found = links.row(reference(item.get("individual")), "Practitioner")
        if found is not None:
            return found
    return None
