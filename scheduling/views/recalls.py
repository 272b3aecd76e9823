"""Patients to be called back: the worklist, the tries, the end."""

from __future__ import annotations

import io
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view, visible_to
from clinic.chart import chart_context
from clinic.models import Patient
from clinic.printouts.letters import recall_letters
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent
from emr.uploads.outgoing import private_file
from scheduling.actions.recalls import add_attempt, add_recall, close_recall, send_letters
from scheduling.forms.recalls import AttemptForm, EndForm, LettersForm, NewRecallForm, RecallFilter
from scheduling.queries.recalls import MOST, coming_visits, open_recalls_of, recall_of, recalls, recalls_of

SECTION = "appointments"


@require_safe
@staff_view(Permission.BOOK_APPOINTMENTS)
def recalls_list(request: StaffRequest) -> HttpResponse:
    """Those who are to be called back, as a worklist."""
    form = RecallFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    show = wanted.get("show") or "due"
    rows = recalls(visible_to(request.user), show=show, practitioner=wanted.get("practitioner"))
    if rows:
        record_access(request, {row.patient_id for row in rows}, section=SECTION)
    return render(
        request,
        "scheduling/recalls/list.html",
        {"rows": rows, "form": form, "show": show, "most": MOST, "token": uuid4()},
    )


@require_POST
@staff_view(Permission.BOOK_APPOINTMENTS)
def recalls_letters(request: StaffRequest) -> HttpResponseBase:
    """A letter to each of the chosen patients, as one PDF; that it was sent is a try on record."""
    form = LettersForm(request.POST, recalls=open_recalls_of(visible_to(request.user)))
    if not form.is_valid():
        said = " ".join(str(error) for found in form.errors.values() for error in found)
        return htmx.redirect(request, reverse("scheduling:recalls_list"), said, "error")
    chosen = sorted(form.cleaned_data["recall"], key=lambda row: row.patient.sort_name)
    record_access(request, [row.patient_id for row in chosen], section=SECTION, action=AccessAction.PRINT)
    token = form.cleaned_data["request_token"]
    try:
        pdf, papers = recall_letters([row.patient for row in chosen])
        send_letters(by=request.user, letters=list(zip(chosen, papers, strict=True)), request_token=token)
    except DomainError as refusal:
        return htmx.redirect(request, reverse("scheduling:recalls_list"), str(refusal), "error")
    return private_file(io.BytesIO(pdf), name="recall-letters.pdf", content_type="application/pdf")


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def recalls_patient(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All recalls of a patient with what came of each, and the form that makes one."""
    form = NewRecallForm(sent(request))
    if form.is_valid():
        with form.refusals():
            words = {name: form.cleaned_data[name] for name in ("reason", "practitioner")}
            add_recall(by=request.user, patient=patient, due_on=form.due_on(), **words)
            return htmx.redirect(request, _patient_url(patient), "The recall is made.")
    context = {"form": form, "rows": recalls_of(patient), **chart_context(request, patient, SECTION)}
    return render(request, "scheduling/recalls/patient.html", context, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def recalls_attempt(request: StaffRequest, patient: Patient, recall_id: UUID) -> HttpResponse:
    """Record a try to reach the patient."""
    recall = recall_of(patient, recall_id)
    form = AttemptForm(sent(request))
    if form.is_valid():
        with form.refusals():
            add_attempt(by=request.user, recall=recall, **form.cleaned_data)
            return htmx.redirect(request, reverse("scheduling:recalls_list"), "Try recorded.", "success")
    context = {"form": form, "rows": _this(patient, recall_id), **chart_context(request, patient, SECTION)}
    return render(request, "scheduling/recalls/attempt.html", context, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.BOOK_APPOINTMENTS, section=SECTION)
def recalls_close(request: StaffRequest, patient: Patient, recall_id: UUID) -> HttpResponse:
    """End a recall by the visit that was booked for it, or for a reason."""
    recall = recall_of(patient, recall_id)
    form = EndForm(sent(request), visits=coming_visits(patient))
    if form.is_valid():
        with form.refusals():
            close_recall(by=request.user, recall=recall, **form.cleaned_data)
            return htmx.redirect(request, reverse("scheduling:recalls_list"), "Recall ended.", "success")
    context = {"form": form, "rows": _this(patient, recall_id), **chart_context(request, patient, SECTION)}
    return render(request, "scheduling/recalls/close.html", context, status=form.http_status)


def _patient_url(patient: Patient) -> str:
    return reverse("scheduling:recalls_patient", args=[patient.pk])


def _this(patient: Patient, recall_id: UUID) -> list[object]:
    return [row for row in recalls_of(patient) if row.id == recall_id]
