"""Giving somebody a time: a new visit, or another time for one."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.access import chart_view, visible_to
from clinic.chart import chart_context
from clinic.models import Patient
from clinic.queries.patients import find_patients
from emr.access.decorators import staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.formats import clock, day
from scheduling.actions.appointments import SlotTaken, book, reschedule
from scheduling.forms.appointments import BookForm, MoveForm
from scheduling.models import Appointment
from scheduling.queries.booking import free_day, patient_card, slot_value
from scheduling.queries.visits import appointment_of, describe

_FRAGMENTS = {
    "find": "scheduling/appointments/_patient.html",
    "change": "scheduling/appointments/_patient.html",
    "choose": "scheduling/appointments/_patient.html",
    "times": "scheduling/appointments/_times.html",
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.BOOK_APPOINTMENTS)
def appointments_book(request: HttpRequest) -> HttpResponse:
    """Book a visit. Each button of the form is a step: find, choose, show times, book."""
    if request.method != "POST":
        return _page(request, BookForm.opened(request.GET))
    step, typed = _step(request.POST)
    if step != "book":
        return _page(request, BookForm.kept(typed), step=step)
    form = BookForm(typed)
    patient = _known(request, form.patient_id)
    if form.is_valid() and patient is not None:
        return _book(request, form, patient)
    return _page(request, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section="appointments")
def appointments_reschedule(request: HttpRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """Give a visit another time."""
    row = appointment_of(patient, appointment_id)
    step, typed = _step(request.POST)
    if request.method != "POST" or step != "book":
        kept = MoveForm.kept(typed) if request.method == "POST" else MoveForm(initial=_now_at(row))
        return _move_page(request, row, kept, step=step)
    form = MoveForm(typed)
    if form.is_valid():
        wanted = form.cleaned_data
        try:
            moved = reschedule(
                by=request.user,  # type: ignore[arg-type]  # the door lets no anonymous user in
                appointment=row,
                start_at=wanted["start_at"],
                practitioner=wanted["who"],
                override_reason=wanted["override_reason"],
            )
        except SlotTaken as refusal:
            return _move_page(request, row, form, refusal=refusal, status=409)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, _address(moved), f"Moved to {_when(moved)}.", "success")
    return _move_page(request, row, form, status=422)


def _book(request: HttpRequest, form: BookForm, patient: Patient) -> HttpResponse:
    wanted = form.cleaned_data
    try:
        made = book(
            by=request.user,  # type: ignore[arg-type]  # the door lets no anonymous user in
            patient=patient,
            practitioner=wanted["who"],
            type=wanted["type"],
            start_at=wanted["start_at"],
            reason=wanted["reason"],
            comment=wanted["comment"],
            override_reason=wanted["override_reason"],
            request_token=wanted["request_token"],
        )
    except SlotTaken as refusal:
        return _page(request, form, refusal=refusal, status=409)
    except DomainError as refusal:
        form.take(refusal)
        return _page(request, form, status=422)
    to = reverse("scheduling:schedule_day", args=[_local_day(made)])
    return htmx.redirect(request, to, f"Booked: {_when(made)}.", "success")


def _page(
    request: HttpRequest, form: BookForm, *, step: str = "", refusal: SlotTaken | None = None, status: int = 200
) -> HttpResponse:
    known = visible_to(request.user)  # type: ignore[arg-type]  # the door lets no anonymous user in
    typed = str(form["q"].value() or "")
    chosen = patient_card(form.patient_id, known) if form.patient_id and step != "change" else None
    hits = find_patients(typed, known) if typed and chosen is None else None
    if chosen is not None:
        record_access(request, [chosen.id], section="appointments")
    if hits is not None:
        record_access(request, [hit.id for hit in hits.all], section="search", action=AccessAction.SEARCH)
    context = {
        "form": form,
        "chosen": chosen,
        "hits": hits,
        "register_url": _register_url(),
        **_times(form, form.minutes, refusal),
    }
    fragment = _FRAGMENTS.get(step)
    if fragment is None or not htmx.is_htmx(request):
        return render(request, "scheduling/appointments/book.html", context, status=status)
    return htmx.render(request, "scheduling/appointments/book.html", fragment, context, status=status)


def _move_page(
    request: HttpRequest,
    row: Appointment,
    form: MoveForm,
    *,
    step: str = "",
    refusal: SlotTaken | None = None,
    status: int = 200,
) -> HttpResponse:
    minutes = int((row.end_at - row.start_at).total_seconds() // 60)
    context = {"form": form, "visit": describe(row), "hx_step": step, **_times(form, minutes, refusal, without=row)}
    if step == "times" and htmx.is_htmx(request):
        return htmx.render(request, _FRAGMENTS["times"], _FRAGMENTS["times"], context)
    context |= chart_context(request, row.patient)
    return render(request, "scheduling/appointments/move.html", context, status=status)


def _times(
    form: BookForm | MoveForm, minutes: int, refusal: SlotTaken | None, *, without: Appointment | None = None
) -> dict[str, Any]:
    wanted = str(form["slot"].value() or "")
    free = free_day(form.practitioners, minutes, form.shown_day, wanted=wanted, without=without)
    return {"free": free, "wanted": wanted, "slot_value": slot_value, "refusal": refusal}


def _step(typed: QueryDict) -> tuple[str, QueryDict]:
    """Which button was pressed, and the form with what that button says."""
    typed = typed.copy()
    step = str(typed.get("step", "times"))
    if typed.get("take"):
        typed["slot"], typed["time"], step = str(typed["take"]), "", "book"
    elif typed.get("choose"):
        typed["patient"], typed["q"], step = str(typed["choose"]), "", "choose"
    elif step == "change":
        typed["patient"] = ""
    elif step == "book" and not typed.get("patient") and typed.get("q"):
        # Enter in the search box.
        step = "find"
    return step, typed


def _known(request: HttpRequest, patient_id: UUID | None) -> Patient | None:
    known = visible_to(request.user)  # type: ignore[arg-type]  # the door lets no anonymous user in
    return known.filter(pk=patient_id).first() if patient_id else None


def _now_at(row: Appointment) -> dict[str, Any]:
    return {"practitioner": row.practitioner_id, "day": _local_day(row)}


def _register_url() -> str | None:
    try:
        return reverse("clinic:patients_register")
    except NoReverseMatch:
        return None


def _address(row: Appointment) -> str:
    return reverse("scheduling:appointments_detail", args=[row.patient_id, row.pk])


def _local_day(row: Appointment) -> date:
    return timezone.localtime(row.start_at).date()


def _when(row: Appointment) -> str:
    return f"{clock(row.start_at)} on {day(row.start_at)} with {row.practitioner.short_name}"
