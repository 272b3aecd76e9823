"""Paper of a visit and of the whole chart."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.charts import print_chart
from clinic.chart import chart_context
from clinic.forms.charts import ChartPrintForm
from clinic.models import Encounter, Patient
from clinic.printouts.visits import summary_pdf, visit_pdf
from clinic.views.lists import row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.ui import formats, htmx
from emr.ui.forms import sent


@require_safe
@chart_view(Permission.VIEW_CHART, section="encounters", action=AccessAction.PRINT)
def visit_summary(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """What the patient takes home from a visit."""
    encounter = row_of(Encounter, patient, encounter_id)
    return _pdf(summary_pdf(encounter, by=request.user, printed=timezone.now()), "summary", encounter.period_start)


@require_safe
@chart_view(Permission.VIEW_NOTES, section="encounters", action=AccessAction.PRINT)
def visit(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """All that the record says of a visit."""
    encounter = row_of(Encounter, patient, encounter_id)
    return _pdf(visit_pdf(encounter, by=request.user, printed=timezone.now()), "visit", encounter.period_start)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.VIEW_NOTES, section="summary")
def chart(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Ask for the whole chart as a PDF, which a job makes: a long chart takes longer than a page may."""
    form = ChartPrintForm(sent(request))
    if form.is_valid():
        job = print_chart(by=request.user, patient=patient, request_token=form.cleaned_data["token"])
        return htmx.redirect(request, reverse("jobs:jobs_detail", args=[job.pk]))
    context = {**chart_context(request, patient, "summary"), "form": form}
    return render(request, "clinic/chart/print_form.html", context, status=form.http_status)


def _pdf(data: bytes, kind: str, day: datetime) -> HttpResponse:
    name = f"{kind}-{formats.iso(day)[:10]}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(data, content_type="application/pdf", headers=headers)
