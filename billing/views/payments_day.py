"""The money of a day: looked at, taken away as a file, counted and closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.actions.closed_days import close_day
from billing.forms.payments import DayCloseForm, PaymentsDayForm
from billing.models import DayClose, Payment
from billing.printouts.receipts import deposit_slip_pdf
from billing.queries.open_items import open_items
from billing.queries.payments_day import (
    COLUMNS,
    DayFilter,
    Sums,
    day_close,
    payers_money,
    payment_rows,
    sum_cells,
    sums_of,
    takers,
    unclosed_days,
)
from billing.views.lists import link
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.csv_files import csv_response
from emr.shared.dates import clinic_today, on_calendar
from emr.ui import formats
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@require_safe
@staff_view(Permission.TAKE_PAYMENTS)
def day(request: StaffRequest) -> HttpResponse:
    """The payments of a day, by method and by person."""
    chosen = PaymentsDayForm(request.GET).chosen(clinic_today())
    rows = payment_rows(request.user, chosen)
    record_access(request, [row.patient_id for row in rows if row.patient_id], section="billing")
    context = {
        "rows": rows,
        "chosen": chosen,
        "sums": sums_of(chosen.apply(Payment.objects.all())),
        "payers": payers_money(chosen.day) if request.user.has_perm(Permission.VIEW_BILLING) else [],
        "close": day_close(chosen.day),
        "form": PaymentsDayForm(initial={"day": chosen.day, "method": chosen.method, "kind": chosen.kind}),
        "takers": [("", "Anybody"), *takers(chosen.day)],
        "taker": str(chosen.user or ""),
        "unclosed": unclosed_days(clinic_today()) if request.user.has_perm(Permission.CLOSE_DAY) else [],
        "may_close": request.user.has_perm(Permission.CLOSE_DAY) and chosen.day <= clinic_today(),
        "export_url": address(chosen, "billing:payments_day_export"),
        **_neighbours(chosen),
    }
    return render(request, "billing/payments_day/day.html", context)


@require_safe
@staff_view(Permission.TAKE_PAYMENTS)
@fresh_login("export these payments", reading=True)
def day_export(request: StaffRequest) -> StreamingHttpResponse:
    """The rows of the screen as a file. Each patient in it is on record as exported."""
    chosen = PaymentsDayForm(request.GET).chosen(clinic_today())
    rows = payment_rows(request.user, chosen)
    patients = [row.patient_id for row in rows if row.patient_id]
    record_access(request, patients, section="billing", action=AccessAction.EXPORT)
    lines = [row.cells() for row in rows] + ([sum_cells(rows)] if rows else [])
    return csv_response(f"payments-{chosen.day.isoformat()}.csv", COLUMNS, lines)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.CLOSE_DAY)
def close(request: StaffRequest, day: date) -> HttpResponseBase:
    """Count the drawer, look at what is open, and close the day for good."""
    sums = sums_of(Payment.objects.filter(business_date=day))
    there = day_close(day)
    form = DayCloseForm(sent(request), initial={"payments_seen": sums.count})
    if there is None and form.is_valid():
        with form.refusals():
            close_day(by=request.user, business_date=day, **form.cleaned_data)
            return redirect(request, reverse("billing:payments_close", args=[day]), f"{formats.day(day)} is closed.")
    return _close_page(request, day, sums, there or day_close(day), form)


@require_safe
@staff_view(Permission.CLOSE_DAY)
def deposit_slip(request: StaffRequest, day: date) -> HttpResponse:
    """The deposit slip of a closed day as a PDF."""
    closed = day_close(day)
    if closed is None:
        raise Http404
    response = HttpResponse(deposit_slip_pdf(closed), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="deposit-{day.isoformat()}.pdf"'
    return response


def address(chosen: DayFilter, name: str = "billing:payments_day") -> str:
    """The address of a day with its filters."""
    return link(reverse(name), day=chosen.day.isoformat(), method=chosen.method, kind=chosen.kind, user=chosen.user)


def _neighbours(chosen: DayFilter) -> dict[str, Any]:
    """The days before and after, as far as a calendar goes."""
    days = {"before": chosen.day - timedelta(days=1), "after": chosen.day + timedelta(days=1)}
    return {
        f"{name}_url": address(replace(chosen, day=other)) if on_calendar(other) else None
        for name, other in days.items()
    } | {"today_url": None if chosen.day == clinic_today() else reverse("billing:payments_day")}


def _close_page(
    request: StaffRequest, day: date, sums: Sums, closed: DayClose | None, form: DayCloseForm
) -> HttpResponse:
    if form.is_bound:
        # What was counted is kept; what it is compared with is what the page shows now.
        form.data = {**dict(request.POST.items()), "payments_seen": str(sums.count)}
    context = {
        "day": day,
        "sums": Sums.of_data(closed.totals) if closed else sums,
        "closed": closed,
        "items": closed.open_items if closed else [item.to_data() for item in open_items(day)],
        "form": form,
        "to_come": day > clinic_today(),
        "day_url": address(DayFilter(day)),
    }
    return render(request, "billing/payments_day/close.html", context, status=form.http_status)
