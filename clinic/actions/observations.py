"""Vital signs: kept as they were entered, checked for what can't be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from clinic.choices import ObservationCategory, ObservationStatus
from clinic.growth import age_in_months
from clinic.models import Encounter, Observation, ObservationComponent, Patient
from clinic.vitals import BLOOD_PRESSURE, DIASTOLIC, SYSTOLIC, VITALS, range_at
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.systems import LOINC
from emr.codes.units import convert, unit
from emr.shared.dates import clinic_zone
from emr.shared.errors import Conflict, DomainError


@dataclass(frozen=True)
class Reading:
    """One measured value as it was entered: the LOINC code, the digits that were typed, the UCUM unit."""

    code: str
    value: Decimal
    unit: str


@action
def record_vitals(
    *,
    by: User,
    patient: Patient,
    encounter: Encounter | None,
    effective_at: datetime,
    readings: Sequence[Reading],
) -> list[Observation]:
    """Record a set of vital signs. Systolic and diastolic become one blood pressure with two components.

    Each is told to be low or high for the patient's age on that day. The same values of the same moment from the same
    person are the same form sent twice: they give the first rows. Raises DomainError as ``check_readings`` does.
    """
    check_readings(readings, patient=patient, effective_at=effective_at)
    by_code = {reading.code: reading for reading in readings}
    sent_before = _sent_before(by, patient, effective_at, by_code)
    if sent_before:
        return sent_before
    common = {
        "created_by": by,
        "patient": patient,
        "encounter": encounter,
        "status": ObservationStatus.FINAL,
        "category": ObservationCategory.VITAL_SIGNS,
        "system": LOINC,
        "effective_at": effective_at,
        "performer": Practitioner.objects.filter(user=by).first(),
    }
    return _written(common, by_code)


@action
def correct_vital(*, by: User, row: Observation, readings: Sequence[Reading], reason: str) -> Observation:
    """Put the right value in the place of a wrong one, of the same moment: a new row, which the old one names.

    The old value stays on file and in sight. The new one belongs to the same visit unless a signed note has closed it.
    Raises DomainError as ``check_readings`` does, for another kind of reading and without a reason; Conflict when the
    row was corrected or marked as an error since.
    """
    if not reason.strip():
        raise DomainError("Say why the value is corrected.", field="reason")
    Patient.objects.select_for_update().get(pk=row.patient_id)
    old = Observation.objects.select_related("patient", "encounter").get(pk=row.pk)
    if old.superseded_by_id is not None or old.entered_in_error_at is not None:
        raise Conflict("This value was corrected or marked as an error meanwhile. Open the vital signs anew.")
    check_readings(readings, patient=old.patient, effective_at=old.effective_at)
    if {reading.code for reading in readings} != set(codes_of(old)):
        raise DomainError("A correction gives the same vital sign anew.")
    common = {
        "created_by": by,
        "patient": old.patient,
        "encounter": None if _closed(old.encounter) else old.encounter,
        "status": ObservationStatus.CORRECTED,
        "category": old.category,
        "system": old.system,
        "effective_at": old.effective_at,
        "performer": Practitioner.objects.filter(user=by).first(),
        "note": reason.strip()[:500],
    }
    (new,) = _written(common, {reading.code: reading for reading in readings})
    old.superseded_by = new
    old.save(update_fields=["superseded_by", "updated_at"])
    return new


def codes_of(row: Observation) -> tuple[str, ...]:
    """The vital signs that a row holds: both numbers of a blood pressure, else its own; none if it is no vital sign."""
    if row.code == BLOOD_PRESSURE:
        return SYSTOLIC, DIASTOLIC
    return (row.code,) if row.code in VITALS else ()


@action
def record_score(
    *,
    by: User,
    patient: Patient,
    encounter: Encounter | None,
    code: str,
    display: str,
    score: int,
    effective_at: datetime,
) -> Observation:
    """Record the score of a questionnaire under its LOINC code, as it was when the patient answered."""
    return Observation.objects.create(
        created_by=by,
        patient=patient,
        encounter=encounter,
        status=ObservationStatus.FINAL,
        category=ObservationCategory.SURVEY,
        system=LOINC,
        code=code,
        display=display,
        value_quantity=Decimal(score),
        value_unit="{score}",
        effective_at=effective_at,
    )


def _sent_before(by: User, patient: Patient, effective_at: datetime, by_code: dict[str, Reading]) -> list[Observation]:
    """The rows that hold exactly these readings already. The lock lets one writer at a time look."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    rows = patient.observations.standing().filter(created_by=by, effective_at=effective_at)
    found = list(rows.prefetch_related("components"))
    values: list[Observation | ObservationComponent] = [*found]
    for row in found:
        values += row.components.all()
    held = {(one.code, one.value_quantity, one.value_unit) for one in values}
    wanted = {(reading.code, reading.value, reading.unit) for reading in by_code.values()}
    return found if wanted <= held else []


def check_readings(readings: Sequence[Reading], *, patient: Patient, effective_at: datetime) -> None:
    """Raise DomainError for what can't be recorded: no value at all, one outside its hard limits at this age, in a
    foreign unit, from the future or from before birth, and half a blood pressure.
    """
    if not readings:
        raise DomainError("Enter at least one value.")
    if effective_at > timezone.now():
        raise DomainError("Vital signs can't be from the future.", field="effective_at")
    on = effective_at.astimezone(clinic_zone()).date()
    if on < patient.birth_date:
        raise DomainError("Vital signs can't be from before birth.", field="effective_at")
    months = age_in_months(patient.birth_date, on)
    for reading in readings:
        _check(reading, months)
    _check_pressure({reading.code: reading for reading in readings})


def _check(reading: Reading, months: float) -> None:
    vital = VITALS.get(reading.code)
    if vital is None:
        raise DomainError(f"{reading.code} is not a vital sign that is recorded here.")
    if reading.unit not in vital.units:
        allowed = ", ".join(unit(code).display for code in vital.units)
        raise DomainError(f"{vital.label} is given in {allowed}.", field=vital.name)
    limits = range_at(reading.code, months)
    if limits.refuses(convert(reading.value, reading.unit, vital.units[0])):
        words = unit(vital.units[0]).display
        raise DomainError(
            f"{vital.label} must lie between {limits.lowest} and {limits.highest} {words} at this age. "
            "Check the value and its unit.",
            field=vital.name,
        )


def _check_pressure(by_code: dict[str, Reading]) -> None:
    if (SYSTOLIC in by_code) != (DIASTOLIC in by_code):
        raise DomainError("A blood pressure needs both numbers.", field="systolic")
    if SYSTOLIC in by_code and by_code[SYSTOLIC].value <= by_code[DIASTOLIC].value:
        raise DomainError("The systolic pressure must be above the diastolic one.", field="systolic")


def _closed(encounter: Encounter | None) -> bool:
    """Whether a signed note has closed the visit, as the database sees it (``VISIT_OPEN``)."""
    return encounter is not None and encounter.notes.closing().exists()


def _written(common: dict[str, Any], by_code: dict[str, Reading]) -> list[Observation]:
    patient, effective_at = common["patient"], common["effective_at"]
    months = age_in_months(patient.birth_date, effective_at.astimezone(clinic_zone()).date())
    made = [_pressure(common, by_code, months)] if SYSTOLIC in by_code else []
    return made + [
        Observation.objects.create(**common, code=code, display=VITALS[code].label, **_value(reading, months))
        for code, reading in by_code.items()
        if code not in {SYSTOLIC, DIASTOLIC}
    ]


def _pressure(common: dict[str, Any], by_code: dict[str, Reading], months: float) -> Observation:
    panel = Observation.objects.create(**common, code=BLOOD_PRESSURE, display="Blood pressure")
    for rank, code in enumerate((SYSTOLIC, DIASTOLIC), 1):
        ObservationComponent.objects.create(
            created_by=common["created_by"],
            patient=common["patient"],
            observation=panel,
            rank=rank,
            system=LOINC,
            code=code,
            display=VITALS[code].label,
            **_value(by_code[code], months),
        )
    return panel


def _value(reading: Reading, months: float) -> dict[str, Any]:
    """The value as it was entered, and whether it is low or high at this age."""
    usual = convert(reading.value, reading.unit, VITALS[reading.code].units[0])
    return {
        "value_quantity": reading.value,
        "value_unit": reading.unit,
        "interpretation": range_at(reading.code, months).interpretation(usual),
    }
