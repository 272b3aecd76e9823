"""A patient's appointments: the list, one of them, and its way through the day. All behind the chart's door."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.errors import conflict
from emr.ui.forms import Form, sent
from scheduling.actions.appointments import cancel, check_in, complete, mark_arrived, mark_no_show
from scheduling.actions.flow import confirm
from scheduling.actions.series import cancel_series
from scheduling.choices import ConfirmedVia, Scope
from scheduling.forms.appointments import CancelForm, ScopedCancelForm
from scheduling.forms.checkin import CheckInForm
from scheduling.models import Appointment
from scheduling.queries.chains import chain_of, restorable, series_of
from scheduling.queries.checkin import check_in_page, check_lines, checked
from scheduling.queries.reminders import reminder_lines
from scheduling.queries.shortcuts import number_to_call, shortcuts
from scheduling.queries.visits import appointment_of, describe, history_of, visits_of
from scheduling.stages import FORWARD, Stage
from scheduling.views.ways_back import back_of, way_back

SECTION = "appointments"


@require_safe
@chart_view(Permission.VIEW_SCHEDULE, section=SECTION)
def appointments_list(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All of a patient's appointments."""
    context = {"visits": visits_of(patient, limit=200), **chart_context(request, patient, SECTION)}
    return render(request, "scheduling/appointments/list.html", context)


@require_safe
@chart_view(Permission.VIEW_SCHEDULE, section=SECTION)
def patient_panel(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The card of upcoming and past appointments that the chart's page fetches."""
    context = {"visits": visits_of(patient, limit=5), "patient": patient}
    return render(request, "scheduling/appointments/_panel.html", context)


@require_safe
@chart_view(Permission.VIEW_SCHEDULE, section=SECTION)
def appointments_detail(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """One appointment with what may be done to it; htmx gets it for the panel beside the day."""
    row = appointment_of(patient, appointment_id)
    if htmx.is_htmx(request):
        beside = {"places": shortcuts(request.user, patient), "phone": number_to_call(request.user, patient)}
        return htmx.render(request, "", "scheduling/appointments/_drawer.html", _shown(row) | beside)
    return _detail(request, row)


@require_POST
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def appointments_confirm(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """The patient said on the telephone that they will come."""
    row = appointment_of(patient, appointment_id)
    return _step(request, row, partial(confirm, via=ConfirmedVia.PHONE), "Confirmed by telephone.")


@require_POST
@chart_view(Permission.CHECK_IN, section=SECTION)
def appointments_arrive(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """The patient is here."""
    return _step(request, appointment_of(patient, appointment_id), mark_arrived, "Marked as arrived.")


@require_POST
@chart_view(Permission.CHECK_IN, section=SECTION)
def appointments_no_show(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """The patient didn't come."""
    return _step(request, appointment_of(patient, appointment_id), mark_no_show, "Marked as no-show.")


@require_POST
@chart_view(Permission.CHECK_IN, section=SECTION)
def appointments_complete(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """The patient has left."""
    return _step(request, appointment_of(patient, appointment_id), complete, "Visit completed.")


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def appointments_cancel(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """Call a visit off, with a reason."""
    row = appointment_of(patient, appointment_id)
    kind = ScopedCancelForm if row.series_id else CancelForm
    form = kind(sent(request))
    if form.is_valid():
        with form.refusals():
            said = _called_off(request, row, form)
            return htmx.redirect(request, _address(row), said, "success")
    context = {"form": form, **_shown(row), **chart_context(request, patient, SECTION)}
    return render(request, "scheduling/appointments/cancel.html", context, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.CHECK_IN, section=SECTION)
def appointments_check_in(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """Go through what check-in asks for, then open the visit; a second time opens nothing new."""
    row = appointment_of(patient, appointment_id)
    form = CheckInForm(sent(request), lines=check_lines(row))
    # Of a visit that is open, or called off, nothing is asked any more: the action says which.
    if request.method == "POST" and (form.is_valid() or Stage.CHECKED_IN not in FORWARD[row.stage]):
        step = partial(check_in, done=form.cleaned_data.get("done", ()), reasons=form.reasons())
        return _step(request, row, step, "Checked in. The visit is open.")
    context = {
        "check": check_in_page(row),
        "form": form,
        "before": checked(row),
        "back": back_of(request),
        "back_url": way_back(request, row),
        **_shown(row),
        **chart_context(request, patient, SECTION),
    }
    return render(request, "scheduling/appointments/check_in.html", context, status=form.http_status)


def _called_off(request: StaffRequest, row: Appointment, form: CancelForm) -> str:
    wanted = dict(form.cleaned_data)
    scope = wanted.pop("scope", "") or Scope.THIS
    if scope == Scope.THIS:
        cancel(by=request.user, appointment=row, **wanted)
        return "Visit cancelled. Its time is free again; you can take it back here while it is."
    gone = cancel_series(by=request.user, appointment=row, scope=scope, **wanted)
    return f"{len(gone)} visits cancelled. Their times are free again."


def _step(request: StaffRequest, row: Appointment, action: Callable[..., Any], said: str) -> HttpResponse:
    """Take one step of the day and go back to where the button stood; a refusal is a page of its own."""
    form = Form(request.POST)
    form.is_valid()
    try:
        action(by=request.user, appointment=row)
    except DomainError as refusal:
        return conflict(request, refusal.message)
    return htmx.redirect(request, way_back(request, row), said, "success")


def _detail(request: StaffRequest, row: Appointment) -> HttpResponse:
    context = {
        "history": history_of(row),
        "chain": chain_of(row),
        "series": series_of(row),
        "reminders": reminder_lines(row),
        **_shown(row),
        **chart_context(request, row.patient, SECTION),
    }
    return render(request, "scheduling/appointments/detail.html", context)


def _shown(row: Appointment) -> dict[str, Any]:
    visit = describe(row)
    return {
        "appointment": row,
        "visit": visit,
        "patient": row.patient,
        "late": row.cancelled_late,
        "restorable": restorable(row),
        "today": timezone.localtime(row.start_at).date() == clinic_today(),
    }


def _address(row: Appointment) -> str:
    return reverse("scheduling:appointments_detail", args=[row.patient_id, row.pk])
