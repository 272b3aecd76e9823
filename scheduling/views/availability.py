"""Everybody's hours, for the manager: sessions added, changed, ended, copied; one day set anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import Form, sent
from scheduling.actions.availability import change_hours, copy_week, end_hours, set_week, withdraw_hours
from scheduling.actions.exceptions import override_day
from scheduling.forms.availability import ChangeHoursForm, CopyWeekForm, EndHoursForm, HoursForm, OverrideForm
from scheduling.models import Schedule
from scheduling.queries.availability import (
    bookable_practitioners,
    days_outside_hours,
    exceptions_ahead,
    hours_by_practitioner,
    week_of,
)

_EDIT = "scheduling:hours_edit"


@require_safe
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_list(request: StaffRequest) -> HttpResponse:
    """Everybody's week, and the time ahead that differs from it."""
    context = {"weeks": hours_by_practitioner(), "exceptions": exceptions_ahead()}
    return render(request, "scheduling/availability/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_edit(request: StaffRequest, practitioner_id: UUID) -> HttpResponse:
    """One practitioner's week; what is sent is a new session."""
    practitioner = get_object_or_404(bookable_practitioners(), pk=practitioner_id)
    form = HoursForm(sent(request))
    if form.is_valid():
        with form.refusals():
            set_week(by=request.user, practitioner=practitioner, **form.session())
            return htmx.redirect(request, request.path, "Hours saved.", "success")
    return _page(request, practitioner, form=form, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_change(request: StaffRequest, schedule_id: UUID) -> HttpResponse:
    """One session: changed from a day on, ended, or taken back."""
    row = get_object_or_404(Schedule.objects.standing().select_related("practitioner"), pk=schedule_id)
    form = ChangeHoursForm.of(row, sent(request))
    if form.is_valid():
        with form.refusals():
            change_hours(by=request.user, schedule=row, **form.session())
            to = reverse(_EDIT, args=[row.practitioner_id])
            return htmx.redirect(request, to, "Hours changed.", "success")
    context = {"form": form, "session": row, "end_form": EndHoursForm()}
    return render(request, "scheduling/availability/session.html", context, status=form.http_status)


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_end(request: StaffRequest, schedule_id: UUID) -> HttpResponse:
    """Give a session its last day."""
    row = get_object_or_404(Schedule.objects.standing().select_related("practitioner"), pk=schedule_id)
    form = EndHoursForm(request.POST)
    if form.is_valid():
        with form.refusals():
            end_hours(by=request.user, schedule=row, **form.cleaned_data)
            return htmx.redirect(
                request, reverse(_EDIT, args=[row.practitioner_id]), "The session ends then.", "success"
            )
    context = {"form": ChangeHoursForm.of(row), "session": row, "end_form": form}
    return render(request, "scheduling/availability/session.html", context, status=422)


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_withdraw(request: StaffRequest, schedule_id: UUID) -> HttpResponse:
    """Take back a session that was never held."""
    row = get_object_or_404(Schedule, pk=schedule_id)
    Form(request.POST).is_valid()
    to = reverse(_EDIT, args=[row.practitioner_id])
    try:
        withdraw_hours(by=request.user, schedule=row)
    except DomainError as refusal:
        return htmx.redirect(request, to, refusal.message, "error")
    return htmx.redirect(request, to, "The session was taken back.", "success")


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_copy(request: StaffRequest, practitioner_id: UUID) -> HttpResponse:
    """Give a practitioner somebody else's week."""
    practitioner = get_object_or_404(bookable_practitioners(), pk=practitioner_id)
    form = CopyWeekForm(request.POST)
    if form.is_valid():
        source, first = form.cleaned_data["source"], form.cleaned_data["copy_from"]
        with form.refusals():
            made = copy_week(by=request.user, source=source, to=practitioner, effective_from=first)
            said = f"Sessions copied from {source.short_name}: {len(made)}."
            return htmx.redirect(request, reverse(_EDIT, args=[practitioner.pk]), said, "success")
    return _page(request, practitioner, copy_form=form, status=422)


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_override(request: StaffRequest, practitioner_id: UUID) -> HttpResponse:
    """Set one day's hours anew."""
    practitioner = get_object_or_404(bookable_practitioners(), pk=practitioner_id)
    form = OverrideForm(request.POST)
    if form.is_valid():
        wanted = {"day": form.cleaned_data["day"], "hours": form.cleaned_data["hours"]}
        reason = form.cleaned_data["override_reason"]
        with form.refusals():
            made = override_day(by=request.user, practitioner=practitioner, reason=reason, **wanted)
            said = "The day was set." if made else "The week has these hours on that day already."
            return htmx.redirect(request, reverse(_EDIT, args=[practitioner.pk]), said, "success")
    return _page(request, practitioner, override_form=form, status=422)


def _page(request: StaffRequest, practitioner: Practitioner, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "practitioner": practitioner,
        "week": week_of(practitioner),
        "exceptions": exceptions_ahead(practitioner),
        "outside": days_outside_hours(practitioner),
        "form": HoursForm(),
        "copy_form": CopyWeekForm(),
        "override_form": OverrideForm(),
        **forms,
    }
    return render(request, "scheduling/availability/edit.html", context, status=status)
