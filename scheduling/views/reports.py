"""How long things take, as a page and as a file of the same rows. No patient is named."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.shared.csv_files import csv_response
from scheduling.forms.reports import ThroughputFilter
from scheduling.queries.throughput import COLUMNS, Part, throughput


@require_safe
@staff_view(Permission.VIEW_REPORTS)
def reports_throughput(request: StaffRequest) -> HttpResponse:
    """Mean and median of each stage, waiting, punctuality, walk-ins: of everybody and of each practitioner."""
    form, (first, last), parts = _read(request)
    context = {"form": form, "first": first, "last": last, "parts": parts, "columns": COLUMNS[1:]}
    return render(request, "scheduling/reports/throughput.html", context)


@require_safe
@staff_view(Permission.VIEW_REPORTS)
def reports_throughput_csv(request: StaffRequest) -> HttpResponseBase:
    """The rows of the page as CSV."""
    _, _, parts = _read(request)
    rows = [(part.name, *measure.cells) for part in parts for measure in part.measures]
    return csv_response("throughput.csv", COLUMNS, rows)


def _read(request: StaffRequest) -> tuple[ThroughputFilter, tuple[date, date], list[Part]]:
    form = ThroughputFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    return form, form.period, throughput(*form.period, wanted.get("practitioner"))
