"""Problems."""

from __future__ import annotations

from clinic.actions.conditions import add_problem, change_problem, check, reactivate_problem, resolve_problem
from clinic.forms.conditions import ProblemChangeForm, ProblemForm, ResolveForm
from clinic.forms.lists import ConfirmForm
from clinic.models import Condition
from clinic.queries.conditions import condition_rows
from clinic.queries.encounters import open_visit
from clinic.views.lists import Act, Room

ROOM = Room(
    section="conditions",
    path="problems",
    key_name="condition_id",
    title="Problems",
    columns=("Problem", "Code", "Since", "Until", "Certainty", "Note", "Recorded"),
    rows=condition_rows,
    model=Condition,
    empty="No problem is recorded. Add what the patient is treated or watched for.",
    noun="problems",
    one="a problem",
    icon_name="list-checks",
    key="a p",
    check=check,
    add=Act(
        *("add", "Add a problem", "plus", ProblemForm),
        lambda by, patient, data: add_problem(by=by, patient=patient, encounter=open_visit(patient), **data),
        "The problem is on the list.",
        button="Add",
    ),
    acts=(
        Act(
            *("edit", "Change", "pencil", ProblemChangeForm),
            lambda by, row, data: change_problem(by=by, condition=row, **data),
            "The problem is changed.",
            on="any",
            prefill=True,
            button="Save",
        ),
        Act(
            *("resolve", "Resolve", "circle-check", ResolveForm),
            lambda by, row, data: resolve_problem(by=by, condition=row, **data),
            "The problem is resolved.",
        ),
        Act(
            *("reactivate", "Has come back", "rotate-ccw", ConfirmForm),
            lambda by, row, data: reactivate_problem(by=by, condition=row, **data),
            "The problem is active again.",
            on="past",
        ),
    ),
)
