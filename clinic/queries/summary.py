"""The cards of the chart's summary: each list's present state, in a fixed number of queries."""

from __future__ import annotations

from typing import Any

from clinic.models import Patient
from clinic.queries.lists import (
    allergy_rows,
    condition_rows,
    encounter_rows,
    immunization_rows,
    medication_rows,
)
from clinic.queries.observations import body_mass_index, latest_vitals, results, vital_signs

#: Rows of a card before it says how many more there are.
CARD_ROWS = 6


def summary_cards(patient: Patient) -> dict[str, Any]:
    """For each room with a card what it shows: the rows, and how many more there are."""
    vitals = vital_signs(patient)
    return {
        "conditions": _card(condition_rows(patient)),
        "medications": _card(medication_rows(patient)),
        "allergies": _card(allergy_rows(patient)),
        "observations": {
            "vitals": latest_vitals(vitals)[:CARD_ROWS],
            "bmi": body_mass_index(vitals),
            "results": results(patient, limit=CARD_ROWS),
        },
        "immunizations": _card(immunization_rows(patient), current_only=False),
        "encounters": _card(encounter_rows(patient), current_only=False),
    }


def _card(rows: list[Any], *, current_only: bool = True) -> dict[str, Any]:
    current = [row for row in rows if row.active] if current_only else rows
    return {"rows": current[:CARD_ROWS], "more": max(0, len(current) - CARD_ROWS), "past": len(rows) - len(current)}
