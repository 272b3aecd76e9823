"""Family history."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from clinic.access import chart_view
from clinic.actions.family_histories import add_relative, change_relative, check, record_none_in_family
from clinic.forms.family_histories import RelativeForm
from clinic.models import FamilyMemberHistory, Patient
from clinic.queries.encounters import open_visit
from clinic.queries.family_histories import family_rows
from clinic.views.lists import Act, Room
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx

ROOM = Room(
    section="family_history",
    path="family-history",
    key_name="family_id",
    title="Family history",
    columns=("Condition", "Relative", "Began", "Lives", "Code", "Note"),
    rows=family_rows,
    model=FamilyMemberHistory,
    empty="Nobody has asked yet what ran in the family. Record what the patient tells, or that nothing is known.",
    noun="entries",
    one="a relative's condition",
    icon_name="users",
    key="a f",
    check=check,
    above="clinic/family_histories/_none_known.html",
    add=Act(
        *("add", "Add a relative's condition", "plus", RelativeForm),
        lambda by, patient, data: add_relative(by=by, patient=patient, encounter=open_visit(patient), **data),
        "The condition is recorded.",
        button="Add",
    ),
    acts=(
        Act(
            *("edit", "Change", "pencil", RelativeForm),
            lambda by, row, data: change_relative(by=by, relative=row, **data),
            "The entry is changed.",
            prefill=True,
            button="Save",
        ),
    ),
)


@require_POST
@chart_view(Permission.EDIT_CHART, section="family_history")
def none_known(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Record that somebody asked and nothing is known in the family."""
    page = reverse(ROOM.list_url, args=[patient.pk])
    try:
        record_none_in_family(by=request.user, patient=patient, encounter=open_visit(patient))
    except DomainError as error:
        return htmx.redirect(request, page, error.message, "error")
    return htmx.redirect(request, page, "Nothing known in the family: recorded.")
