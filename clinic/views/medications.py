"""Medications."""

from __future__ import annotations

from typing import Any

from clinic.actions.medications import add_medication, change_medication, check_again, stop_medication
from clinic.forms.medications import MedicationChangeForm, MedicationForm, StopForm
from clinic.models import MedicationStatement, Patient
from clinic.queries.encounters import open_visit
from clinic.queries.medications import medication_rows
from clinic.views.lists import Act, Room
from clinic.views.reconciliations import list_context
from emr.accounts.models import User


def _add(by: User, patient: Patient, data: dict[str, Any]) -> object:
    given = {name: value for name, value in data.items() if value not in (None, "")}
    return add_medication(by=by, patient=patient, encounter=open_visit(patient), **given)


ROOM = Room(
    section="medications",
    path="medications",
    key_name="medication_id",
    title="Medications",
    columns=("Drug", "Directions", "For", "Started", "Stopped", "Prescriber"),
    rows=medication_rows,
    model=MedicationStatement,
    empty="No medication is recorded. Add what the patient takes, whoever prescribed it.",
    noun="medications",
    one="a medication",
    icon_name="pill",
    key="a m",
    check=check_again,
    above="clinic/medications/_above.html",
    more=list_context,
    ways=(
        ("Prescribe", "signature", "clinic:prescriptions_prescribe"),
        ("Refill asked for", "refresh-cw", "clinic:refills_add"),
    ),
    add=Act(*("add", "Add a medication", "plus", MedicationForm), _add, "The medication is on the list.", button="Add"),
    acts=(
        Act(
            *("edit", "Change", "pencil", MedicationChangeForm),
            lambda by, row, data: change_medication(by=by, medication=row, **data),
            "The medication is changed.",
            prefill=True,
            button="Save",
        ),
        Act(
            *("stop", "Stop", "circle-stop", StopForm),
            lambda by, row, data: stop_medication(by=by, medication=row, **data),
            "The medication has ended.",
        ),
    ),
)
