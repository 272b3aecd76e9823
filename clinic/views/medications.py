"""Medications."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.medications import add_medication, stop_medication
from clinic.forms.lists import MedicationForm, StopForm
from clinic.models import MedicationStatement, Patient
from clinic.queries.encounters import open_visit
from clinic.queries.medications import medication_rows
from clinic.views.lists import Room, RowLink, entry, error_entry, list_page, row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])

ROOM = Room(
    section="medications",
    title="Medications",
    columns=("Drug", "Directions", "For", "Started", "Stopped", "Prescriber"),
    rows=medication_rows,
    empty="No medication is recorded. Add what the patient takes, whoever prescribed it.",
    noun="medications",
    icon_name="pill",
    key="a m",
    list_url="clinic:medications_list",
    history_url="clinic:medications_history",
    add_url="clinic:medications_add",
    add_label="Add a medication",
    links=(
        RowLink("Stop", "circle-stop", "clinic:medications_stop"),
        RowLink("Entered in error", "ban", "clinic:medications_error", active_only=False),
    ),
)


@require_safe
@chart_view(Permission.VIEW_CHART, section="medications")
def medications(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The medication list."""
    return list_page(request, patient, ROOM)


@_page
@chart_view(Permission.EDIT_CHART, section="medications")
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Add a drug."""

    def write(data: dict[str, object]) -> object:
        given = {name: value for name, value in data.items() if value not in (None, "")}
        return add_medication(by=request.user, patient=patient, encounter=open_visit(patient), **given)  # type: ignore[arg-type]

    return entry(
        request,
        patient,
        ROOM,
        MedicationForm(sent(request)),
        write,
        panel="Add a medication",
        done="The medication is on the list.",
        button="Add",
    )


@_page
@chart_view(Permission.EDIT_CHART, section="medications")
def stop(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Stop a drug."""
    row = row_of(MedicationStatement, patient, row_id)
    return entry(
        request,
        patient,
        ROOM,
        StopForm(sent(request)),
        lambda data: stop_medication(by=request.user, medication=row, **data),
        panel=f"Stop: {row.display}",
        done="The medication is stopped.",
        button="Stop",
    )


@_page
@chart_view(Permission.EDIT_CHART, section="medications")
def error(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Mark a drug as entered in error."""
    return error_entry(request, patient, ROOM, row_of(MedicationStatement, patient, row_id))
