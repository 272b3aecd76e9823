"""Vital signs: exact digits, hard limits, one row for a form sent twice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from clinic.actions.observations import Reading, correct_vital, record_vitals
from clinic.models import Observation, Patient
from clinic.queries.flowsheets import flowsheet, readings
from clinic.queries.observations import latest_vitals, vital_signs
from clinic.vitals import (
    DIASTOLIC,
    HEART_RATE,
    HEIGHT,
    OXYGEN_SATURATION,
    RESPIRATORY_RATE,
    SYSTOLIC,
    TEMPERATURE,
    VITALS,
    WEIGHT,
    range_at,
)
from emr.shared.errors import Conflict, DomainError
from tests.factories.base import someone
from tests.factories.chart import blood_pressure
from tests.factories.clinic import PatientFactory
from tests.races import refusals


def _record(patient: Patient, *readings: tuple[str, str, str], at: timedelta = timedelta(0)) -> list[Observation]:
    return record_vitals(
        by=someone(),
        patient=patient,
        encounter=None,
        effective_at=timezone.now() - at,
        readings=[Reading(code, Decimal(value), unit) for code, value, unit in readings],
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reading", "words"),
    [
        ((HEIGHT, "177", "cm"), "177"),
        ((TEMPERATURE, "38", "Cel"), "38"),
        ((TEMPERATURE, "38.0", "Cel"), "38.0"),
        ((TEMPERATURE, "100.4", "[degF]"), "100.4"),
        ((HEIGHT, "69.5", "[in_i]"), "69.5"),
        ((WEIGHT, "179.2", "[lb_av]"), "179.2"),
    ],
)
def test_digits_and_unit_are_kept_as_they_were_typed(reading: tuple[str, str, str], words: str) -> None:
    patient: Patient = PatientFactory.create()
    _record(patient, reading)
    kept = Observation.objects.get(patient=patient)
    assert (str(kept.value_quantity), kept.value_unit) == (reading[1], reading[2])
    assert [one.value.text for one in latest_vitals(vital_signs(patient), patient.birth_date)] == [words]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("readings", "problem"),
    [
        ([(TEMPERATURE, "29.9", "Cel")], "between 30 and 43 °C"),
        ([(TEMPERATURE, "43.1", "Cel")], "between 30 and 43 °C"),
        ([(TEMPERATURE, "110", "[degF]")], "between 30 and 43 °C"),
        ([(HEIGHT, "1.77", "cm")], "Height must lie between"),
        ([(WEIGHT, "451", "kg")], "Weight must lie between"),
        ([(HEART_RATE, "72", "%")], "is given in /min"),
        ([(SYSTOLIC, "120", "mm[Hg]")], "needs both numbers"),
        ([(SYSTOLIC, "80", "mm[Hg]"), (DIASTOLIC, "120", "mm[Hg]")], "above the diastolic"),
        ([("1234-5", "1", "%")], "is not a vital sign"),
        ([], "at least one value"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(readings: list[tuple[str, str, str]], problem: str) -> None:
    patient = PatientFactory()
    with pytest.raises(DomainError, match=problem):
        _record(patient, (HEART_RATE, "72", "/min"), *readings) if readings else _record(patient)
    assert not patient.observations.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["30", "43"])
def test_the_limits_themselves_are_taken(value: str) -> None:
    assert len(_record(PatientFactory(), (TEMPERATURE, value, "Cel"))) == 1


@pytest.mark.django_db
def test_not_from_the_future() -> None:
    with pytest.raises(DomainError, match="future"):
        _record(PatientFactory(), (HEART_RATE, "72", "/min"), at=-timedelta(hours=1))


@pytest.mark.django_db
@pytest.mark.parametrize("panel", ["85354-9", "55284-4"])
def test_a_blood_pressure_is_one_value_however_its_panel_is_coded(panel: str) -> None:
    patient = PatientFactory()
    blood_pressure(panel, "151.7283", "88.1", patient=patient)
    (latest,) = latest_vitals(vital_signs(patient), patient.birth_date)
    assert (latest.label, latest.value.text, latest.value.unit, latest.value.interpretation) == (
        "Blood pressure",
        "152/88",
        "mmHg",
        "H",
    )


def test_a_form_sent_twice_makes_one_set_of_rows(committed_db: str) -> None:
    patient, by, now = PatientFactory(), someone(), timezone.now()
    readings = [Reading(code, Decimal(value), "mm[Hg]") for code, value in ((SYSTOLIC, "120"), (DIASTOLIC, "80"))]

    def send() -> None:
        record_vitals(by=by, patient=patient, encounter=None, effective_at=now, readings=readings)

    assert refusals(send, send) == []
    assert patient.observations.count() == 1


@pytest.mark.django_db
def test_an_adults_ranges_are_not_laid_on_a_child() -> None:
    child = PatientFactory(birth_date=timezone.localdate() - timedelta(days=700))
    _record(child, (HEART_RATE, "125", "/min"))
    (latest,) = latest_vitals(vital_signs(child), child.birth_date)
    assert latest.value.interpretation == ""


@pytest.mark.django_db
@pytest.mark.feature("F01")
def test_what_is_refused_and_what_is_low_or_high_depends_on_the_age() -> None:
    today = timezone.localdate()
    infant, child, adult = (PatientFactory(birth_date=today - timedelta(days=days)) for days in (200, 1500, 15000))
    for patient, pulse, told in ((infant, "150", ""), (child, "150", "H"), (adult, "150", "H"), (child, "70", "L")):
        (row,) = _record(patient, (HEART_RATE, pulse, "/min"))
        assert row.interpretation == told, (pulse, patient.birth_date)
    for patient, kilograms in ((infant, "26"), (child, "101"), (adult, "451")):
        with pytest.raises(DomainError, match="Weight must lie between"):
            _record(patient, (WEIGHT, kilograms, "kg"))
    with pytest.raises(DomainError, match="before birth"):
        _record(infant, (HEART_RATE, "150", "/min"), at=timedelta(days=300))


@pytest.mark.parametrize(
    ("code", "months", "value", "told"),
    [
        (SYSTOLIC, 480, "89", "L"),
        (SYSTOLIC, 480, "90", ""),
        (SYSTOLIC, 480, "139", ""),
        (SYSTOLIC, 480, "140", "H"),
        (DIASTOLIC, 480, "89", ""),
        (DIASTOLIC, 480, "90", "H"),
        (HEART_RATE, 480, "59", "L"),
        (HEART_RATE, 480, "100", ""),
        (HEART_RATE, 480, "101", "H"),
        (RESPIRATORY_RATE, 480, "11", "L"),
        (RESPIRATORY_RATE, 480, "21", "H"),
        (TEMPERATURE, 480, "37.94", ""),
        (TEMPERATURE, 480, "38.0", "H"),
        (OXYGEN_SATURATION, 480, "91", "L"),
        (OXYGEN_SATURATION, 480, "92", ""),
        (HEART_RATE, 0.5, "101", ""),
        (HEART_RATE, 0.5, "99", "L"),
        (RESPIRATORY_RATE, 6, "40", ""),
        (RESPIRATORY_RATE, 20, "40", "H"),
        (SYSTOLIC, 170, "130", "H"),
    ],
)
@pytest.mark.feature("F01")
def test_ranges_by_age(code: str, months: float, value: str, told: str) -> None:
    assert range_at(code, months).interpretation(Decimal(value)) == told


@pytest.mark.parametrize("code", VITALS)
def test_at_every_age_what_is_normal_is_likely_and_what_is_likely_is_possible(code: str) -> None:
    for months in (0, 1, 12, 36, 72, 120, 144, 156, 216, 900):
        found = range_at(code, months)
        bounds = (found.lowest, found.unlikely_below, found.low, found.high, found.unlikely_above, found.highest)
        known = [bound for bound in bounds if bound is not None]
        assert known == sorted(known), (code, months)


@pytest.mark.django_db
@pytest.mark.feature("F01")
def test_a_correction_takes_the_place_of_the_old_value_which_stays() -> None:
    patient: Patient = PatientFactory.create()
    entered = ((WEIGHT, "96", "kg"), (SYSTOLIC, "120", "mm[Hg]"), (DIASTOLIC, "80", "mm[Hg]"))
    pressure, weight = _record(patient, *entered)
    right = [Reading(WEIGHT, Decimal("69"), "kg")]
    new = correct_vital(by=someone(), row=weight, readings=right, reason="Digits swapped")
    assert (new.status, new.effective_at, str(new.value_quantity)) == ("corrected", weight.effective_at, "69")
    numbers = [Reading(code, Decimal(value), "mm[Hg]") for code, value in ((SYSTOLIC, "150"), (DIASTOLIC, "95"))]
    correct_vital(by=someone(), row=pressure, readings=numbers, reason="Wrong arm")
    latest = {one.label: one.value.text for one in latest_vitals(vital_signs(patient), patient.birth_date)}
    assert latest == {"Blood pressure": "150/95", "Weight": "69"}
    weight.refresh_from_db()
    assert (str(weight.value_quantity), weight.superseded_by) == ("96", new)
    listed = {(one.value.text, one.corrected, one.remark) for one in readings(patient)}
    assert listed == {
        ("96", "Corrected to 69 kg: Digits swapped", ""),
        ("69", "", "Corrected"),
        ("120/80", "Corrected to 150/95 mmHg: Wrong arm", ""),
        ("150/95", "", "Corrected"),
    }
    for row, said, reason, error in (
        (weight, right, "Again", Conflict),
        (new, right, " ", DomainError),
        (new, numbers, "Another kind", DomainError),
        (new, [Reading(WEIGHT, Decimal("900"), "kg")], "Too much", DomainError),
    ):
        with pytest.raises(error):
            correct_vital(by=someone(), row=row, readings=said, reason=reason)
    assert patient.observations.count() == 4


@pytest.mark.django_db
@pytest.mark.feature("F01")
def test_the_flowsheet_goes_by_moments_and_never_mixes_units_in_a_row() -> None:
    patient: Patient = PatientFactory.create(birth_date=date(1970, 1, 1))
    for days, weight, unit in ((50, "80", "kg"), (40, "176", "[lb_av]"), (30, "81", "kg"), (20, "82", "kg")):
        _record(patient, (WEIGHT, weight, unit), (HEIGHT, "180", "cm"), at=timedelta(days=days))
    newest = flowsheet(patient, columns=3)
    assert [(row.label, [cell.text if cell else "" for cell in row.cells]) for row in newest.rows] == [
        ("Weight, kg", ["", "81", "82"]),
        ("Weight, lb", ["176", "", ""]),
        ("Height", ["180", "180", "180"]),
        ("BMI", ["24.6", "25.0", "25.3"]),
    ]
    assert newest.newer is None
    older = flowsheet(patient, columns=3, before=newest.older)
    assert (len(older.head), older.older) == (1, None)
    again = flowsheet(patient, columns=3, after=older.newer)
    assert (again.head, again.newer, again.older) == (newest.head, None, newest.older)
