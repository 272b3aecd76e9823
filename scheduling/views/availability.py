"""Hours, closed time and kinds of visit, for the manager."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.access.decorators import staff_view
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner
from emr.shared.errors import DomainError
from emr.ui import htmx
from scheduling.actions.appointment_types import add_appointment_type, change_appointment_type
from scheduling.actions.availability import block_time, end_hours, set_hours, withdraw_block
from scheduling.choices import Weekday
from scheduling.forms.appointments import StepForm
from scheduling.forms.availability import AppointmentTypeForm, EndHoursForm, ExceptionForm, HoursForm
from scheduling.models import AppointmentType, Schedule, ScheduleException
from scheduling.queries.availability import (
    appointment_types,
    bookable_practitioners,
    exceptions_ahead,
    hours_by_practitioner,
    sessions_of,
    visits_within,
)

_LIST = "scheduling:hours_list"


@require_safe
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_list(request: HttpRequest) -> HttpResponse:
    """Everybody's week, and the time that is closed."""
    return _list(request, ExceptionForm())


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_edit(request: HttpRequest, practitioner_id: UUID) -> HttpResponse:
    """One practitioner's week: sessions added here, ended by ``hours_end``."""
    practitioner = get_object_or_404(bookable_practitioners(), pk=practitioner_id)
    form = HoursForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _set(request, practitioner, form.cleaned_data)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, request.path, "Hours saved.", "success")
    context = {
        "form": form,
        "practitioner": practitioner,
        "sessions": sessions_of(practitioner),
        "end_form": EndHoursForm(),
    }
    return render(request, "scheduling/availability/edit.html", context, status=422 if form.is_bound else 200)


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def hours_end(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Give a session its last day."""
    row = get_object_or_404(Schedule, pk=schedule_id)
    to = reverse("scheduling:hours_edit", args=[row.practitioner_id])
    form = EndHoursForm(request.POST)
    if not form.is_valid():
        return htmx.redirect(request, to, "Enter the last day, like 23-Nov-2026.", "error")
    try:
        end_hours(by=request.user, schedule=row, **form.cleaned_data)  # type: ignore[arg-type]  # the door
    except DomainError as refusal:
        return htmx.redirect(request, to, refusal.message, "error")
    return htmx.redirect(request, to, "The session ends then.", "success")


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def exceptions_add(request: HttpRequest) -> HttpResponse:
    """Close a stretch of time."""
    form = ExceptionForm(request.POST)
    if form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("practitioner", "start_at", "end_at", "reason")}
        try:
            made = block_time(by=request.user, **wanted)  # type: ignore[arg-type]  # the door
        except DomainError as refusal:
            form.take(refusal)
        else:
            standing = visits_within(made)
            said = f"Closed. Visits that stand in it and must be moved: {standing}." if standing else "Closed."
            return htmx.redirect(request, reverse(_LIST), said, "warning" if standing else "success")
    return _list(request, form, status=422)


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def exceptions_withdraw(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    """Open closed time again."""
    row = get_object_or_404(ScheduleException, pk=exception_id)
    StepForm(request.POST).is_valid()
    withdraw_block(by=request.user, exception=row)  # type: ignore[arg-type]  # the door
    return htmx.redirect(request, reverse(_LIST), "The time is open again.", "success")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def types_list(request: HttpRequest) -> HttpResponse:
    """The kinds of visit, and a new one."""
    form = AppointmentTypeForm(
        request.POST if request.method == "POST" else None, initial={"takes_copay": True, "duration_minutes": 20}
    )
    if request.method == "POST" and form.is_valid():
        wanted = {name: value for name, value in form.cleaned_data.items() if name != "active"}
        try:
            add_appointment_type(by=request.user, **wanted)  # type: ignore[arg-type]  # the door
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, request.path, "Type added.", "success")
    context = {"form": form, "types": appointment_types()}
    return render(request, "scheduling/availability/types.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def types_edit(request: HttpRequest, type_id: UUID) -> HttpResponse:
    """Change a kind of visit."""
    row = get_object_or_404(AppointmentType, pk=type_id)
    form = AppointmentTypeForm.of(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            change_appointment_type(by=request.user, appointment_type=row, **form.cleaned_data)  # type: ignore[arg-type]
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, reverse("scheduling:types_list"), "Type saved.", "success")
    context = {"form": form, "types": appointment_types(), "editing": row}
    return render(request, "scheduling/availability/types.html", context, status=422 if form.is_bound else 200)


def _set(request: HttpRequest, practitioner: Practitioner, wanted: dict[str, Any]) -> None:
    days = wanted.pop("weekdays")
    for weekday in days:
        set_hours(by=request.user, practitioner=practitioner, weekday=Weekday(weekday), **wanted)  # type: ignore[arg-type]


def _list(request: HttpRequest, form: ExceptionForm, *, status: int = 200) -> HttpResponse:
    context = {"weeks": hours_by_practitioner(), "exceptions": exceptions_ahead(), "form": form}
    return render(request, "scheduling/availability/list.html", context, status=status)
