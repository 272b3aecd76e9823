"""Vital signs: exact digits, hard limits, one row for a form sent twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from clinic.actions.observations import Reading, record_vitals
from clinic.models import Observation, Patient
from clinic.queries.observations import latest_vitals, vital_signs
from clinic.vitals import DIASTOLIC, HEART_RATE, HEIGHT, SYSTOLIC, TEMPERATURE, WEIGHT
from emr.shared.errors import DomainError
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
