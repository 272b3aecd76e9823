"""Reports about money: one page and one file for all of them, with the same cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.forms.reports import (
    AgingForm,
    CollectionsForm,
    JournalForm,
    PaymentsReportForm,
    ProductivityForm,
    ReportForm,
)
from billing.queries.aging_report import aging_report
from billing.queries.collecting import collections_list
from billing.queries.journal import journal
from billing.queries.productivity import productivity
from billing.queries.received import received
from billing.queries.report_tables import Report, Row, in_file
from billing.views.lists import link
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.csv_files import csv_response
from emr.ui import formats
from emr.ui.navigation import Tab

#: How many lines of a table stand on one page; its file has all of them.
PAGE_SIZE = 300


@dataclass(frozen=True)
class Kind:
    """One of the reports: how its address is read and what is then made of it."""

    label: str
    form: type[ReportForm]
    make: Callable[[User, Any], Report]


KINDS = {
    "aging": Kind("Aging", AgingForm, lambda user, form: aging_report(user, form.asked())),
    "collections": Kind("Collections", CollectionsForm, lambda user, form: collections_list(user, form.asked())),
    "payments": Kind("Payments", PaymentsReportForm, lambda user, form: received(user, form.asked())),
    "productivity": Kind("Productivity", ProductivityForm, lambda _, form: productivity(*form.asked())),
    "journal": Kind("Journal", JournalForm, lambda user, form: journal(user, form.asked())),
}


@require_safe
@staff_view(Permission.VIEW_BILLING)
def show(request: StaffRequest, name: str) -> HttpResponse:
    """A report. Each patient whom the page names is on record as read."""
    form = KINDS[name].form.of(request.GET.dict())
    report = KINDS[name].make(request.user, form)
    last = report.tables[-1]
    start = _start(request.GET.get("start", ""), len(last.rows))
    pages = [(one, one.rows if one is not last else one.rows[start : start + PAGE_SIZE]) for one in report.tables]
    record_access(request, _named(row for _, rows in pages for row in rows), section="billing")
    context = {
        "label": KINDS[name].label,
        "form": form,
        "report": report,
        "pages": pages,
        "tabs": [Tab(one.label, reverse(f"billing:reports_{key}"), key == name) for key, one in KINDS.items()],
        "exports": {table.slug: _address(request, f"{name}_export", table=table.slug) for table in report.tables},
        "printed_at": formats.instant(timezone.now()),
        "before_url": _address(request, name, start=max(0, start - PAGE_SIZE)) if start else None,
        "after_url": _address(request, name, start=start + PAGE_SIZE) if start + PAGE_SIZE < len(last.rows) else None,
    }
    return render(request, "billing/reports/report.html", context)


@require_safe
@staff_view(Permission.VIEW_BILLING)
@fresh_login("export this report", reading=True)
def export(request: StaffRequest, name: str) -> StreamingHttpResponse:
    """One table of a report as a file, all its lines. Each patient in it is on record as exported."""
    report = KINDS[name].make(request.user, KINDS[name].form.of(request.GET.dict()))
    table = report.table(request.GET.get("table"))
    if table is None:
        raise Http404
    record_access(request, _named(table.rows), section="billing", action=AccessAction.EXPORT)
    columns = [column.label for column in table.columns]
    return csv_response(
        f"{name}-{table.slug}.csv", columns, ([in_file(cell) for cell in row.cells] for row in table.lines)
    )


def _named(rows: Iterable[Row]) -> list[UUID]:
    return [row.patient for row in rows if row.patient]


def _start(text: str, count: int) -> int:
    """Where a page begins, as far as there are lines."""
    start = int(text) if text.isdecimal() and len(text) < 9 else 0
    return start if start < count else 0


def _address(request: StaffRequest, name: str, **more: Any) -> str:
    """The page with its filters; another page of it, or its file."""
    return link(reverse(f"billing:reports_{name}"), **{**request.GET.dict(), "start": "", **more})
