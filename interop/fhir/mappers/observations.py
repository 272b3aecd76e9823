"""FHIR Observation with components, and DiagnosticReport."""

from __future__ import annotations

from typing import Any

from clinic.choices import Comparator, Interpretation, ObservationCategory, ObservationStatus, ReportStatus
from clinic.models import DiagnosticReport, Observation, ObservationComponent
from emr.accounts.models import User
from interop.fhir.elements import (
    Refused,
    Resource,
    an_object,
    codes,
    coding,
    instant,
    number,
    objects,
    reference,
    shown,
    status_code,
    text,
)
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped

_VALUES = ("valueQuantity", "valueCodeableConcept", "valueString", "valueInteger", "valueBoolean", "valueDateTime")


def map_observation(resource: Resource, links: Links, by: User) -> Mapped:
    """A measurement, an answer or a result. Numbers keep the digits that were sent, units stay as they were."""
    patient_id = links.patient(reference(resource.get("subject")))
    said = coding(resource.get("code"), "code")
    moment = resource.get("effectiveDateTime") or resource.object("effectivePeriod").get("start")
    row = Observation(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        report_id=links.report((resource.entry.type, resource.entry.id), patient_id),
        status=status_code(
            resource.get("status"),
            [value for value in ObservationStatus.values if value != ObservationStatus.ENTERED_IN_ERROR],
            "status",
        ),
        category=_category(resource),
        effective_at=instant(moment, "effective"),
        issued_at=resource.optional_instant(resource.get("issued"), "issued"),
        system=said.system,
        code=said.code,
        display=said.display,
        **_value({name: resource.get(name) for name in _VALUES}, resource.get("dataAbsentReason")),
        **_interpreted(resource, resource.get("interpretation"), resource.get("referenceRange")),
    )
    parts: list[Any] = [
        _component(by, resource, row, rank, item) for rank, item in enumerate(resource.objects("component"), 1)
    ]
    return Mapped(row, patient_id, parts, "observation", ObservationComponent)


def _component(by: User, resource: Resource, row: Observation, rank: int, item: dict[str, Any]) -> ObservationComponent:
    said = coding(item.get("code"), "component.code")
    return ObservationComponent(
        created_by=by,
        patient_id=row.patient_id,
        observation=row,
        rank=rank,
        system=said.system,
        code=said.code,
        display=said.display,
        **_value({name: item.get(name) for name in _VALUES}, item.get("dataAbsentReason")),
        **_interpreted(resource, item.get("interpretation"), item.get("referenceRange")),
    )


def _category(resource: Resource) -> str:
    sent = codes(resource.get("category"), "category")
    for code in sent:
        if code in ObservationCategory.values:
            return code
    known = {"vital-sign": ObservationCategory.VITAL_SIGNS}
    for code in sent:
        if code in known:
            resource.remark(f"category “{code}” became “{known[code]}”")
            return known[code]
    resource.remark(f"category “{shown(', '.join(sent)) or 'none'}” became “{ObservationCategory.EXAM}”")
    return ObservationCategory.EXAM


def _value(sent: dict[str, Any], absent: Any) -> dict[str, Any]:
    """The columns of the one value[x] that was sent."""
    given = {name: value for name, value in sent.items() if value is not None}
    if len(given) > 1:
        raise Refused(f"it has several values: {', '.join(given)}")
    if not given:
        return {"absent_reason": coding(absent, "dataAbsentReason").code} if absent else {}
    name, value = given.popitem()
    if name == "valueQuantity":
        value = an_object(value, name)
        comparator = text(value.get("comparator"), "valueQuantity.comparator")
        if comparator and comparator not in Comparator.values:
            raise Refused(f"valueQuantity.comparator “{shown(comparator)}” is none of FHIR's codes")
        return {
            "value_quantity": number(value.get("value"), "valueQuantity.value"),
            "value_comparator": comparator,
            "value_unit": text(value.get("code") or value.get("unit"), "valueQuantity.unit"),
        }
    if name == "valueCodeableConcept":
        said = coding(value, "valueCodeableConcept")
        return {"value_system": said.system, "value_code": said.code, "value_display": said.display}
    if name == "valueInteger":
        return {"value_quantity": number(value, "valueInteger")}
    if name == "valueBoolean":
        if not isinstance(value, bool):
            raise Refused(f"{name} is neither true nor false")
        return {"value_text": "yes" if value else "no"}
    return {"value_text": text(value, name)}


def _interpreted(resource: Resource, interpretation: Any, ranges: Any) -> dict[str, Any]:
    """Interpretation and reference range; of several the first. One that we have no word for is remarked."""
    columns: dict[str, Any] = {}
    for concept in objects(interpretation, "interpretation")[:1]:
        said = coding(concept, "interpretation")
        if said.code in Interpretation.values:
            columns["interpretation"] = said.code
        else:
            resource.remark(f"interpretation “{shown(said.label)}” stands in the original only")
    for item in objects(ranges, "referenceRange")[:1]:
        columns["reference_text"] = text(item.get("text"), "referenceRange.text")
        for side in ("low", "high"):
            bound = an_object(item.get(side), f"referenceRange.{side}").get("value")
            if bound is not None:
                columns[f"reference_{side}"] = number(bound, f"referenceRange.{side}")
    return columns


def map_report(resource: Resource, links: Links, by: User) -> Mapped:
    """A report; the results that it names are tied to it."""
    patient_id = links.patient(reference(resource.get("subject")))
    said = coding(resource.get("code"), "code")
    moment = resource.get("effectiveDateTime") or resource.object("effectivePeriod").get("start")
    categories = resource.objects("category")
    row = DiagnosticReport(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        status=status_code(
            resource.get("status"),
            [value for value in ReportStatus.values if value != ReportStatus.ENTERED_IN_ERROR],
            "status",
        ),
        category=coding(categories[0], "category").code if categories else "",
        effective_at=instant(moment, "effective"),
        issued_at=resource.optional_instant(resource.get("issued"), "issued"),
        conclusion=resource.text("conclusion"),
        system=said.system,
        code=said.code,
        display=said.display,
    )
    for item in resource.objects("result"):
        key = links.key(reference(item))
        if key is not None:
            links.report_of_result[key] = ((resource.entry.type, resource.entry.id), patient_id)
    return Mapped(row, patient_id)
