"""Who may do what: the matrix of roles against rights and pages."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from emr.access.decorators import StaffRequest, staff_view
from emr.access.forms import MatrixForm
from emr.access.matrix import Line, filtered, page_lines, rights_lines, roles
from emr.access.permissions import Permission
from emr.shared.csv_files import csv_response


@require_safe
@staff_view(Permission.VIEW_ACCESS)
def matrix(request: StaffRequest) -> HttpResponse:
    """The matrix, narrowed by what stands in the address; the browser prints it."""
    form, by, lines = _chosen(request)
    query = urlencode({name: value for name, value in form.cleaned_data.items() if value})
    context = {
        "form": form,
        "by": by,
        "lines": lines,
        "columns": roles(),
        "csv_url": reverse("access:matrix_csv") + (f"?{query}" if query else ""),
    }
    return render(request, "access/matrix.html", context)


@require_safe
@staff_view(Permission.VIEW_ACCESS)
def matrix_csv(request: StaffRequest) -> HttpResponseBase:
    """The same as a file of comma-separated values."""
    _, by, lines = _chosen(request)
    columns = ["Group", "Right" if by == "rights" else "Page", "Detail", *(role.label for role in roles())]
    return csv_response(f"{by}-by-role.csv", columns, (line.cells() for line in lines))


def _chosen(request: StaffRequest) -> tuple[MatrixForm, str, list[Line]]:
    """What the address asks for; a wrong word in it asks for nothing."""
    form = MatrixForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    by = "pages" if asked.get("by") == "pages" else "rights"
    lines = page_lines() if by == "pages" else rights_lines()
    return form, by, filtered(lines, text=asked.get("q", ""), role=asked.get("role", ""))
