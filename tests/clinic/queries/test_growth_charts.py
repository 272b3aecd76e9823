"""A child on the charts: WHO's under two years, the CDC's from then on, percentiles beside what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pdfplumber
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.growth import DAYS_A_MONTH, Measure, assess, percentile_words
from clinic.models import Patient
from clinic.queries.flowsheets import flowsheet
from clinic.queries.growth_charts import days, drawing, measured
from clinic.queries.observations import gestation
from clinic.vitals import GESTATION, HEAD, HEIGHT, WEIGHT
from emr.shared.dates import clinic_zone
from emr.ui.charts import Frame
from tests.factories.chart import ObservationFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F02")]

_BORN = date(2021, 3, 9)


def _child(gender: str = "male", birth_sex: str = "") -> Patient:
    child: Patient = PatientFactory.create(birth_date=_BORN, gender=gender, birth_sex=birth_sex, family_name="Small")
    return child


def _measure(child: Patient, age_days: int, **values: str) -> None:
    at = datetime(2021, 3, 9, 10, tzinfo=clinic_zone()) + timedelta(days=age_days)
    for name, text in values.items():
        number, unit = text.split()
        code = {"weight": WEIGHT, "height": HEIGHT, "head": HEAD}[name]
        ObservationFactory(patient=child, code=code, value_quantity=Decimal(number), value_unit=unit, effective_at=at)


def test_percentiles_stand_beside_what_was_recorded_in_its_unit() -> None:
    child = _child()
    _measure(child, 289, weight="9.7 kg", height="28.5 [in_i]", head="45.2 cm")
    _measure(child, 1200, weight="33 [lb_av]", height="98 cm")
    _measure(child, 1500, weight="16.5 kg")
    rows = days(measured(child), female=False)
    assert [(row.when, row.age, row.reference) for row in rows] == [
        ("17-Apr-2025", "4 y 1 mo", "CDC"),
        ("21-Jun-2024", "3 y 3 mo", "CDC"),
        ("23-Dec-2021", "9.5 months", "WHO"),
    ]
    sheet = {row.label: [cell.text if cell else "" for cell in row.cells] for row in flowsheet(child).rows}
    first = rows[2]
    assert first.weight is not None
    assert first.height is not None
    expected = assess(Measure.WEIGHT, female=False, months=289 / 30.4375, value=9.7)
    assert expected is not None
    assert (first.weight.value.text, first.weight.percentile) == ("9.7", f"{expected.percentile:.1f}")
    assert sheet["Weight percentile"][0] == first.weight.percentile
    assert len(sheet["Weight percentile"]) == 3
    assert rows[1].mass is not None
    assert sheet["BMI percentile"] == ["", rows[1].mass.percentile, ""], (
        "of what was measured on one day, from two years"
    )
    assert (first.height.value.text, first.height.value.unit) == ("28.5", "in")
    assert first.for_length is not None
    assert first.mass is None
    older = rows[1]
    assert older.mass is not None
    assert older.mass.value.text == f"{33 * 0.45359237 / 0.98**2:.1f}"
    assert (older.for_length, rows[0].mass, rows[0].height) == (None, None, None)


def test_each_measurement_stands_on_the_chart_of_its_age_and_only_there() -> None:
    child = _child()
    for age, kilograms in ((0, "3.5"), (180, "7.9"), (729, "12.5"), (732, "12.6"), (1500, "16.5")):
        _measure(child, age, weight=f"{kilograms} kg", height=f"{50 + age // 25} cm")
    found, frame = measured(child), Frame()
    counts = {name: len(drawing(name, found, female=False, frame=frame).spots) for name in (
        "who-weight", "who-length", "who-weight-for-length", "who-head", "cdc-weight", "cdc-stature", "cdc-bmi"
    )}  # fmt: skip
    assert counts == {
        "who-weight": 3,
        "who-length": 3,
        "who-weight-for-length": 3,
        "who-head": 0,
        "cdc-weight": 2,
        "cdc-stature": 2,
        "cdc-bmi": 2,
    }
    drawn = drawing("who-weight", found, female=False, frame=frame)
    middle = next(line for line in drawn.lines if line.middle)
    assert [line.label.label for line in drawn.lines] == ["2", "10", "25", "50", "75", "90", "98"], (
        "as the CDC draws WHO's"
    )
    heights = [line.label.at for line in drawn.lines]
    assert heights == sorted(heights, reverse=True), "a higher percentile runs higher"
    assert drawn.spots[0].x == frame.left
    assert abs(drawn.spots[0].y - float(middle.points.split()[0].split(",")[1])) < 4, (
        "3.5 kg is near the median at birth"
    )
    assert (drawn.x_ticks[0].label, drawn.x_ticks[-1].label) == ("0", "24")
    assert drawing("cdc-weight", found, female=False, frame=frame).x_ticks[-1].label == "7"


@pytest.mark.parametrize(("percentile", "words"), [(0.04, "< 0.1"), (0.1, "0.1"), (58.215, "58.2"), (99.95, "> 99.9")])
def test_percentile_words(percentile: float, words: str) -> None:
    assert percentile_words(percentile) == words


def test_the_page_and_its_print(as_role: Callable[..., Client]) -> None:
    client, child = as_role("clinician"), _child("female")
    path = reverse("clinic:growth_list", args=[child.pk])
    assert "Nothing to draw yet" in client.get(path).content.decode()
    counts = []
    for age in (30, *range(60, 720, 22)):
        _measure(child, age, weight=f"{4 + age / 90:.1f} kg", height=f"{52 + age / 25:.0f} cm", head="44 cm")
        if age in {30, 698}:
            client.get(path)
            with CaptureQueriesContext(connection) as caught:
                page = client.get(path).content.decode()
            counts.append(len(caught))
    assert counts[0] == counts[1] <= 24
    assert page.count('<circle class="own"') == 31
    assert "girls" in page
    assert "WHO&#39;s standards" in page
    assert client.get(path, {"chart": "cdc-bmi"}).content.decode().count('<circle class="own"') == 0

    answer = client.get(reverse("clinic:growth_print", args=[child.pk]))
    with pdfplumber.open(BytesIO(answer.content)) as pdf:
        pages = [page.extract_text() for page in pdf.pages]
    assert [text.splitlines()[1] for text in pages[:4]] == [
        "Weight for age in kg, girls",
        "Length for age in cm, girls",
        "Weight for length in kg, girls",
        "Head circumference for age in cm, girls",
    ]
    assert all("SMALL" in text and f"of {len(pages)}" in text for text in pages)
    assert "Measurements" in pages[4]


def test_a_child_born_before_term_stands_at_its_corrected_age(as_role: Callable[..., Client]) -> None:
    client, child = as_role("nurse"), _child()
    _measure(child, 20, weight="1.6 kg")
    _measure(child, 140, weight="5.2 kg", height="58 cm")
    _measure(child, 731, weight="11 kg")
    path = reverse("clinic:growth_list", args=[child.pk])
    before = days(measured(child), female=False)
    assert "Ages are not corrected" in client.get(path).content.decode()
    ObservationFactory(
        patient=child, code=GESTATION, category="social-history", value_quantity=Decimal(30), value_unit="wk"
    )
    page = client.get(path).content.decode()
    assert "Born at 30 weeks" in page
    after = days(measured(child, gestation(child)), female=False)
    assert [row.age for row in after] == ["2 y 0 mo", "4.6 months, corrected 2.3", "0.7 months, corrected −1.6"]
    weights = [row.weight.percentile if row.weight else "" for row in after]
    expected = assess(Measure.WEIGHT, female=False, months=70 / DAYS_A_MONTH, value=5.2)
    assert expected is not None
    assert weights[1:] == [percentile_words(expected.percentile), ""]
    assert before[0].weight == after[0].weight, "from two years on nothing is corrected"
    drawn = drawing("who-weight", measured(child, gestation(child)), female=False, frame=Frame())
    assert (len(drawn.spots), drawn.x_title) == (1, "Age in months from the due date")
    sheet = {row.label: [cell.text if cell else "" for cell in row.cells] for row in flowsheet(child).rows}
    assert sheet["Weight percentile"] == ["", weights[1], weights[0]]
    paper = client.get(reverse("clinic:growth_print", args=[child.pk]))
    with pdfplumber.open(BytesIO(paper.content)) as pdf:
        assert "Born at 30 weeks" in (pdf.pages[-1].extract_text() or "").replace("\n", " ")


def test_without_a_sex_on_record_the_page_asks_whose_tables(as_role: Callable[..., Client]) -> None:
    client, child = as_role("nurse"), _child("unknown")
    _measure(child, 100, weight="6 kg")
    path, paper = (reverse(f"clinic:growth_{name}", args=[child.pk]) for name in ("list", "print"))
    assert "Whose tables?" in client.get(path).content.decode()
    assert "girls" in client.get(path, {"sex": "female"}).content.decode()
    assert client.get(paper).status_code == 302
    assert client.get(paper, {"sex": "male"}).headers["Content-Type"] == "application/pdf"
    known = _child("unknown", birth_sex="male")
    _measure(known, 100, weight="6 kg")
    page = client.get(reverse("clinic:growth_list", args=[known.pk]), {"sex": "female"}).content.decode()
    assert "boys" in page
