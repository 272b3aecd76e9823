"""FHIR Observation with components, and DiagnosticReport."""

from __future__ import annotations

from typing import Any

from clinic.choices import Comparator, Interpretation, ObservationCategory, ObservationStatus, ReportStatus
from clinic.models import DiagnosticReport, Observation, ObservationComponent
from emr.accounts.models import User
from interop.fhir.elements import Refused, Resource, coding, instant, number, reference, status_code
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
        report_id=links.report_of_result.get((resource.entry.type, resource.entry.id)),
        status=status_code(
            resource.get("status"),
            [value for value in ObservationStatus.values if value != ObservationStatus.ENTERED_IN_ERROR],
            "status",
        ),
        category=_category(resource),
        effective_at=instant(moment, "effective"),
        issued_at=instant(resource.get("issued"), "issued") if resource.get("issued") else None,
        system=said.system,
        code=said.code,
        display=said.display,
        **_value({name: resource.get(name) for name in _VALUES}, resource.get("dataAbsentReason")),
        **_interpreted(resource.get("interpretation"), resource.get("referenceRange")),
    )
    parts: list[Any] = [
        _component(by, patient_id, row, rank, item) for rank, item in enumerate(resource.list("component"), 1)
    ]
    return Mapped(row, patient_id, parts, "observation", ObservationComponent)


def _component(by: User, patient_id: Any, row: Observation, rank: int, item: dict[str, Any]) -> ObservationComponent:
    said = coding(item.get("code"), "component.code")
    return ObservationComponent(
        created_by=by,
        patient_id=patient_id,
        observation=row,
        rank=rank,
        system=said.system,
        code=said.code,
        display=said.display,
        **_value({name: item.get(name) for name in _VALUES}, item.get("dataAbsentReason")),
        **_interpreted(item.get("interpretation"), item.get("referenceRange")),
    )


def _category(resource: Resource) -> str:
    sent = [c.get("code") for item in resource.list("category") for c in item.get("coding", [])]
    for code in sent:
        if code in ObservationCategory.values:
            return str(code)
    known = {"vital-sign": ObservationCategory.VITAL_SIGNS}
    for code in sent:
        if code in known:
            resource.remark(f"category “{code}” became “{known[code]}”")
            return known[code]
    resource.remark(f"category “{', '.join(map(str, sent)) or 'none'}” became “{ObservationCategory.EXAM}”")
    return ObservationCategory.EXAM


def _value(sent: dict[str, Any], absent: Any) -> dict[str, Any]:
    """The columns of the one value[x] that was sent."""
    given = {name: value for name, value in sent.items() if value is not None}
    if len(given) > 1:
        raise Refused(f"it has several values: {', '.join(given)}")
    if not given:
        return {"absent_reason": coding(absent, "dataAbsentReason").code[:40]} if absent else {}
    name, value = given.popitem()
    if name == "valueQuantity":
        comparator = str(value.get("comparator", ""))
        if comparator and comparator not in Comparator.values:
            raise Refused(f"valueQuantity.comparator “{comparator}” is none of FHIR's codes")
        return {
            "value_quantity": number(value.get("value"), "valueQuantity.value"),
            "value_comparator": comparator,
            "value_unit": str(value.get("code") or value.get("unit") or "")[:40],
        }
    if name == "valueCodeableConcept":
        said = coding(value, "valueCodeableConcept")
        return {"value_system": said.system, "value_code": said.code, "value_display": said.display}
    if name == "valueInteger":
        return {"value_quantity": number(value, "valueInteger")}
    if name == "valueBoolean":
        return {"value_text": "yes" if value else "no"}
    return {"value_text": str(value)}


def _interpreted(interpretation: Any, ranges: Any) -> dict[str, Any]:
    """Interpretation and reference range; an interpretation that is none of ours says itself in the range's text."""
    columns: dict[str, Any] = {}
    if interpretation:
        code = coding(interpretation[0], "interpretation").code
        if code in Interpretation.values:
            columns["interpretation"] = code
    for item in (ranges or [])[:1]:
        columns["reference_text"] = str(item.get("text", ""))[:200]
        for side in ("low", "high"):
            if item.get(side, {}).get("value") is not None:
                columns[f"reference_{side}"] = number(item[side]["value"], f"referenceRange.{side}")
    return columns


def map_report(resource: Resource, links: Links, by: User) -> Mapped:
    """A report; the results that it names are tied to it."""
    patient_id = links.patient(reference(resource.get("subject")))
    said = coding(resource.get("code"), "code")
    moment = resource.get("effectiveDateTime") or resource.object("effectivePeriod").get("start")
    categories = resource.list("category")
    row = DiagnosticReport(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        status=status_code(
            resource.get("status"),
            [value for value in ReportStatus.values if value != ReportStatus.ENTERED_IN_ERROR],
            "status",
        ),
        category=coding(categories[0], "category").code[:40] if categories else "",
        effective_at=instant(moment, "effective"),
        issued_at=instant(resource.get("issued"), "issued") if resource.get("issued") else None,
        conclusion=resource.text("conclusion"),
        system=said.system,
        code=said.code,
        display=said.display,
    )
    for item in resource.list("result"):
        key = links.key(reference(item))
        if key is not None:
            links.report_of_result[key] = row.pk
    return Mapped(row, patient_id)
