"""FHIR Condition, AllergyIntolerance, MedicationRequest, Immunization, Procedure."""

from __future__ import annotations

from datetime import datetime, time
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
from emr.shared.dates import clinic_today, clinic_zone
from emr.shared.partial_dates import PartialDate
from interop.fhir.elements import (
    Refused,
    Resource,
    an_object,
    codes,
    coding,
    instant,
    number,
    objects,
    partial,
    reference,
    shown,
    status_code,
    text,
    texts,
)
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

#: Characters of a whole date: a shorter one is a year, or a year and a month.
_WHOLE = 10

_PERIODS = {"h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year", "min": "minute", "s": "second"}


def _coded(said: Coding) -> dict[str, str]:
    return {"system": said.system, "code": said.code, "display": said.display}


def _known(name: str, beside: str, said: PartialDate | None, *, ends: bool = False) -> dict[str, Any]:
    """A date and how exactly it is known, as the two columns of a row; with ``ends`` the last day that is meant."""
    if said is None:
        return {name: None}
    return {name: min(said.last, clinic_today()) if ends else said.day, beside: said.precision}


def map_condition(resource: Resource, links: Links, by: User) -> Mapped:
    """A problem, coded as it was sent: a SNOMED code stays a SNOMED code."""
    patient_id = links.patient(reference(resource.get("subject")))
    category = _category(resource)
    onset, ended = resource.partial("onsetDateTime"), resource.partial("abatementDateTime")
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
        **_known("onset_date", "onset_precision", onset),
        **_known("abatement_date", "abatement_precision", ended, ends=True),
        recorded_date=resource.optional_day("recordedDate"),
        **_coded(coding(resource.get("code"), "code")),
    )
    if row.onset_date and row.abatement_date and row.abatement_date < row.onset_date:
        raise Refused("it ended before it began")
    return Mapped(row, patient_id)


def _category(resource: Resource) -> str:
    sent = codes(resource.get("category"), "category")
    return next((code for code in sent if code in ConditionCategory.values), ConditionCategory.PROBLEM_LIST_ITEM)


def map_allergy(resource: Resource, links: Links, by: User) -> Mapped:
    """An allergy with its reactions."""
    patient_id = links.patient(reference(resource.get("patient")))
    categories = texts(resource.get("category"), "category")
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
        **_known("onset_date", "onset_precision", resource.partial("onsetDateTime")),
        recorded_date=resource.optional_day("recordedDate"),
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
        for occurrence, event in enumerate(resource.objects("reaction"), 1)
        for manifestation in objects(event.get("manifestation"), "reaction.manifestation")
    ]
    return Mapped(row, patient_id, reactions, "allergy", AllergyReaction)


def map_medication(resource: Resource, links: Links, by: User) -> Mapped:
    """A prescription becomes a line of the one medication list."""
    patient_id = links.patient(reference(resource.get("subject")))
    sent = resource.text("status")
    if sent not in _MEDICATION_STATUS:
        raise Refused(f"status “{shown(sent)}” is none of FHIR's codes")
    intent = resource.text("intent")
    if intent not in {"order", "original-order", "filler-order", "instance-order", "plan", "proposal", "reflex-order"}:
        raise Refused(f"intent “{shown(intent)}” is none of FHIR's codes")
    row = MedicationStatement(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        status=_MEDICATION_STATUS[sent],
        **_known("effective_start", "start_precision", resource.partial("authoredOn")),
        prescriber_id=links.row(reference(resource.get("requester")), "Practitioner"),
        **_coded(coding(resource.get("medicationCodeableConcept"), "medicationCodeableConcept")),
        **_dosage(resource),
    )
    return Mapped(row, patient_id)


def _dosage(resource: Resource) -> dict[str, Any]:
    """The first dosage instruction: dose, frequency in words, as needed, and its text."""
    instructions = resource.objects("dosageInstruction")
    if not instructions:
        return {}
    first = instructions[0]
    if len(instructions) > 1:
        resource.remark("of several dosage instructions the first was taken")
    rates = objects(first.get("doseAndRate"), "doseAndRate")
    dose = next((an_object(rate["doseQuantity"], "doseQuantity") for rate in rates if rate.get("doseQuantity")), {})
    repeat = an_object(an_object(first.get("timing"), "timing").get("repeat"), "timing.repeat")
    return {
        "as_needed": first.get("asNeededBoolean") is True,
        "frequency": _frequency(repeat),
        "dosage_text": text(first.get("text"), "dosageInstruction.text"),
        "dose_quantity": number(dose["value"], "doseQuantity.value") if dose.get("value") is not None else None,
        "dose_unit": text(dose.get("unit"), "doseQuantity.unit"),
        "route": text(an_object(first.get("route"), "route").get("text"), "route.text"),
    }


def _frequency(repeat: dict[str, Any]) -> str:
    """Timing in words: ``2 times a day``, ``once every 8 hours``."""
    unit = _PERIODS.get(str(repeat.get("periodUnit")))
    if not repeat.get("frequency") or not repeat.get("period") or unit is None:
        return ""
    times = number(repeat["frequency"], "timing.repeat.frequency")
    period = number(repeat["period"], "timing.repeat.period")
    how_often = "once" if times == 1 else f"{times} times"
    return f"{how_often} a {unit}" if period == 1 else f"{how_often} every {period} {unit}s"


def map_immunization(resource: Resource, links: Links, by: User) -> Mapped:
    """A vaccine given elsewhere: told, not given here, whatever the sender says of itself."""
    patient_id = links.patient(reference(resource.get("patient")))
    resource.get("primarySource")
    given = partial(resource.get("occurrenceDateTime"), "occurrenceDateTime")
    row = Immunization(
        created_by=by,
        patient_id=patient_id,
        encounter_id=links.encounter(reference(resource.get("encounter")), patient_id),
        status=status_code(
            resource.get("status"), [ImmunizationStatus.COMPLETED, ImmunizationStatus.NOT_DONE], "status"
        ),
        status_reason=coding(resource.get("statusReason"), "statusReason").display
        if resource.get("statusReason")
        else "",
        **_known("occurrence_date", "occurrence_precision", given),
        primary_source=False,
        lot_number=resource.text("lotNumber"),
        expiration_date=resource.optional_day("expirationDate"),
        **_coded(coding(resource.get("vaccineCode"), "vaccineCode")),
    )
    return Mapped(row, patient_id)


def _performed(moment: Any) -> dict[str, Any]:
    """When a procedure was done: an instant, or the beginning of the month or year that was told."""
    if moment is None:
        return {}
    if isinstance(moment, str) and len(moment) < _WHOLE:
        said = partial(moment, "performed")
        start = datetime.combine(said.day, time(), clinic_zone())
        return {"performed_start": start, "performed_precision": said.precision}
    return {"performed_start": instant(moment, "performed")}


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
        **_performed(moment),
        performed_end=resource.optional_instant(period.get("end"), "performedPeriod.end"),
        **_coded(coding(resource.get("code"), "code")),
    )
    if row.performed_start and row.performed_end and row.performed_end < row.performed_start:
        raise Refused("it ended before it began")
    return Mapped(row, patient_id)
