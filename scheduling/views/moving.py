"""Another time for a visit, what is said about it, and a cancellation taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.errors import conflict
from emr.ui.formats import clock, day
from emr.ui.forms import sent
from scheduling.actions.cancelling import undo_cancel
from scheduling.actions.moving import reschedule
from scheduling.actions.series import Clashes, change_series, move_series
from scheduling.actions.slots import SlotTaken
from scheduling.choices import MOVABLE, Scope
from scheduling.forms.appointments import MoveForm, RestoreForm, WordsForm
from scheduling.forms.repeat import decisions
from scheduling.models import Appointment
from scheduling.queries.booking import free_day, slot_value
from scheduling.queries.chains import left_standing
from scheduling.queries.visits import appointment_of, describe

SECTION = "appointments"
_TIMES = "scheduling/appointments/_times.html"


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def appointments_reschedule(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """Give a visit another time, length or room; of a series also the following ones.

    The form posts ``slot`` (``practitioner@start``), or ``practitioner``, ``day`` and ``time``. A program may post
    ``practitioner``, ``start`` and, as it likes, ``end`` (instants with their zone), ``room``, ``override_reason`` and
    ``request_token``. Done, it leads to the new visit; a taken time is answered with 409 and the next free ones, what
    else is refused with 422, both with the form as it was typed.
    """
    row = appointment_of(patient, appointment_id)
    step, typed = _step(request.POST)
    if request.method != "POST" or step != "book":
        kept = MoveForm.kept(typed) if request.method == "POST" else MoveForm(initial=_now_at(row))
        return _page(request, row, kept, step=step)
    form = MoveForm(typed)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        moved, said = _moved(request, row, form)
    except Clashes as refusal:
        return _page(request, row, form, clashes=refusal, status=422)
    except SlotTaken as refusal:
        return _page(request, row, form, refusal=refusal, status=409)
    except DomainError as refusal:
        form.take(refusal)
        return _page(request, row, form, status=form.http_status)
    return htmx.redirect(request, _address(moved), said, "success")


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def appointments_edit(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """Change the reason and the note of a visit, or of more of its series."""
    row = appointment_of(patient, appointment_id)
    form = WordsForm(sent(request), initial={"reason": row.reason, "comment": row.comment})
    if form.is_valid():
        wanted = {**form.cleaned_data, "scope": form.cleaned_data["scope"] or Scope.THIS}
        with form.refusals():
            change_series(by=request.user, appointment=row, **wanted)
            return htmx.redirect(request, _address(row), "Saved.", "success")
    context = {"form": form, "visit": describe(row), "appointment": row, **chart_context(request, patient, SECTION)}
    return render(request, "scheduling/appointments/edit.html", context, status=form.http_status)


@require_POST
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def appointments_restore(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """Take a cancellation back, if the time is still free; asks why, where the time needs a reason by now."""
    row = appointment_of(patient, appointment_id)
    form = RestoreForm(request.POST)
    if form.is_valid():
        try:
            undo_cancel(by=request.user, appointment=row, **form.cleaned_data)
        except DomainError as refusal:
            if refusal.field != "override_reason":
                return conflict(request, refusal.message)
            form.take(refusal)
    if form.errors:
        context = {"form": form, "visit": describe(row), "appointment": row}
        context |= chart_context(request, patient, SECTION)
        return render(request, "scheduling/appointments/restore.html", context, status=form.http_status)
    return htmx.redirect(request, _address(row), f"Stands again: {_when(row)}.", "success")


def _moved(request: StaffRequest, row: Appointment, form: MoveForm) -> tuple[Appointment, str]:
    """The visit at its new time, and what to say of it: of a series also how many went, and how many did not."""
    wanted = form.cleaned_data
    start = wanted["start_at"]
    end = start + timedelta(minutes=wanted["minutes"]) if wanted["minutes"] else None
    # The form shows the room that the visit has; left as it is, it is nobody's wish for another time or other visits.
    room = wanted["room"] if wanted["room"] != row.room else None
    if row.series_id is not None and wanted["scope"] in {Scope.FOLLOWING, Scope.ALL}:
        made = move_series(
            by=request.user,
            appointment=row,
            scope=wanted["scope"],
            start_at=start,
            end_at=end,
            practitioner=wanted["who"],
            room=room,
            override_reason=wanted["override_reason"],
            choices=decisions(request.POST),
        )
        moved = next((one for one in made if one.replaces_id == row.pk), made[0])
        stay = left_standing(row, wanted["scope"])
        kept = f" Not moved, because each was changed or left out by itself: {stay}." if stay else ""
        return moved, f"{len(made)} moved, the first to {_when(made[0])}.{kept}"
    moved = reschedule(
        by=request.user,
        appointment=row,
        start_at=start,
        end_at=end,
        practitioner=wanted["who"],
        room=room,
        override_reason=wanted["override_reason"],
        request_token=wanted["request_token"],
    )
    return moved, f"Moved to {_when(moved)}."


def _page(
    request: StaffRequest,
    row: Appointment,
    form: MoveForm,
    *,
    step: str = "",
    refusal: SlotTaken | None = None,
    clashes: Clashes | None = None,
    status: int = 200,
) -> HttpResponse:
    wanted = str(form["slot"].value() or "")
    typed = str(form["minutes"].value() or "")
    minutes = int(typed) if typed.isdecimal() and 5 <= int(typed) <= 480 else _minutes(row)
    free = free_day(form.practitioners, minutes, form.shown_day, wanted=wanted, without=row, kind=row.type)
    context: dict[str, Any] = {
        **{"form": form, "visit": describe(row), "appointment": row, "free": free, "wanted": wanted},
        **{"slot_value": slot_value, "refusal": refusal, "clashes": clashes.clashes if clashes else []},
        **{"decided": decisions(request.POST), "movable": row.status in MOVABLE},
    }
    if step == "times" and htmx.is_htmx(request):
        return htmx.render(request, _TIMES, _TIMES, context)
    context |= chart_context(request, row.patient, SECTION)
    return render(request, "scheduling/appointments/move.html", context, status=status)


def _step(typed: QueryDict) -> tuple[str, QueryDict]:
    """Which button was pressed, and the form with what that button says; a program's post as the form would say it."""
    typed = typed.copy()
    step = str(typed.get("step", "times"))
    if typed.get("take"):
        typed["slot"], typed["time"], step = str(typed["take"]), "", "book"
    elif typed.get("start") and not typed.get("step"):
        typed["slot"], step = f"{typed.get('practitioner', '')}@{typed['start']}", "book"
        try:
            start = datetime.fromisoformat(str(typed["start"]))
            end = datetime.fromisoformat(str(typed.get("end") or typed["start"]))
        except ValueError:
            return step, _with_day(typed, "")
        if timezone.is_aware(start) and timezone.is_aware(end) and end > start:
            typed["minutes"] = str(int((end - start).total_seconds() // 60))
        return step, _with_day(typed, start.date().isoformat())
    return step, typed


def _with_day(typed: QueryDict, said: str) -> QueryDict:
    if not typed.get("day"):
        typed["day"] = said or str(timezone.localdate())
    return typed


def _now_at(row: Appointment) -> dict[str, Any]:
    local = timezone.localtime(row.start_at)
    return {"practitioner": row.practitioner_id, "day": local.date(), "room": row.room_id, "minutes": _minutes(row)}


def _minutes(row: Appointment) -> int:
    return int((row.end_at - row.start_at).total_seconds() // 60)


def _address(row: Appointment) -> str:
    return reverse("scheduling:appointments_detail", args=[row.patient_id, row.pk])


def _when(row: Appointment) -> str:
    return f"{clock(row.start_at)} on {day(row.start_at)} with {row.practitioner.short_name}"
