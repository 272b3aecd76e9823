"""The cards of the summary: what is wrong stands on them, however much is measured beside it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from clinic.queries.summary import CARD_ROWS, MOST_ROWS, summary_rows
from tests.factories.chart import MedicationFactory, ObservationFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F10")]


def test_a_panel_pushes_no_abnormal_result_off_the_card() -> None:
    patient, now = PatientFactory(), timezone.now()

    def result(name: str, days: int, flag: str = "N") -> None:
        at = now - timedelta(days=days)
        ObservationFactory(
            patient=patient, category="laboratory", code=name, display=name, effective_at=at, interpretation=flag
        )

    for number in range(20):
        result(f"Analyte {number:02}", 0)
    result("Potassium", 0, "H")
    result("Potassium", 5, "HH")
    result("Troponin", 3, "HH")
    result("Sodium", 2, "L")
    result("Ferritin", 400, "LL")
    shown = summary_rows(patient)["results"]
    names = [row.title for row in shown.shown]
    assert names == ["Troponin", "Potassium", "Sodium", "Analyte 00", "Analyte 01", "Analyte 02"]
    assert (len(names), shown.more) == (CARD_ROWS, 18)


@pytest.mark.feature("F04")
def test_what_is_taken_stands_whole_on_the_card() -> None:
    patient = PatientFactory()
    for number in range(MOST_ROWS + 2):
        MedicationFactory(patient=patient, effective_start=date(2010 + number, 1, 1))
    shown = summary_rows(patient)["medications"]
    assert (len(shown.shown), shown.more) == (MOST_ROWS, 2)
