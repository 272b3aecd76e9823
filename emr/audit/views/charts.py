"""Who looked at a chart: on a page, on paper and as a file for the patient who asks.

These are pages of the log and not of the chart: a privacy officer may read the log of a restricted chart without being
let into it. They name its patient by the number.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import Clinic
from emr.audit import directory
from emr.audit.directory import Label
from emr.audit.forms import PeriodForm
from emr.audit.models import AccessAction, PurposeOfUse, SecurityKind
from emr.audit.queries.lookers import LIMIT, looks_at
from emr.audit.reads import record_access
from emr.audit.security import record_security_event
from emr.pdf import render_pdf
from emr.shared.csv_files import csv_response
from emr.ui import formats

_SECTION = "accesses"
_COLUMNS = ("Day", "Time", "Who", "Role", "Parts", "How", "Why", "Entries", "Refused")


@require_safe
@staff_view(Permission.VIEW_AUDIT)
def charts_detail(request: StaffRequest, chart_id: UUID) -> HttpResponse:
    """Who looked at a chart, by person and day."""
    label, form = _label(request, chart_id), PeriodForm(request.GET or None)
    looks, more = looks_at(chart_id, *form.period())
    record_access(request, [chart_id], section=_SECTION, purpose=PurposeOfUse.COMPLIANCE)
    query = f"?{urlencode(form.query())}" if form.query() else ""
    context: dict[str, Any] = {
        "patient": label,
        "filter": form,
        "looks": looks,
        "more": f"The newest {LIMIT} of more. Set a period to see the others." if more else "",
        "people": len({look.who for look in looks}),
        "print_url": reverse("audit:charts_print", args=[chart_id]) + query,
        "file_url": reverse("audit:charts_export", args=[chart_id]) + query,
        "may_export": request.user.has_perm(Permission.EXPORT_AUDIT),
    }
    return render(request, "audit/charts/detail.html", context, status=422 if form.is_bound and form.errors else 200)


@require_safe
@staff_view(Permission.EXPORT_AUDIT)
@fresh_login("print who looked at this chart", reading=True)
def charts_print(request: StaffRequest, chart_id: UUID) -> HttpResponse:
    """The same on paper, to hand to the patient."""
    label, form = _label(request, chart_id), PeriodForm(request.GET or None)
    looks, more = looks_at(chart_id, *form.period())
    _taken(request, chart_id, AccessAction.PRINT)
    context = {
        "patient": label,
        "looks": looks,
        "more": more,
        "period": form.words(),
        "printed_at": formats.instant(timezone.now()),
        "printed_by": str(request.user),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    pdf = render_pdf("audit/charts/print.html", context)
    headers = {"Content-Disposition": 'inline; filename="access-report.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@require_safe
@staff_view(Permission.EXPORT_AUDIT)
@fresh_login("export who looked at this chart", reading=True)
def charts_export(request: StaffRequest, chart_id: UUID) -> HttpResponseBase:
    """The same as a file."""
    _label(request, chart_id)
    form = PeriodForm(request.GET or None)
    looks, _ = looks_at(chart_id, *form.period(), whole=True)
    _taken(request, chart_id, AccessAction.EXPORT)
    rows = [
        (look.day, look.times, look.who, look.role, look.parts, look.how, look.why, look.count, look.denied)
        for look in looks
    ]
    return csv_response("access-report.csv", _COLUMNS, rows)


def _taken(request: StaffRequest, chart_id: UUID, action: AccessAction) -> None:
    record_access(request, [chart_id], section=_SECTION, action=action, purpose=PurposeOfUse.PATIENT_REQUEST)
    record_security_event(SecurityKind.EXPORT, request=request, detail="Access report of a chart")


def _label(request: StaffRequest, chart_id: UUID) -> Label:
    """The patient whose chart it is; an id of nobody is not found."""
    label = directory.labels(request.user, [chart_id]).get(chart_id)
    if label is None:
        raise Http404
    return label
