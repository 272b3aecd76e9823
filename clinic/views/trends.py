"""Numbers across time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Observation, Patient
from clinic.queries.trends import MOST, SPANS, kinds, trend_of
from clinic.views.lists import row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui.navigation import Tab


@require_safe
@chart_view(Permission.VIEW_CHART, section="vitals")
def trends(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All that has numbers, each with its latest value and a small trend."""
    context = {**chart_context(request, patient, "vitals"), "kinds": kinds(patient)}
    return render(request, "clinic/trends/list.html", context)


@require_safe
@chart_view(Permission.VIEW_CHART, section="vitals")
def detail(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """What one observation measured, across time: drawn, and in a table."""
    row = row_of(Observation, patient, row_id)
    span = request.GET.get("span", "")
    span = span if span in SPANS else "all"
    days = SPANS[span][1]
    base = reverse("clinic:trends_detail", args=[patient.pk, row.pk])
    context = {
        **chart_context(request, patient, "vitals"),
        "trend": trend_of(row, patient, since=timezone.now() - timedelta(days=days) if days else None),
        "spans": [Tab(label, f"{base}?span={name}", current=name == span) for name, (label, _) in SPANS.items()],
        "most": MOST,
    }
    return render(request, "clinic/trends/detail.html", context)
