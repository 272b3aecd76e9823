"""Immunizations."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.immunizations import record_immunization
from clinic.forms.lists import ImmunizationForm
from clinic.models import Immunization, Patient
from clinic.queries.encounters import open_visit
from clinic.queries.immunizations import immunization_rows
from clinic.views.lists import Room, RowLink, entry, error_entry, list_page, row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])

ROOM = Room(
    section="immunizations",
    title="Immunizations",
    columns=("Vaccine", "CVX", "On", "Lot", "Lot expires", "By"),
    rows=immunization_rows,
    empty="No immunization is recorded. Add doses given here, and those that the patient tells of.",
    noun="immunizations",
    icon_name="syringe",
    key="a i",
    folded=False,
    list_url="clinic:immunizations_list",
    history_url="clinic:immunizations_history",
    add_url="clinic:immunizations_add",
    add_label="Record a vaccine",
    links=(RowLink("Entered in error", "ban", "clinic:immunizations_error"),),
)


@require_safe
@chart_view(Permission.VIEW_CHART, section="immunizations")
def immunizations(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The vaccines."""
    return list_page(request, patient, ROOM)


@_page
@chart_view(Permission.EDIT_CHART, section="immunizations")
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Record a dose."""
    return entry(
        request,
        patient,
        ROOM,
        ImmunizationForm(sent(request)),
        lambda data: record_immunization(by=request.user, patient=patient, encounter=open_visit(patient), **data),
        panel="Record a vaccine",
        done="The vaccine is recorded.",
        button="Record",
    )


@_page
@chart_view(Permission.EDIT_CHART, section="immunizations")
def error(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Mark a dose as entered in error."""
    return error_entry(request, patient, ROOM, row_of(Immunization, patient, row_id))
