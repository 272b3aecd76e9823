"""Time that differs from the week: closed, off, extra; holidays; and the visits that stand in it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import visible_to
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.reads import record_access
from emr.shared.dates import clinic_today
from emr.ui import htmx
from emr.ui.forms import Form, sent
from scheduling.actions.exceptions import add_holidays, block_time, withdraw_block
from scheduling.forms.availability import ExceptionForm
from scheduling.forms.resources import HolidaysForm, YearForm
from scheduling.models import ScheduleException
from scheduling.queries.availability import exceptions_ahead
from scheduling.queries.exceptions import holidays_of, standing_in

_LIST = "scheduling:hours_list"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def exceptions_add(request: StaffRequest) -> HttpResponse:
    """Close a stretch of time, or open one; leads to the visits that must be moved."""
    form = ExceptionForm(sent(request))
    if form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("practitioner", "start_at", "end_at", "reason", "kind")}
        with form.refusals():
            made = block_time(by=request.user, **wanted)
            return _done(request, made)
    context = {"form": form, "exceptions": exceptions_ahead()}
    return render(request, "scheduling/exceptions/form.html", context, status=form.http_status)


@require_safe
@staff_view(Permission.MANAGE_SCHEDULES)
def exceptions_detail(request: StaffRequest, exception_id: UUID) -> HttpResponse:
    """One stretch of time, and the visits that stand in it; each patient who is named gets an access row."""
    row = get_object_or_404(ScheduleException.objects.select_related("practitioner"), pk=exception_id)
    standing = standing_in(row, visible_to(request.user))
    record_access(request, [visit.patient_id for visit in standing.named], section="schedule")
    return render(request, "scheduling/exceptions/detail.html", {"exception": row, "standing": standing})


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def exceptions_withdraw(request: StaffRequest, exception_id: UUID) -> HttpResponse:
    """Let the week's hours hold again."""
    row = get_object_or_404(ScheduleException, pk=exception_id)
    Form(request.POST).is_valid()
    withdraw_block(by=request.user, exception=row)
    said = "The extra hours were taken back." if row.adds_time else "The time is open again."
    return htmx.redirect(request, reverse(_LIST), said, "success")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def holidays_list(request: StaffRequest) -> HttpResponse:
    """A year's holidays: those that stand, and those that are offered."""
    year = YearForm(request.GET).chosen()
    standing = holidays_of(year)
    taken = {day for holiday in standing for day in holiday.days}
    form = HolidaysForm(sent(request), year=year, standing=taken)
    if form.is_valid():
        with form.refusals():
            made = add_holidays(by=request.user, days=form.days())
            return htmx.redirect(request, request.get_full_path(), f"Holidays added: {len(made)}.", "success")
    this = clinic_today().year
    years = [{"label": str(n), "url": f"{request.path}?year={n}", "current": n == year} for n in range(this, this + 3)]
    context = {"form": form, "year": year, "years": years, "standing": standing}
    return render(request, "scheduling/exceptions/holidays.html", context, status=form.http_status)


def _done(request: StaffRequest, made: ScheduleException) -> HttpResponse:
    count = len(standing_in(made, visible_to(request.user)))
    if not count:
        return htmx.redirect(request, reverse(_LIST), "Extra hours added." if made.adds_time else "Closed.", "success")
    to = reverse("scheduling:exceptions_detail", args=[made.pk])
    return htmx.redirect(request, to, f"Closed. Visits that stand in it and must be moved: {count}.", "warning")
