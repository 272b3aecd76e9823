"""The cards of the chart's summary: the present state of each list, and of all that was measured."""

from __future__ import annotations

from typing import Any

from clinic.choices import ObservationCategory
from clinic.models import Observation, Patient
from clinic.queries.allergies import allergy_rows
from clinic.queries.conditions import condition_rows
from clinic.queries.encounters import encounter_rows
from clinic.queries.immunizations import immunization_rows
from clinic.queries.lists import ListRow
from clinic.queries.medications import medication_rows
from clinic.queries.observations import latest_vitals, newest_of_each
from clinic.queries.results import KINDS, latest_of_each

#: Rows of a card before it says how many more there are.
CARD_ROWS = 6
_VITAL = ObservationCategory.VITAL_SIGNS


def summary_cards(patient: Patient) -> dict[str, Any]:
    """For each room with a card what it shows: the rows, and how many more there are. Nine queries."""
    measured = _measured(patient)
    vitals = latest_vitals([row for row in measured if row.category == _VITAL], patient.birth_date)
    results = latest_of_each(row for row in measured if row.category != _VITAL)
    return {
        "conditions": _card(condition_rows(patient, standing=True)),
        "medications": _card(medication_rows(patient, standing=True)),
        "allergies": _card(allergy_rows(patient, standing=True)),
        "observations": {
            "vitals": vitals[:CARD_ROWS],
            "results": results[:CARD_ROWS],
            "more": max(0, len(results) - CARD_ROWS),
        },
        "immunizations": _card(immunization_rows(patient, standing=True)),
        "encounters": _card(encounter_rows(patient, standing=True), current_only=False),
    }


def _measured(patient: Patient) -> list[Observation]:
    """Of each vital sign and test the newest value and the one before, newest first: two queries."""
    shown = (_VITAL, *KINDS["tests"][1])
    return list(
        newest_of_each(patient.observations.filter(category__in=shown, entered_in_error_at=None, superseded_by=None), 2)
    )


def _card(rows: list[ListRow], *, current_only: bool = True) -> dict[str, Any]:
    current = [row for row in rows if row.active] if current_only else rows
    return {"rows": current[:CARD_ROWS], "more": max(0, len(current) - CARD_ROWS), "past": len(rows) - len(current)}
