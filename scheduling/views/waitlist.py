"""The waitlist: who waits, offers made by telephone, and the page that a mailed link opens."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view, visible_to
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.reads import record_access
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.errors import conflict
from emr.ui.formats import clock, day, instant
from emr.ui.forms import Form, sent
from scheduling.actions.offering import offer_by_hand
from scheduling.actions.waitlist import accept_offer, add_to_waitlist, decline_offer, withdraw_entry
from scheduling.forms.waitlist import OfferForm, WaitForm, WaitlistFilter, WithdrawForm
from scheduling.models import WaitlistEntry
from scheduling.queries.booking import free_day, slot_value
from scheduling.queries.matching import times_for
from scheduling.queries.visits import visits_of
from scheduling.queries.waitlist import MOST, entries_of, entry_of, offer_of, waitlist, wishes

SECTION = "appointments"


@require_safe
@staff_view(Permission.BOOK_APPOINTMENTS)
def waitlist_list(request: StaffRequest) -> HttpResponse:
    """Everybody who waits, as a worklist."""
    form = WaitlistFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = waitlist(
        visible_to(request.user), practitioner=wanted.get("practitioner"), show=str(wanted.get("show") or "")
    )
    if rows:
        record_access(request, {row.patient_id for row in rows}, section=SECTION)
    return render(request, "scheduling/waitlist/list.html", {"rows": rows, "form": form, "most": MOST})


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def waitlist_add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Let a patient wait for a time."""
    form = WaitForm(sent(request), patient=patient)
    if form.is_valid():
        with form.refusals():
            add_to_waitlist(by=request.user, patient=patient, **form.cleaned_data)
            return htmx.redirect(request, reverse("scheduling:waitlist_list"), "On the waitlist.", "success")
    context = {
        **{"form": form, "waiting": entries_of(patient), "visits": visits_of(patient, limit=5)},
        **chart_context(request, patient, SECTION),
    }
    return render(request, "scheduling/waitlist/add.html", context, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def waitlist_withdraw(request: StaffRequest, patient: Patient, entry_id: UUID) -> HttpResponse:
    """Take a patient off the list, with a reason."""
    entry = entry_of(patient, entry_id)
    form = WithdrawForm(sent(request))
    if form.is_valid():
        with form.refusals():
            withdraw_entry(by=request.user, entry=entry, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, reverse("scheduling:waitlist_list"), "Off the waitlist.", "success")
    context = {"form": form, "entry": entry, **chart_context(request, patient, SECTION)}
    return render(request, "scheduling/waitlist/withdraw.html", context, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def waitlist_offer(request: StaffRequest, patient: Patient, entry_id: UUID) -> HttpResponse:
    """Offer one who waits a free time, among those that suit or any other."""
    entry = entry_of(patient, entry_id)
    first = {"day": max(entry.from_day, clinic_today()), "practitioner": entry.practitioner_id}
    if request.POST.get("step") != "offer":
        shown = {name: request.POST[name] for name in OfferForm.base_fields if name in request.POST}
        return _offer_page(request, entry, OfferForm(initial={**first, **shown}, entry=entry))
    form = OfferForm(request.POST, entry=entry)
    if form.is_valid():
        wanted = form.cleaned_data
        with form.refusals():
            offer = offer_by_hand(
                by=request.user,
                entry=entry,
                practitioner=wanted["who"],
                start_at=wanted["start_at"],
                via=wanted["via"],
            )
            said = f"Offered: {clock(offer.start_at)} on {day(offer.start_at)}, until {instant(offer.expires_at)}."
            return htmx.redirect(request, reverse("scheduling:waitlist_list"), said, "success")
    return _offer_page(request, entry, form, status=422)


def _offer_page(request: StaffRequest, entry: WaitlistEntry, form: OfferForm, *, status: int = 200) -> HttpResponse:
    minutes, wanted = entry.type.duration_minutes, str(form["slot"].value() or "")
    context = {
        **{"form": form, "entry": entry, "wishes": wishes(entry), "wanted": wanted, "slot_value": slot_value},
        **{"suiting": times_for(entry, form.bookable, now=timezone.now()), "refusal": None},
        **{"free": free_day(form.practitioners, minutes, form.shown_day, wanted=wanted, kind=entry.type)},
    }
    if request.POST.get("step") == "times" and htmx.is_htmx(request):
        return render(request, "scheduling/appointments/_times.html", context, status=status)
    context |= chart_context(request, entry.patient, SECTION)
    return render(request, "scheduling/waitlist/offer_by_hand.html", context, status=status)


@require_POST
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def waitlist_accept(request: StaffRequest, patient: Patient, offer_id: UUID) -> HttpResponse:
    """The patient takes the offered time, on the telephone."""
    Form(request.POST).is_valid()
    try:
        made = accept_offer(by=request.user, offer=offer_of(patient, offer_id))
    except DomainError as refusal:
        return conflict(request, refusal.message)
    said = f"Booked: {clock(made.start_at)} on {day(made.start_at)} with {made.practitioner.short_name}."
    return htmx.redirect(request, reverse("scheduling:waitlist_list"), said, "success")


@require_POST
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def waitlist_decline(request: StaffRequest, patient: Patient, offer_id: UUID) -> HttpResponse:
    """The patient doesn't want the offered time."""
    Form(request.POST).is_valid()
    try:
        decline_offer(by=request.user, offer=offer_of(patient, offer_id))
    except DomainError as refusal:
        return conflict(request, refusal.message)
    return htmx.redirect(request, reverse("scheduling:waitlist_list"), "Declined. The next are asked.", "success")
