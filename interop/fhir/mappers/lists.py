"""FHIR Condition, AllergyIntolerance, MedicationRequest, Immunization, Procedure."""

from __future__ import annotations

from typing import Any

from clinic.choices import (
    AllergyCategory,
    AllergyClinicalStatus,
    AllergyCriticality,
    AllergyType,
    ConditionCategory,
    ConditionClinicalStatus,
    ImmunizationStatus,
    MedicationStatus,
    ProcedureStatus,
    ReactionSeverity,
    VerificationStatus,
)
from clinic.models import (
    AllergyIntolerance,
    AllergyReaction,
    Condition,
    Immunization,
    MedicationStatement,
    Procedure,
)
from emr.accounts.models import User
from emr.codes.coding import Coding
from interop.fhir.elements import Refused, Resource, coding, day, instant, number, optional_day, reference, status_code
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped

#: MedicationRequest.status as MedicationStatement.status says it.
_MEDICATION_STATUS = {
    "active": MedicationStatus.ACTIVE,
    "on-hold": MedicationStatus.ON_HOLD,
    "cancelled": MedicationStatus.NOT_TAKEN,
    "completed": MedicationStatus.COMPLETED,
    "stopped": MedicationStatus.STOPPED,
    "draft": MedicationStatus.INTENDED,
    "entered-in-error": MedicationStatus.UNKNOWN,
    "unknown": MedicationStatus.UNKNOWN,
}

_PERIODS = {"h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year", "min": "minute", "s": "second"}


def _coded(said: Coding) -> dict[str, str]:
    return {"system": said.system, "code": said.code, "display": said.display}


def map_condition(resource: Resource, links: Links, by: User) -> Mapped:
    """A problem, coded as it was sent: a SNOMED code stays a SNOMED code."""
    patient_id = links.patient(reference(resource.get("subject")))
    category = _category(resource)
    row = Condition(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        category=category,
        clinical_status=status_code(
            resource.get("clinicalStatus"),
            ConditionClinicalStatus.values,
            "clinicalStatus",
            ConditionClinicalStatus.ACTIVE,
        ),
        verification_status=status_code(
            resource.get("verificationStatus"),
            [value for value in VerificationStatus.values if value != VerificationStatus.ENTERED_IN_ERROR],
            "verificationStatus",
            VerificationStatus.CONFIRMED,
        ),
        onset_date=optional_day(resource.get("onsetDateTime"), "onsetDateTime"),
        abatement_date=optional_day(resource.get("abatementDateTime"), "abatementDateTime"),
        recorded_date=optional_day(resource.get("recordedDate"), "recordedDate"),
        **_coded(coding(resource.get("code"), "code")),
    )
    if row.onset_date and row.abatement_date and row.abatement_date < row.onset_date:
        raise Refused("it ended before it began")
    return Mapped(row, patient_id)


def _category(resource: Resource) -> str:
    sent = [c.get("code") for item in resource.list("category") for c in item.get("coding", [])]
    return next((code for code in sent if code in ConditionCategory.values), ConditionCategory.PROBLEM_LIST_ITEM)


def map_allergy(resource: Resource, links: Links, by: User) -> Mapped:
    """An allergy with its reactions."""
    patient_id = links.patient(reference(resource.get("patient")))
    categories = resource.list("category")
    row = AllergyIntolerance(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        type=status_code(resource.get("type"), AllergyType.values, "type", AllergyType.ALLERGY),
        category=status_code(categories[0], AllergyCategory.values, "category") if categories else "",
        criticality=status_code(resource.get("criticality"), AllergyCriticality.values, "criticality", ""),
        clinical_status=status_code(
            resource.get("clinicalStatus"), AllergyClinicalStatus.values, "clinicalStatus", AllergyClinicalStatus.ACTIVE
        ),
        verification_status=status_code(
            resource.get("verificationStatus"),
            [VerificationStatus.UNCONFIRMED, VerificationStatus.CONFIRMED, VerificationStatus.REFUTED],
            "verificationStatus",
            VerificationStatus.CONFIRMED,
        ),
        onset_date=optional_day(resource.get("onsetDateTime"), "onsetDateTime"),
        recorded_date=optional_day(resource.get("recordedDate"), "recordedDate"),
        **_coded(coding(resource.get("code"), "code")),
    )
    if len(categories) > 1:
        resource.remark("of an allergy's several categories the first was taken")
    reactions: list[Any] = [
        AllergyReaction(
            created_by=by,
            patient_id=patient_id,
            allergy=row,
            occurrence=occurrence,
            severity=status_code(event.get("severity"), ReactionSeverity.values, "reaction.severity", ""),
            **_coded(coding(manifestation, "reaction.manifestation")),
        )
        for occurrence, event in enumerate(resource.list("reaction"), 1)
        for manifestation in event.get("manifestation", [])
    ]
    return Mapped(row, patient_id, reactions, "allergy", AllergyReaction)


def map_medication(resource: Resource, links: Links, by: User) -> Mapped:
    """A prescription becomes a line of the one medication list."""
    patient_id = links.patient(reference(resource.get("subject")))
    sent = resource.text("status")
    if sent not in _MEDICATION_STATUS:
        raise Refused(f"status “{sent}” is none of FHIR's codes")
    intent = resource.text("intent")
    if intent not in {"order", "original-order", "filler-order", "instance-order", "plan", "proposal", "reflex-order"}:
        raise Refused(f"intent “{intent}” is none of FHIR's codes")
    row = MedicationStatement(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        status=_MEDICATION_STATUS[sent],
        effective_start=optional_day(resource.get("authoredOn"), "authoredOn"),
        prescriber_id=links.row(reference(resource.get("requester"))),
        **_coded(coding(resource.get("medicationCodeableConcept"), "medicationCodeableConcept")),
        **_dosage(resource),
    )
    return Mapped(row, patient_id)


def _dosage(resource: Resource) -> dict[str, Any]:
    """The first dosage instruction: dose, frequency in words, as needed, and its text."""
    instructions = [item for item in resource.list("dosageInstruction") if isinstance(item, dict)]
    if not instructions:
        return {}
    first = instructions[0]
    if len(instructions) > 1:
        resource.remark("of several dosage instructions the first was taken")
    dose: dict[str, Any] = next(
        (item.get("doseQuantity") for item in first.get("doseAndRate", []) if item.get("doseQuantity")), {}
    )
    return {
        "as_needed": first.get("asNeededBoolean") is True,
        "frequency": _frequency(first.get("timing", {}).get("repeat", {})),
        "dosage_text": str(first.get("text", ""))[:500],
        "dose_quantity": number(dose["value"], "doseQuantity.value") if dose.get("value") is not None else None,
        "dose_unit": str(dose.get("unit", ""))[:40],
        "route": str(first.get("route", {}).get("text", ""))[:60],
    }


def _frequency(repeat: dict[str, Any]) -> str:
    """Timing in words: ``2 times a day``, ``once every 8 hours``."""
    times, period, unit = repeat.get("frequency"), repeat.get("period"), _PERIODS.get(str(repeat.get("periodUnit")))
    if not times or not period or unit is None:
        return ""
    how_often = "once" if times == 1 else f"{times} times"
    return f"{how_often} a {unit}" if period == 1 else f"{how_often} every {period} {unit}s"


def map_immunization(resource: Resource, links: Links, by: User) -> Mapped:
    """A vaccine given elsewhere: told, not given here, whatever the sender says of itself."""
    patient_id = links.patient(reference(resource.get("patient")))
    resource.get("primarySource")
    row = Immunization(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        status=status_code(
            resource.get("status"), [ImmunizationStatus.COMPLETED, ImmunizationStatus.NOT_DONE], "status"
        ),
        status_reason=coding(resource.get("statusReason"), "statusReason").display[:300]
        if resource.get("statusReason")
        else "",
        occurrence_date=day(resource.get("occurrenceDateTime"), "occurrenceDateTime"),
        primary_source=False,
        lot_number=resource.text("lotNumber")[:40],
        expiration_date=optional_day(resource.get("expirationDate"), "expirationDate"),
        **_coded(coding(resource.get("vaccineCode"), "vaccineCode")),
    )
    return Mapped(row, patient_id)


def map_procedure(resource: Resource, links: Links, by: User) -> Mapped:
    """Something that was done."""
    patient_id = links.patient(reference(resource.get("subject")))
    period = resource.object("performedPeriod")
    moment = resource.get("performedDateTime") or period.get("start")
    row = Procedure(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        status=status_code(
            resource.get("status"),
            [value for value in ProcedureStatus.values if value != ProcedureStatus.ENTERED_IN_ERROR],
            "status",
        ),
        performed_start=instant(moment, "performed") if moment else None,
        performed_end=instant(period["end"], "performedPeriod.end") if period.get("end") else None,
        **_coded(coding(resource.get("code"), "code")),
    )
    if row.performed_start and row.performed_end and row.performed_end < row.performed_start:
        raise Refused("it ended before it began")
    return Mapped(row, patient_id)
