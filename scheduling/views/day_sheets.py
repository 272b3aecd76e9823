"""The day on paper: one sheet at once, everybody's in the background."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import visible_to
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.ui import htmx
from emr.ui.forms import sent
from scheduling.actions.day_sheets import ask_for_sheets
from scheduling.forms.day import DayForm, SheetsForm
from scheduling.printouts.day_sheets import day_sheet_pdf
from scheduling.queries.day_sheet import day_sheets, visits_by_practitioner


@require_safe
@staff_view(Permission.VIEW_SCHEDULE)
def schedule_sheet(request: StaffRequest, day: date) -> HttpResponse:
    """The day on paper, for the practitioners asked for or for all; each patient on it gets an access row."""
    chosen = DayForm(request.GET).chosen()
    sheets = day_sheets(day, visible_to(request.user), only=chosen.practitioners)
    named = [row.patient_id for sheet in sheets for row in sheet.rows if row.patient_id is not None]
    record_access(request, named, section="schedule", action=AccessAction.PRINT)
    headers = {"Content-Disposition": f'inline; filename="day-sheet-{day.isoformat()}.pdf"'}
    return HttpResponse(day_sheet_pdf(sheets, day, by=request.user), content_type="application/pdf", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.VIEW_SCHEDULE)
def schedule_sheets(request: StaffRequest, day: date) -> HttpResponse:
    """Ask for everybody's sheets in one file; the job tells how far it is, and hands the file out."""
    form = SheetsForm(sent(request))
    if form.is_valid():
        job = ask_for_sheets(by=request.user, day=day, request_token=form.cleaned_data["request_token"])
        return htmx.redirect(request, reverse("jobs:jobs_detail", args=[job.pk]))
    context = {"form": form, "day": day, "counts": visits_by_practitioner(day)}
    return render(request, "scheduling/appointments/day_sheets.html", context, status=form.http_status)
