"""Procedures."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.models import Patient, Procedure
from clinic.queries.procedures import procedure_rows
from clinic.views.lists import Room, RowLink, error_entry, list_page, row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission

ROOM = Room(
    section="procedures",
    title="Procedures",
    columns=("Procedure", "Code", "On", "By", "Note"),
    rows=procedure_rows,
    empty="No procedure is recorded.",
    noun="procedures",
    icon_name="scissors",
    folded=False,
    list_url="clinic:procedures_list",
    history_url="clinic:procedures_history",
    links=(RowLink("Entered in error", "ban", "clinic:procedures_error"),),
)


@require_safe
@chart_view(Permission.VIEW_CHART, section="procedures")
def procedures(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What was done."""
    return list_page(request, patient, ROOM)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.EDIT_CHART, section="procedures")
def error(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Mark a procedure as entered in error."""
    return error_entry(request, patient, ROOM, row_of(Procedure, patient, row_id))
