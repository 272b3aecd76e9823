"""Problems."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.conditions import add_problem, resolve_problem
from clinic.forms.lists import ProblemForm, ResolveForm
from clinic.models import Condition, Patient
from clinic.queries.conditions import condition_rows
from clinic.queries.encounters import open_visit
from clinic.views.lists import Room, RowLink, entry, error_entry, list_page, row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])

ROOM = Room(
    section="conditions",
    title="Problems",
    columns=("Problem", "Code", "Since", "Until", "Note"),
    rows=condition_rows,
    empty="No problem is recorded. Add what the patient is treated or watched for.",
    noun="problems",
    icon_name="list-checks",
    key="a p",
    list_url="clinic:conditions_list",
    history_url="clinic:conditions_history",
    add_url="clinic:conditions_add",
    add_label="Add a problem",
    links=(
        RowLink("Resolve", "circle-check", "clinic:conditions_resolve"),
        RowLink("Entered in error", "ban", "clinic:conditions_error", active_only=False),
    ),
)


@require_safe
@chart_view(Permission.VIEW_CHART, section="conditions")
def conditions(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The problem list."""
    return list_page(request, patient, ROOM)


@_page
@chart_view(Permission.EDIT_CHART, section="conditions")
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Add a problem."""
    return entry(
        request,
        patient,
        ROOM,
        ProblemForm(sent(request)),
        lambda data: add_problem(by=request.user, patient=patient, encounter=open_visit(patient), **data),
        panel="Add a problem",
        done="The problem is on the list.",
        button="Add",
    )


@_page
@chart_view(Permission.EDIT_CHART, section="conditions")
def resolve(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Say that a problem is over."""
    row = row_of(Condition, patient, row_id)
    return entry(
        request,
        patient,
        ROOM,
        ResolveForm(sent(request)),
        lambda data: resolve_problem(by=request.user, condition=row, **data),
        panel=f"Resolve: {row.display}",
        done="The problem is resolved.",
        button="Resolve",
    )


@_page
@chart_view(Permission.EDIT_CHART, section="conditions")
def error(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Mark a problem as entered in error."""
    return error_entry(request, patient, ROOM, row_of(Condition, patient, row_id))
