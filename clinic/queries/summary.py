"""The cards of the chart's summary: each list's present state, in a fixed number of queries."""

from __future__ import annotations

from typing import Any

from clinic.models import Patient
from clinic.queries.encounters import encounter_rows
from clinic.queries.lists import ListRow, allergy_rows, condition_rows, immunization_rows, medication_rows
from clinic.queries.observations import latest_vitals, vital_signs
from clinic.queries.results import latest_results

#: Rows of a card before it says how many more there are.
CARD_ROWS = 6


def summary_cards(patient: Patient) -> dict[str, Any]:
    """For each room with a card what it shows: the rows, and how many more there are. Twelve queries."""
    vitals = latest_vitals(vital_signs(patient, each=2), patient.birth_date)
    results = latest_results(patient)
    return {
        "conditions": _card(condition_rows(patient)),
        "medications": _card(medication_rows(patient)),
        "allergies": _card(allergy_rows(patient)),
        "observations": {
            "vitals": vitals[:CARD_ROWS],
            "results": results[:CARD_ROWS],
            "more": max(0, len(results) - CARD_ROWS),
        },
        "immunizations": _card(immunization_rows(patient)),
        "encounters": _card(encounter_rows(patient), current_only=False),
    }


def _card(rows: list[ListRow], *, current_only: bool = True) -> dict[str, Any]:
    standing = [row for row in rows if not row.errored]
    current = [row for row in standing if row.active] if current_only else standing
    return {"rows": current[:CARD_ROWS], "more": max(0, len(current) - CARD_ROWS), "past": len(standing) - len(current)}
