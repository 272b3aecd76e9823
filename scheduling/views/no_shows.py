"""The report of missed visits, as a page and as a file of the same rows."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.access import visible_to
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.csv_files import csv_response
from scheduling.forms.no_shows import NoShowFilter
from scheduling.queries.no_shows import COLUMNS, NoShows, no_shows

SECTION = "appointments"


@require_safe
@staff_view(Permission.BOOK_APPOINTMENTS)
def no_shows_report(request: StaffRequest) -> HttpResponse:
    """Missed visits of a period by practitioner, type and patient."""
    form, report = _read(request)
    if report.rows:
        record_access(request, {row.patient_id for row in report.rows}, section=SECTION)
    first, last = form.period
    context = {"form": form, "report": report, "first": first, "last": last, "columns": COLUMNS}
    return render(request, "scheduling/no_shows/report.html", context)


@require_safe
@staff_view(Permission.BOOK_APPOINTMENTS)
@fresh_login("take the list of missed visits as a file", reading=True)
def no_shows_csv(request: StaffRequest) -> HttpResponseBase:
    """The rows of the page as CSV."""
    _, report = _read(request)
    if report.rows:
        patients = {row.patient_id for row in report.rows}
        record_access(request, patients, section=SECTION, action=AccessAction.EXPORT)
    return csv_response("no-shows.csv", COLUMNS, [row.cells for row in report.rows])


def _read(request: StaffRequest) -> tuple[NoShowFilter, NoShows]:
    form = NoShowFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    first, last = form.period
    report = no_shows(
        visible_to(request.user), first, last, practitioner=wanted.get("practitioner"), kind=wanted.get("type")
    )
    return form, report
