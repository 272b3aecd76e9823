"""The chart's first page: one card for each list, in the order of the chart's sections."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from clinic.access import chart_view
from clinic.cards import summary_cards
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission

#: What the summary fetches by URL name: what upper floors show, so that nothing here knows them.
PANELS: tuple[tuple[str, str, Permission], ...] = (
    ("Appointments", "scheduling:patient_panel", Permission.VIEW_SCHEDULE),
    ("Billing", "billing:patient_panel", Permission.VIEW_BILLING),
)


@chart_view(Permission.VIEW_CHART, section="summary")
def summary(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The summary of a chart."""
    context = {
        **chart_context(request, patient, "summary"),
        "cards": summary_cards(patient, request.user),
        "panels": _panels(request, patient),
    }
    return render(request, "clinic/chart/summary.html", context)


def _panels(request: HttpRequest, patient: Patient) -> list[tuple[str, str]]:
    """Label and address of the panels that exist and that the user may see."""
    found = []
    for label, name, permission in PANELS:
        try:
            path = reverse(name, args=[patient.pk])
        except NoReverseMatch:
            continue
        if request.user.has_perm(permission):
            found.append((label, path))
    return found
