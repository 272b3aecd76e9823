"""Giving somebody a time: one visit, a series, or somebody who stands at the desk."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.access import visible_to
from clinic.models import Patient
from clinic.queries.patients import find_patients
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.formats import clock, day
from scheduling.actions.appointments import SlotTaken, book
from scheduling.actions.newcomers import register_and_book
from scheduling.actions.recalls import close_recall
from scheduling.actions.series import Clashes, book_series
from scheduling.actions.walk_ins import walk_in
from scheduling.forms.appointments import BookForm
from scheduling.forms.repeat import decisions
from scheduling.models import Appointment
from scheduling.queries.booking import free_day, patient_card, patient_standing, slot_value
from scheduling.queries.recalls import open_recall
from scheduling.views.ways_back import FLOW

_FRAGMENTS = {
    "find": "scheduling/appointments/_patient.html",
    "change": "scheduling/appointments/_patient.html",
    "choose": "scheduling/appointments/_patient.html",
    "new": "scheduling/appointments/_patient.html",
    "alike": "scheduling/appointments/_alike.html",
    "times": "scheduling/appointments/_times.html",
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.BOOK_APPOINTMENTS)
def appointments_book(request: StaffRequest) -> HttpResponse:
    """Book a visit. Each button of the form is a step: find, choose, new patient, show times, book."""
    if request.method != "POST":
        return _page(request, BookForm.opened(request.GET))
    known = visible_to(request.user)
    step, typed = _step(request.POST, may_register=_may_register(request))
    if step != "book":
        return _page(request, BookForm.kept(typed, visible=known), step=step)
    form = BookForm(typed, visible=known)
    patient = known.filter(pk=form.patient_id).first() if form.patient_id else None
    if form.is_valid() and (form.is_newcomer or patient is not None):
        return _book(request, form, patient)
    return _page(request, form, status=422)


def _book(request: StaffRequest, form: BookForm, patient: Patient | None) -> HttpResponse:
    """Book for the patient, or for the new one of the form where there is none."""
    try:
        if patient is None:
            made, said = register_and_book(
                by=request.user, person=form.person(), booking=lambda new: _made(request, form, new)
            )
            said = f"{made.patient.full_name} is registered. {said}"
        else:
            made, said = _made(request, form, patient)
    except Clashes as refusal:
        return _page(request, form, clashes=refusal, status=422)
    except SlotTaken as refusal:
        return _page(request, form, refusal=refusal, status=409)
    except DomainError as refusal:
        form.take(refusal)
        return _page(request, form, status=form.http_status)
    return htmx.redirect(request, _onward(request, form, made), said, "success")


def _onward(request: StaffRequest, form: BookForm, made: Appointment) -> str:
    """Back to the worklist from which the visit was booked, else to its day. The recall that it is for is served."""
    if form.cleaned_data["recall"]:
        recall = open_recall(made.patient, form.cleaned_data["recall"])
        if recall is not None:
            close_recall(by=request.user, recall=recall, appointment=made)
        return reverse("scheduling:recalls_list")
    if form.cleaned_data["back"] == FLOW:
        return reverse("scheduling:flow_board")
    return reverse("scheduling:schedule_day", args=[_local_day(made)])


def _made(request: StaffRequest, form: BookForm, patient: Patient) -> tuple[Appointment, str]:
    """What was asked for: one visit, one that begins now, or a series; and what to say of it."""
    wanted = form.cleaned_data
    common = {name: wanted[name] for name in ("type", "reason", "comment", "override_reason", "request_token")}
    common |= {"by": request.user, "patient": patient, "practitioner": wanted["who"]}
    common |= {"room": wanted["room"], "equipment": list(wanted["equipment"])}
    start, minutes = wanted["start_at"], wanted["minutes"]
    if wanted["here"]:
        instead = Appointment.objects.filter(patient=patient, pk=wanted["instead_of"]).first()
        made = walk_in(**common, start_at=start, minutes=minutes, instead_of=instead)
        return made, f"Here: {_when(made)}."
    local = timezone.localtime(start)
    rule = form.rule(local.date())
    if rule is not None:
        series = book_series(
            **common,
            rule=rule,
            wall_time=local.time(),
            minutes=minutes,
            choices=decisions(request.POST),
        )
        rows = series.visits.select_related("practitioner").order_by("start_at")
        return rows[0], f"{rows.count()} visits booked, the first {_when(rows[0])}."
    made = book(
        **common,
        start_at=start,
        end_at=start + timedelta(minutes=minutes) if minutes else None,
    )
    return made, f"Booked: {_when(made)}."


def _page(
    request: StaffRequest,
    form: BookForm,
    *,
    step: str = "",
    refusal: SlotTaken | None = None,
    clashes: Clashes | None = None,
    status: int = 200,
) -> HttpResponse:
    known = visible_to(request.user)
    typed = str(form["q"].value() or "")
    chosen = patient_card(form.patient_id, known) if form.patient_id and step != "change" else None
    hits = find_patients(typed, known) if typed and chosen is None and not form.is_newcomer else None
    if form.is_newcomer and not form.is_bound:
        form.look_for_duplicates()
    if chosen is not None:
        record_access(request, [chosen.id], section="appointments")
    if hits is not None:
        record_access(request, [hit.id for hit in hits.all], section="search", action=AccessAction.SEARCH)
    record_access(request, [one.hit.id for one in form.duplicates], section="duplicates", action=AccessAction.SEARCH)
    wanted = str(form["slot"].value() or "")
    context = {
        **{
            "form": form,
            "chosen": chosen,
            "hits": hits,
            "asked": step == "find",
            "may_register": _may_register(request),
        },
        **{"standing": patient_standing(chosen.id) if chosen is not None else None},
        **{"free": free_day(form.practitioners, form.length, form.shown_day, wanted=wanted, kind=form.kind)},
        **{"wanted": wanted, "slot_value": slot_value, "refusal": refusal},
        **{"clashes": clashes.clashes if clashes else [], "decided": decisions(request.POST)},
    }
    fragment = _FRAGMENTS.get(step)
    if fragment is None or not htmx.is_htmx(request):
        return render(request, "scheduling/appointments/book.html", context, status=status)
    return htmx.render(request, "scheduling/appointments/book.html", fragment, context, status=status)


def _step(typed: QueryDict, *, may_register: bool) -> tuple[str, QueryDict]:
    """Which button was pressed, and the form with what that button says."""
    typed = typed.copy()
    step = str(typed.get("step", "times"))
    if not may_register or typed.get("choose") or step == "change":
        typed["newcomer"] = ""
    elif step == "new":
        typed["newcomer"], typed["patient"] = "1", ""
    if typed.get("take"):
        typed["slot"], typed["time"], step = str(typed["take"]), "", "book"
    elif typed.get("choose"):
        typed["patient"], typed["q"], step = str(typed["choose"]), "", "choose"
    elif step == "change":
        typed["patient"] = ""
    elif step == "book" and not typed.get("patient") and not typed.get("newcomer") and typed.get("q"):
        # Enter in the search box.
        step = "find"
    return step, typed


def _may_register(request: StaffRequest) -> bool:
    return request.user.has_perm(Permission.REGISTER_PATIENTS)


def _local_day(row: Appointment) -> date:
    return timezone.localtime(row.start_at).date()


def _when(row: Appointment) -> str:
    return f"{clock(row.start_at)} on {day(row.start_at)} with {row.practitioner.short_name}"
