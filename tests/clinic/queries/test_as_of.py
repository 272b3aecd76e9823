"""The chart rebuilt from the log equals what the live lists said at each instant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine

from clinic.actions.allergies import add_allergy, record_none_known, resolve_allergy, strike_reaction
from clinic.actions.conditions import add_problem, resolve_problem
from clinic.actions.errors import enter_in_error
from clinic.actions.medications import add_medication, stop_medication
from clinic.actions.observations import Reading, record_vitals
from clinic.actions.results import Result, record_report
from clinic.models import Observation, Patient
from clinic.queries.allergies import allergy_rows
from clinic.queries.as_of import KnownChart, chart_as_of
from clinic.queries.conditions import condition_rows
from clinic.queries.medications import medication_rows
from clinic.queries.observations import latest_vitals, vital_signs
from clinic.queries.results import latest_results
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.codes.systems import ICD10CM, LOINC, RXNORM
from emr.shared.errors import DomainError
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("X7")]

START = datetime(2026, 1, 5, 15, tzinfo=UTC)
CODES = ["E11.9", "I10", "J45.909"]


def _live(patient: Patient, at: datetime) -> KnownChart:
    return KnownChart(
        at=at,
        conditions=condition_rows(patient),
        medications=medication_rows(patient),
        allergies=allergy_rows(patient),
        vitals=latest_vitals(vital_signs(patient), patient.birth_date),
        results=latest_results(patient),
    )


def _comparable(chart: KnownChart) -> dict[str, Any]:
    """The chart without the order of rows that are alike: names of one letter sort as the database's language does."""
    told = asdict(chart)
    return {name: sorted(map(repr, rows)) for name, rows in told.items() if name not in ("at", "purged_before")}


@action
def _correct(*, by: User, result: Observation, value: Decimal) -> None:
    """As a laboratory corrects a result that it sent: the same row with another value."""
    result.value_quantity, result.status = value, "corrected"
    result.save(update_fields=["value_quantity", "status", "updated_at"])


def _step(dice: Random, by: User, patient: Patient, now: datetime) -> None:
    """One thing that happens to a chart, by chance; what is refused has not happened."""
    kind = dice.randrange(10)
    text = f"{dice.choice('abcdefgh')}{dice.randrange(1000)}"
    try:
        if kind == 0:
            add_problem(by=by, patient=patient, coding=Coding(ICD10CM, dice.choice(CODES), text))
        elif kind == 1:
            add_medication(by=by, patient=patient, coding=Coding(RXNORM, str(dice.randrange(9)), text), reason=text)
        elif kind == 2:
            reactions = dice.sample(["Hives", "Cough", "Shock"], 2)
            row = add_allergy(
                by=by, patient=patient, coding=Coding("", "", text), reactions=reactions, severity="severe"
            )
            if dice.randrange(2):
                strike_reaction(by=by, allergy=row, reaction=row.reactions.all()[0], reason="Misheard")
        elif kind == 3:
            record_none_known(by=by, patient=patient)
        elif kind == 4:
            readings = [
                Reading("8480-6", Decimal(dice.randrange(110, 180)), "mm[Hg]"),
                Reading("8462-4", Decimal(dice.randrange(60, 100)), "mm[Hg]"),
                Reading("29463-7", Decimal(dice.randrange(500, 900)) / 10, "kg"),
            ]
            record_vitals(by=by, patient=patient, encounter=None, effective_at=now, readings=readings)
        elif kind == 5:
            result = Result(Coding(LOINC, "2345-7", "Glucose"), Decimal(dice.randrange(60, 200)), "mg/dL")
            coding = Coding(LOINC, "24323-8", "Metabolic panel")
            record_report(by=by, patient=patient, coding=coding, effective_at=now, results=[result])
        else:
            _change(dice, by, patient, kind)
    except DomainError:
        pass


def _change(dice: Random, by: User, patient: Patient, kind: int) -> None:
    """Something happens to a row that is there."""
    rows: dict[int, list[Any]] = {
        6: list(patient.conditions.order_by("id")),
        7: list(patient.medications.order_by("id")),
        8: list(patient.allergies.order_by("id")),
        9: list(patient.observations.order_by("id")),
    }
    if not rows[kind]:
        return
    row = dice.choice(rows[kind])
    if dice.random() < 0.4:
        enter_in_error(by=by, row=row, reason="Wrong chart")
    elif kind == 6:
        resolve_problem(by=by, condition=row)
    elif kind == 7:
        stop_medication(by=by, medication=row, reason="Cough")
    elif kind == 8:
        resolve_allergy(by=by, allergy=row)
    elif row.value_quantity is not None:
        _correct(by=by, result=row, value=Decimal(dice.randrange(60, 200)))


@pytest.mark.parametrize("seed", range(2))
def test_each_instant_is_rebuilt_as_it_was(seed: int, person: Callable[..., User]) -> None:
    dice, by = Random(seed), person("clinician")  # noqa: S311  a reproducible course of events, not a secret
    seen: list[tuple[datetime, dict[str, Any]]] = []
    with time_machine.travel(START, tick=False) as clock:
        patient: Patient = PatientFactory.create()
        for _ in range(25):
            clock.shift(timedelta(minutes=dice.randrange(1, 3000)))
            now = datetime.now(UTC)
            _step(dice, by, patient, now)
            seen.append((now, _comparable(_live(patient, now))))
    assert len({repr(chart) for _, chart in seen}) > 10, "hardly anything happened"
    for at, chart in seen:
        assert _comparable(chart_as_of(patient, at)) == chart
    before = chart_as_of(patient, START - timedelta(seconds=1))
    assert before.empty


def test_a_corrected_result_keeps_its_earlier_value(person: Callable[..., User]) -> None:
    by = person("clinician")
    with time_machine.travel(START, tick=False) as clock:
        patient: Patient = PatientFactory.create()
        record_report(
            by=by,
            patient=patient,
            coding=Coding(LOINC, "24323-8", "Metabolic panel"),
            effective_at=START,
            results=[Result(Coding(LOINC, "2823-3", "Potassium"), Decimal("6.80"), "mmol/L")],
        )
        clock.shift(timedelta(hours=3))
        _correct(by=by, result=patient.observations.get(), value=Decimal("4.1"))
    first = chart_as_of(patient, START + timedelta(hours=2)).results[0]
    later = chart_as_of(patient, START + timedelta(hours=3)).results[0]
    assert (first.value.text, first.status) == ("6.80", "")
    assert (later.value.text, later.status) == ("4.1", "Corrected")


@pytest.mark.parametrize("count", [1, 12])
def test_it_costs_the_same_for_any_number(
    count: int, person: Callable[..., User], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    by = person("clinician")
    patient: Patient = PatientFactory.create()
    for number in range(count):
        add_problem(by=by, patient=patient, coding=Coding(ICD10CM, f"E{number}", f"Problem {number}"))
        add_allergy(by=by, patient=patient, coding=Coding("", "", f"Dust {number}"), reactions=["Hives"])
        add_medication(by=by, patient=patient, coding=Coding(RXNORM, str(number), f"Drug {number}"))
    chart_as_of(patient, datetime.now(UTC))
    with django_assert_max_num_queries(5):
        chart_as_of(patient, datetime.now(UTC))
