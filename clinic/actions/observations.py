"""Vital signs: kept as they were entered, checked for what can't be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from clinic.choices import ObservationCategory, ObservationStatus
from clinic.models import Encounter, Observation, ObservationComponent, Patient
from clinic.vitals import BLOOD_PRESSURE, DIASTOLIC, SYSTOLIC, VITALS
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.systems import LOINC
from emr.codes.units import convert, unit
from emr.shared.errors import DomainError


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

    The same values of the same moment from the same person are the same form sent twice: they give the first rows.
    Raises DomainError for a value outside its hard limits, in a foreign unit, or in the future.
    """
    if not readings:
        raise DomainError("Enter at least one value.")
    if effective_at > timezone.now():
        raise DomainError("Vital signs can't be from the future.", field="effective_at")
    by_code = {reading.code: reading for reading in readings}
    for reading in readings:
        _check(reading)
    _check_pressure(by_code)
    sent_before = _sent_before(by, patient, effective_at, by_code)
    if sent_before:
        return sent_before
    performer = Practitioner.objects.filter(user=by).first()
    made = []
    if SYSTOLIC in by_code:
        made.append(_pressure(by, patient, encounter, effective_at, performer, by_code))
    made += [
        _observation(by, patient, encounter, effective_at, performer, reading)
        for reading in readings
        if reading.code not in {SYSTOLIC, DIASTOLIC}
    ]
    return made


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
    rows = patient.observations.filter(created_by=by, effective_at=effective_at, entered_in_error_at=None)
    found = list(rows.prefetch_related("components"))
    values: list[Observation | ObservationComponent] = [*found]
    for row in found:
        values += row.components.all()
    held = {(one.code, one.value_quantity, one.value_unit) for one in values}
    wanted = {(reading.code, reading.value, reading.unit) for reading in by_code.values()}
    return found if wanted <= held else []


def _check(reading: Reading) -> None:
    vital = VITALS.get(reading.code)
    if vital is None:
        raise DomainError(f"{reading.code} is not a vital sign that is recorded here.")
    if reading.unit not in vital.units:
        allowed = ", ".join(unit(code).display for code in vital.units)
        raise DomainError(f"{vital.label} is given in {allowed}.", field=vital.name)
    value = convert(reading.value, reading.unit, vital.units[0])
    if not vital.lowest <= value <= vital.highest:
        words = unit(vital.units[0]).display
        raise DomainError(
            f"{vital.label} must lie between {vital.lowest} and {vital.highest} {words}. Check the value and its unit.",
            field=vital.name,
        )


def _check_pressure(by_code: dict[str, Reading]) -> None:
    if (SYSTOLIC in by_code) != (DIASTOLIC in by_code):
        raise DomainError("A blood pressure needs both numbers.", field="systolic")
    if SYSTOLIC in by_code and by_code[SYSTOLIC].value <= by_code[DIASTOLIC].value:
        raise DomainError("The systolic pressure must be above the diastolic one.", field="systolic")


def _observation(
    by: User,
    patient: Patient,
    encounter: Encounter | None,
    effective_at: datetime,
    performer: Practitioner | None,
    reading: Reading,
) -> Observation:
    return Observation.objects.create(
        created_by=by,
        patient=patient,
        encounter=encounter,
        status=ObservationStatus.FINAL,
        category=ObservationCategory.VITAL_SIGNS,
        system=LOINC,
        code=reading.code,
        display=VITALS[reading.code].label,
        value_quantity=reading.value,
        value_unit=reading.unit,
        effective_at=effective_at,
        performer=performer,
    )


def _pressure(
    by: User,
    patient: Patient,
    encounter: Encounter | None,
    effective_at: datetime,
    performer: Practitioner | None,
    by_code: dict[str, Reading],
) -> Observation:
    panel = Observation.objects.create(
        created_by=by,
        patient=patient,
        encounter=encounter,
        status=ObservationStatus.FINAL,
        category=ObservationCategory.VITAL_SIGNS,
        system=LOINC,
        code=BLOOD_PRESSURE,
        display="Blood pressure",
        effective_at=effective_at,
        performer=performer,
    )
    for rank, code in enumerate((SYSTOLIC, DIASTOLIC), 1):
        ObservationComponent.objects.create(
            created_by=by,
            patient=patient,
            observation=panel,
            rank=rank,
            system=LOINC,
            code=code,
            display=VITALS[code].label,
            value_quantity=by_code[code].value,
            value_unit=by_code[code].unit,
        )
    return panel
