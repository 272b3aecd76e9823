"""Any number across time: one unit on an axis, what was recorded beside it, a fixed number of statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.actions.observations import Reading, correct_vital
from clinic.models import Observation, Patient
from clinic.queries.trends import kinds, trend_of
from clinic.vitals import BLOOD_PRESSURE, HEART_RATE, WEIGHT
from tests.factories.base import someone
from tests.factories.chart import ComponentFactory, ObservationFactory, blood_pressure
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F13")]

_NOON = datetime(2024, 3, 9, 12, tzinfo=UTC)


def _observed(patient: Patient, value: str, unit: str, days_ago: int, **fields: Any) -> Observation:
    given: dict[str, Any] = {"code": "2345-7", "display": "Glucose", "category": "laboratory", **fields}
    row: Observation = ObservationFactory.create(
        patient=patient,
        effective_at=_NOON - timedelta(days=days_ago),
        **{"value_quantity": Decimal(value), "value_unit": unit, **given},
    )
    return row


def _adult() -> Patient:
    patient: Patient = PatientFactory.create(birth_date=date(1970, 1, 1))
    return patient


def test_units_that_do_not_convert_are_never_drawn_together() -> None:
    patient = _adult()
    for days, value in ((300, "5.4"), (200, "5.9")):
        _observed(patient, value, "mmol/L", days)
    for days, value in ((100, "99"), (50, "105"), (1, "140")):
        newest = _observed(patient, value, "mg/dL", days, reference_low=Decimal(70), reference_high=Decimal(99))
    found = trend_of(newest, patient)
    assert [(panel.unit, len(panel.dots), panel.range) for panel in found.panels] == [
        ("mg/dL", 3, "70 to 99 mg/dL"),
        ("mmol/L", 2, ""),
    ]
    assert [entry.value.text for entry in found.entries] == ["140", "105", "99", "5.9", "5.4"]
    panel = found.panels[0]
    assert panel.dots[0].y > panel.dots[1].y > panel.dots[2].y, "a higher value stands higher"
    assert panel.dots[1].x - panel.dots[0].x == pytest.approx(panel.dots[2].x - panel.dots[1].x, rel=0.05)
    assert panel.band is not None
    assert panel.band[0] == panel.dots[0].y, "99 is the upper end of the band"


def test_units_that_convert_share_an_axis_and_say_so() -> None:
    patient = _adult()
    weight = {"code": WEIGHT, "display": "Weight", "category": "vital-signs"}
    _observed(patient, "176.37", "[lb_av]", 60, **weight)
    newest = _observed(patient, "81", "kg", 1, **weight)
    (panel,) = trend_of(newest, patient).panels
    assert (panel.unit, panel.converted, len(panel.dots)) == ("kg", 1, 2)
    assert panel.dots[0].text == "09-Jan-2024: 176.37 lb"
    assert [(entry.value.text, entry.value.unit, entry.drawn) for entry in trend_of(newest, patient).entries] == [
        ("81", "kg", ""),
        ("176.37", "lb", "80 kg"),
    ]


def test_a_blood_pressure_is_an_upright_and_its_panel_may_be_coded_either_way() -> None:
    patient = _adult()
    blood_pressure("55284-4", "150", "95", patient=patient, effective_at=_NOON - timedelta(days=30))
    newest = blood_pressure(BLOOD_PRESSURE, "128", "82", patient=patient, effective_at=_NOON)
    found = trend_of(newest, patient)
    (panel,) = found.panels
    assert found.label == "Blood pressure"
    assert [(dot.text, dot.mark) for dot in panel.dots] == [
        ("08-Feb-2024: 150/95 mmHg", "H"),
        ("09-Mar-2024: 128/82 mmHg", ""),
    ]
    assert all(dot.foot is not None and dot.foot > dot.y for dot in panel.dots)
    assert ([tick.label for tick in panel.limits], panel.lines) == (["139", "89"], ())


def test_parts_bounds_gaps_and_what_counts_no_more() -> None:
    patient = _adult()
    whole = _observed(patient, "1", "1", 3, code="X", display="Panel", value_quantity=None, value_unit="")
    for rank, (name, value) in enumerate((("Red", "4.1"), ("White", "7")), 1):
        ComponentFactory(
            observation=whole,
            patient=patient,
            rank=rank,
            code=name,
            display=name,
            value_quantity=Decimal(value),
            value_unit="10*3/uL",
        )
    assert [(panel.label, len(panel.dots)) for panel in trend_of(whole, patient).panels] == [("Red", 1), ("White", 1)]

    rows = [_observed(patient, "60", "mg/dL", days) for days in (2000, 1990, 1980, 40, 30)]
    bound = _observed(patient, "40", "mg/dL", 20, value_comparator="<")
    _observed(
        patient,
        "999",
        "mg/dL",
        10,
        entered_in_error_at=_NOON,
        entered_in_error_by=someone(),
        entered_in_error_reason="x",
    )
    (panel,) = trend_of(bound, patient).panels
    assert len(panel.dots) == 6
    assert [len(line.split()) for line in panel.lines] == [3, 3], "no line across five years of nothing"
    assert [dot.open for dot in panel.dots] == [False] * 5 + [True]
    assert trend_of(bound, patient).entries[0].value.text == "<40"
    assert len(trend_of(rows[0], patient, since=_NOON - timedelta(days=90)).entries) == 3

    free = _observed(patient, "3", "", 5, code="", system="", display="Steps")
    _observed(patient, "4", "", 4, code="", system="", display="Stairs")
    assert [entry.value.text for entry in trend_of(free, patient).entries] == ["3"]
    assert {kind.label for rows in kinds(patient).values() for kind in rows} == {"Panel", "Glucose", "Steps", "Stairs"}


def test_a_corrected_value_is_drawn_and_the_old_one_not() -> None:
    row = ObservationFactory.create(code=WEIGHT, display="Weight", value_quantity=Decimal(800), value_unit="kg")
    new = correct_vital(by=someone(), row=row, readings=[Reading(WEIGHT, Decimal(80), "kg")], reason="Typed wrong")
    assert [entry.key for entry in trend_of(row, row.patient).entries] == [str(new.pk)]


def test_the_pages_cost_the_same_with_one_value_and_with_thirty(as_role: Callable[..., Client]) -> None:
    client, one, thirty = as_role("clinician"), PatientFactory(), PatientFactory()
    for patient, many in ((one, 1), (thirty, 30)):
        for days in range(many):
            _observed(patient, "72", "/min", days, code=HEART_RATE, display="Heart rate", category="vital-signs")
            _observed(patient, "90", "mg/dL", days)
    paths = {
        patient: [
            reverse("clinic:trends_list", args=[patient.pk]),
            reverse("clinic:trends_detail", args=[patient.pk, patient.observations.first().pk]) + "?span=all",
        ]
        for patient in (one, thirty)
    }
    for few, many in zip(paths[one], paths[thirty], strict=True):
        counts = []
        for path in (few, many):
            client.get(path)
            with CaptureQueriesContext(connection) as caught:
                page = client.get(path)
            assert page.status_code == 200
            counts.append(len(caught))
        assert counts[0] == counts[1] <= 24, (few, counts)
    assert page.content.decode().count("<circle class=") == 30
    assert "Nothing in this time" in client.get(paths[thirty][1].replace("all", "90d")).content.decode()
    stranger = reverse("clinic:trends_detail", args=[one.pk, thirty.observations.first().pk])
    assert client.get(stranger).status_code == 404
    assert as_role("front_desk").get(paths[one][0]).status_code == 403
