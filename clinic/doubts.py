"""What is asked about before it is recorded: values that are hardly ever true, and a weight that has jumped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clinic import growth, vitals
from clinic.actions.observations import Reading
from clinic.choices import AdministrativeGender
from clinic.measures import pounds_and_ounces
from clinic.models import Observation, Patient
from clinic.queries.observations import gestation
from clinic.vitals import VITALS, Vital
from emr.codes.units import convert, unit
from emr.shared.dates import clinic_day
from emr.shared.errors import DomainError
from emr.ui import formats

#: A weight that differs from the last one by more than this share is asked about.
JUMP = Decimal("0.10")
#: A child's gain that keeps to its percentile, within the width of one band of the chart, is growth and no jump.
_BAND = 0.67
#: Beyond so many standard deviations a child's measure is more often mistyped than true (WHO's own flags are 5 and 6).
_FAR = 5.0
_GROWN = {
    vitals.WEIGHT: growth.Measure.WEIGHT,
    vitals.HEIGHT: growth.Measure.LENGTH,
    vitals.HEAD: growth.Measure.HEAD,
}


@dataclass(frozen=True)
class Doubt:
    """A value to confirm: ``key`` names the very value, so that its confirmation covers no other one."""

    key: str
    text: str


def sex_of(patient: Patient) -> bool | None:
    """Whether the tables of growth are the girls'; None where the sex is neither: there is no table then."""
    sex = patient.birth_sex or patient.gender
    return {AdministrativeGender.FEMALE: True, AdministrativeGender.MALE: False}.get(AdministrativeGender(sex))


def doubts(
    readings: Sequence[Reading], *, patient: Patient, on: date, last: Mapping[str, Observation]
) -> dict[str, Doubt]:
    """The doubtful ones among readings within their hard limits, by the name of the vital sign.

    ``on`` is the day of the measurement in the clinic's zone, ``last`` the latest value of each code.
    """
    infant = growth.age_in_months(patient.birth_date, on) < growth.TWO_YEARS
    weeks = gestation(patient) if infant else None
    found = {}
    for reading in readings:
        vital = VITALS[reading.code]
        text = _jump(reading, patient, on, last, weeks) or _unlikely(vital, reading, patient, on, weeks)
        if text:
            found[vital.name] = Doubt(f"{vital.name} {reading.value:f} {reading.unit}", text)
    return found


def _unlikely(vital: Vital, reading: Reading, patient: Patient, on: date, weeks: float | None) -> str:
    months = growth.age_in_months(patient.birth_date, on)
    usual = convert(reading.value, reading.unit, vital.units[0])
    z = _z(reading.code, usual, patient, on, weeks)
    if not vitals.range_at(reading.code, months).doubts(usual) and (z is None or abs(z) < _FAR):
        return ""
    return f"{vital.label} {_words(reading.value, reading.unit)} is hardly ever seen at this age."


def _jump(reading: Reading, patient: Patient, on: date, last: Mapping[str, Observation], weeks: float | None) -> str:
    before = last.get(vitals.WEIGHT)
    if reading.code != vitals.WEIGHT or before is None or before.value_quantity is None:
        return ""
    now = convert(reading.value, reading.unit, "kg")
    try:
        then = convert(before.value_quantity, before.value_unit, "kg")
    except DomainError:
        return ""
    if then <= 0 or abs(now - then) / then <= JUMP:
        return ""
    z_now, stood = _z(reading.code, now, patient, on, weeks), placed(patient, before, weeks)
    if now > then and z_now is not None and stood is not None and abs(z_now - stood.z) <= _BAND:
        return ""
    said = _words(round(before.value_quantity, 2).normalize(), before.value_unit)
    return (
        f"The last weight was {said} on {formats.day(before.effective_at)}: "
        f"{_words(reading.value, reading.unit)} is more than 10 % away."
    )


def placed(patient: Patient, row: Observation, weeks: float | None = None) -> growth.Growth | None:
    """Where a child's weight, length or head circumference stands; None for all else, and where there is no table.

    ``weeks`` is the gestation at birth, by which an infant's age is corrected.
    """
    if row.code not in _GROWN or row.value_quantity is None:
        return None
    try:
        usual = convert(row.value_quantity, row.value_unit, VITALS[row.code].units[0])
    except DomainError:
        return None
    return _assessed(row.code, usual, patient, clinic_day(row.effective_at), weeks)


def mass_placed(patient: Patient, mass: Decimal, on: date) -> growth.Growth | None:
    """Where the BMI of a child from two years on stands; None for all others."""
    female, months = sex_of(patient), growth.age_in_months(patient.birth_date, on)
    if female is None or months < growth.TWO_YEARS:
        return None
    return growth.assess(growth.Measure.BMI, female=female, months=months, value=float(mass))


def _z(code: str, usual: Decimal, patient: Patient, on: date, weeks: float | None) -> float | None:
    found = _assessed(code, usual, patient, on, weeks) if code in _GROWN else None
    return found.z if found else None


def _assessed(code: str, usual: Decimal, patient: Patient, on: date, weeks: float | None) -> growth.Growth | None:
    female = sex_of(patient)
    if female is None:
        return None
    months = growth.corrected(growth.age_in_months(patient.birth_date, on), weeks)
    return growth.assess(_GROWN[code], female=female, months=months, value=float(usual))


def _words(value: Decimal, code: str) -> str:
    return pounds_and_ounces(value, code) or f"{formats.number(value)} {unit(code).display}"
