"""Which policy each booked visit of a patient will use."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui import htmx
from scheduling.queries.coverages import visit_coverages


@require_safe
@chart_view(Permission.VIEW_SCHEDULE, section="appointments")
def of_visits(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The coming visits with their policies: a fragment of the insurance page, and a page of its own."""
    context: dict[str, Any] = {"visits": visit_coverages(patient)}
    if not htmx.is_htmx(request):
        context |= chart_context(request, patient, "coverages")
    return htmx.render(request, "scheduling/coverages/visits.html", "scheduling/coverages/_visits.html", context)
