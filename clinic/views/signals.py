"""Signals of snooping: the list, one with the reads behind it, its review; who of the staff is a patient too."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.actions.signals import ask_for_signals, link_staff_patient, review_signal, unlink_staff_patient
from clinic.forms.signals import NowForm, SignalFilterForm, SignalReviewForm, StaffPatientForm
from clinic.models import SnoopingSignal
from clinic.queries.break_glass import identified
from clinic.queries.signals import SHOWN, Wanted, last_run, others_of, reads_behind, signals, staff_patients
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.csv_files import csv_response
from emr.shared.errors import DomainError
from emr.ui.forms import sent
from emr.ui.htmx import redirect

COLUMNS = (
    *("Day", "Signal", "Who", "Patient", "MRN", "Reads", "First", "Last", "In words", "Finding", "Comment"),
    *("Reviewed by", "Reviewed"),
)
_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@staff_view(Permission.REVIEW_SIGNALS)
def signals_list(request: StaffRequest) -> HttpResponse:
    """The signals, newest first: the waiting ones unless something else is asked for."""
    form = SignalFilterForm(request.GET if request.GET else {"state": "waiting"})
    rows = list(signals(form.wanted())[:SHOWN])
    _record(request, rows, AccessAction.SEARCH)
    query = request.GET.urlencode() or "state=waiting"
    context = {"form": form, "rows": rows, "shown": SHOWN, "query": query, "run": last_run()}
    return render(request, "clinic/signals/list.html", context)


@require_safe
@staff_view(Permission.REVIEW_SIGNALS)
@fresh_login("export the signals of snooping", reading=True)
def signals_export(request: StaffRequest) -> StreamingHttpResponse:
    """The list as a file, all its rows."""
    rows = list(signals(SignalFilterForm(request.GET).wanted()))
    _record(request, rows, AccessAction.EXPORT)
    return csv_response("snooping-signals.csv", COLUMNS, _cells(rows))


@require_POST
@staff_view(Permission.REVIEW_SIGNALS)
def signals_look(request: StaffRequest) -> HttpResponse:
    """Have the log of reads gone through now."""
    here = reverse("clinic:signals_list")
    if not NowForm(request.POST).is_valid():
        return redirect(request, here)
    ask_for_signals(by=request.user)
    return redirect(request, here, "The reads are being gone through. New signals stand here in a moment.", "info")


@_page
@staff_view(Permission.REVIEW_SIGNALS)
def signals_review(request: StaffRequest, signal_id: UUID) -> HttpResponse:
    """One signal with the reads behind it, and its review."""
    signal = get_object_or_404(signals(Wanted()), pk=signal_id)
    form = SignalReviewForm(sent(request))
    if form.is_valid():
        with form.refusals():
            review_signal(by=request.user, signal=signal, **form.cleaned_data)
            return redirect(request, reverse("clinic:signals_list"), "The review is recorded.")
    _record(request, [signal], AccessAction.VIEW)
    context = {
        "form": form,
        "signal": signal,
        "reads": reads_behind(signal),
        "others": others_of(signal),
        "own": signal.user_id == request.user.pk,
    }
    return render(request, "clinic/signals/review.html", context, status=form.http_status)


@_page
@staff_view(Permission.REVIEW_SIGNALS)
def staff_patients_list(request: StaffRequest) -> HttpResponse:
    """Who of the staff is a patient here too, and the form that says so of one more."""
    form = StaffPatientForm(sent(request))
    if form.is_valid():
        patient = identified(mrn=form.cleaned_data["mrn"])
        with form.refusals():
            if patient is None:
                raise DomainError("There is no patient with this MRN.", field="mrn")
            link_staff_patient(by=request.user, user=form.cleaned_data["user"], patient=patient)
            return redirect(request, reverse("clinic:staff_patients_list"), "The link is saved.")
    rows = list(staff_patients())
    record_access(request, [row.patient_id for row in rows], section="staff-patients", action=AccessAction.SEARCH)
    context = {"form": form, "rows": rows}
    return render(request, "clinic/signals/staff.html", context, status=form.http_status)


@require_POST
@staff_view(Permission.REVIEW_SIGNALS)
def staff_patients_end(request: StaffRequest, link_id: UUID) -> HttpResponse:
    """Take a link back."""
    link = get_object_or_404(staff_patients(), pk=link_id)
    if NowForm(request.POST).is_valid():
        unlink_staff_patient(by=request.user, link=link)
    return redirect(request, reverse("clinic:staff_patients_list"), "The link is taken back.")


def _record(request: StaffRequest, rows: list[SnoopingSignal], action: AccessAction) -> None:
    patients = [row.patient_id for row in rows if row.patient_id]
    record_access(request, patients, section="signals", action=action)


def _cells(rows: list[SnoopingSignal]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        name, mrn = (row.patient.sort_name, row.patient.mrn) if row.patient else ("", "")
        yield (
            *(row.day, row.get_kind_display(), row.user, name, mrn, row.reads, row.first_at, row.last_at),
            *(row.explanation, row.get_finding_display(), row.comment, row.reviewed_by or "", row.reviewed_at),
        )
