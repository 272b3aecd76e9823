"""Immunizations."""

from __future__ import annotations

from clinic.actions.immunizations import change_immunization, check, record_immunization
from clinic.forms.immunizations import DoseForm, ImmunizationForm
from clinic.models import Immunization
from clinic.printouts.immunizations import shot_record_pdf
from clinic.queries.encounters import open_visit
from clinic.queries.immunizations import immunization_rows
from clinic.views.lists import Act, Room

ROOM = Room(
    section="immunizations",
    path="immunizations",
    key_name="immunization_id",
    title="Immunizations",
    columns=("Vaccine", "CVX", "On", "Lot", "Site", "VIS", "By"),
    rows=immunization_rows,
    model=Immunization,
    empty="No immunization is recorded. Add doses given here, and those that the patient tells of.",
    noun="immunizations",
    one="an immunization",
    icon_name="syringe",
    key="a i",
    folded=False,
    check=check,
    paper=lambda patient, by, printed: shot_record_pdf(patient, by=by, printed=printed),
    add=Act(
        *("add", "Record a vaccine", "plus", ImmunizationForm),
        lambda by, patient, data: record_immunization(by=by, patient=patient, encounter=open_visit(patient), **data),
        "The vaccine is recorded.",
        button="Record",
    ),
    acts=(
        Act(
            *("edit", "Change", "pencil", DoseForm),
            lambda by, row, data: change_immunization(by=by, immunization=row, **data),
            "The entry is changed.",
            prefill=True,
            button="Save",
        ),
    ),
)
