"""A visit put elsewhere in the calendar, by hand or by keys: asked first, done, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinic.access import chart_view
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.formats import clock, day
from scheduling.actions.moving import reschedule
from scheduling.choices import MOVABLE
from scheduling.forms.placing import PlaceForm
from scheduling.models import Appointment
from scheduling.queries.visits import appointment_of, describe

_ASK, _DONE = "scheduling/appointments/_place.html", "scheduling/appointments/_placed.html"
_REFUSED = "scheduling/appointments/_place_refused.html"


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section="appointments")
def appointments_place(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """Ask whether a visit shall stand where it was dropped, then put it there. Without JavaScript there is the form."""
    row = appointment_of(patient, appointment_id)
    form = PlaceForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        text = next((error for errors in form.errors.values() for error in errors), "")
        return _refused(request, row, str(text), status=422)
    if not form.stands_as_shown(row) and row.status in MOVABLE:
        return _refused(request, row, f"Somebody else has changed this visit. {_now_at(row)}", status=409)
    if request.method != "POST":
        if row.status not in MOVABLE:
            return _refused(request, row, _gone(row), status=409)
        return render(request, _ASK, _asked(row, form, PlaceForm(initial=_kept(form))))
    return _place(request, row, form)


def _place(request: StaffRequest, row: Appointment, form: PlaceForm) -> HttpResponse:
    wanted = form.cleaned_data
    try:
        placed = reschedule(
            by=request.user,
            appointment=row,
            start_at=wanted["start"],
            end_at=wanted["start"] + timedelta(minutes=wanted["minutes"]),
            practitioner=wanted["practitioner"],
            override_reason=wanted["override_reason"],
            request_token=wanted["request_token"],
        )
    except DomainError as refusal:
        if refusal.field != "override_reason":
            return _refused(request, row, refusal.message, status=409)
        form.take(refusal)
        return render(request, _ASK, _asked(row, form, form, needs_reason=True), status=422)
    if not htmx.is_htmx(request):
        to = reverse("scheduling:appointments_detail", args=[placed.patient_id, placed.pk])
        return htmx.redirect(request, to, f"Moved to {_when(placed)}.", "success")
    back = PlaceForm(
        initial={
            **{name: wanted[f"was_{name}"] for name in ("practitioner", "minutes")},
            "start": wanted["was_start"].isoformat(),
            "was_practitioner": placed.practitioner_id,
            "was_start": placed.start_at.isoformat(),
            "was_minutes": _minutes(placed),
            "override_reason": "Taken back",
        }
    )
    response = render(request, _DONE, {"visit": describe(placed), "back": back, "said": f"Moved to {_when(placed)}."})
    return htmx.trigger(response, "calendar:changed", {"visit": str(placed.pk)})


def _asked(row: Appointment, read: PlaceForm, form: PlaceForm, *, needs_reason: bool = False) -> dict[str, Any]:
    wanted = read.cleaned_data
    end = wanted["start"] + timedelta(minutes=wanted["minutes"])
    return {
        "visit": describe(row),
        "form": form,
        "start": wanted["start"],
        "end": end,
        "who": wanted["practitioner"].short_name,
        "moves": (row.start_at, row.practitioner_id) != (wanted["start"], wanted["practitioner"].pk),
        "needs_reason": needs_reason,
    }


def _kept(form: PlaceForm) -> dict[str, Any]:
    """What was asked, for the form that does it; a new token, so that two clicks move once."""
    return {name: form.data.get(name) for name in form.fields if name not in {"request_token", "override_reason"}}


def _refused(request: StaffRequest, row: Appointment, text: str, *, status: int) -> HttpResponse:
    response = render(request, _REFUSED, {"visit": describe(row), "text": text}, status=status)
    return htmx.trigger(response, "calendar:refused", {"text": text})


def _gone(row: Appointment) -> str:
    """Why a visit that the page still shows can't be moved."""
    moved = Appointment.objects.filter(replaces=row).select_related("practitioner").first()
    if moved is not None:
        return f"Somebody else has moved this visit. {_now_at(moved)}"
    return f"This visit is {row.get_status_display().lower()} by now, so it can't be moved."


def _now_at(row: Appointment) -> str:
    return f"It now stands at {_when(row)}."


def _when(row: Appointment) -> str:
    until = clock(row.end_at)
    return f"{clock(row.start_at)}–{until} on {day(row.start_at)} with {row.practitioner.short_name}"


def _minutes(row: Appointment) -> int:
    return int((row.end_at - row.start_at).total_seconds() // 60)
