"""Operations and other procedures: the surgical history."""

from __future__ import annotations

from clinic.actions.procedures import change_procedure, check, record_procedure
from clinic.forms.procedures import ProcedureForm
from clinic.models import Procedure
from clinic.queries.encounters import open_visit
from clinic.queries.procedures import procedure_rows
from clinic.views.lists import Act, Room

ROOM = Room(
    section="procedures",
    path="procedures",
    key_name="procedure_id",
    title="Procedures",
    columns=("Procedure", "Code", "On", "By", "For", "Note"),
    rows=procedure_rows,
    model=Procedure,
    empty="No operation or procedure is recorded. Add those done here, and those that the patient tells of.",
    noun="procedures",
    one="a procedure",
    icon_name="scissors",
    key="a o",
    folded=False,
    check=check,
    add=Act(
        *("add", "Add a procedure", "plus", ProcedureForm),
        lambda by, patient, data: record_procedure(by=by, patient=patient, encounter=open_visit(patient), **data),
        "The procedure is recorded.",
        button="Add",
    ),
    acts=(
        Act(
            *("edit", "Change", "pencil", ProcedureForm),
            lambda by, row, data: change_procedure(by=by, procedure=row, **data),
            "The procedure is changed.",
            prefill=True,
            button="Save",
        ),
    ),
)
