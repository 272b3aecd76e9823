"""Visits."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from clinic.access import chart_view
from clinic.models import Patient
from clinic.queries.lists import encounter_rows
from clinic.views.lists import Room, list_page
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission

ROOM = Room(
    section="encounters",
    title="Visits",
    columns=("Visit", "When", "Seen by", "Reason", "Diagnoses"),
    rows=encounter_rows,
    empty="No visit yet. A visit opens when the patient is checked in.",
    list_url="clinic:encounters_list",
)


@require_safe
@chart_view(Permission.VIEW_ENCOUNTERS, section="encounters")
def encounters(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All visits."""
    return list_page(request, patient, ROOM)
