"""The privacy pages of a chart: what left the clinic, and what the patient asked; and the report of all disclosures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view, notes_visible_to, visible_to
from clinic.actions.disclosures import record_disclosure
from clinic.actions.requests import add_disagreement, decide_request, take_request
from clinic.chart import chart_context
from clinic.forms.disclosures import (
    DecisionForm,
    DisagreementForm,
    DisclosureForm,
    DisclosureReportForm,
    RequestForm,
)
from clinic.models import Disclosure, Note, Patient, PatientRequest
from clinic.printouts.disclosures import accounting_pdf
from clinic.queries.disclosures import LIMIT, accounting_of, disclosures_in, disclosures_of, due, requests_of
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.models import AccessAction, SecurityKind
from emr.audit.reads import record_access
from emr.audit.security import record_security_event
from emr.shared.csv_files import csv_response
from emr.shared.identifiers import format_mrn
from emr.ui import htmx
from emr.ui.forms import Form, sent

_page = require_http_methods(["GET", "HEAD", "POST"])
_SECTION = "disclosures"
_COLUMNS = ("When", "Given to", "Address", "Purpose", "What", "How", "Remark", "Recorded by")


@require_safe
@chart_view(Permission.RECORD_DISCLOSURES, section=_SECTION)
def disclosures(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What left the clinic about a patient, and what the patient asked of the record."""
    return _privacy(request, patient)


@_page
@chart_view(Permission.RECORD_DISCLOSURES, section=_SECTION)
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Write down a disclosure."""
    form = DisclosureForm(sent(request))
    return _entry(
        *(request, patient, form),
        lambda: record_disclosure(by=request.user, patient=patient, **form.values()),
        panel="Record a disclosure",
        done="The disclosure is recorded.",
    )


@_page
@chart_view(Permission.RECORD_DISCLOSURES, section=_SECTION)
def ask(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Take a patient's request."""
    notes = _notes_for(request.user, patient)
    form = RequestForm(sent(request), user=request.user, notes=notes, initial={"kind": "amendment"})
    return _entry(
        *(request, patient, form),
        lambda: take_request(by=request.user, patient=patient, **form.values()),
        panel="Take a request",
        done="The request is recorded.",
    )


@_page
@chart_view(Permission.DECIDE_REQUESTS, section=_SECTION)
def decide(request: StaffRequest, patient: Patient, request_id: UUID) -> HttpResponse:
    """Accept or deny a request."""
    row = _request(patient, request_id)
    form = DecisionForm(sent(request), user=request.user, patient=patient)
    return _entry(
        *(request, patient, form),
        lambda: decide_request(by=request.user, request=row, **form.cleaned_data),
        panel=f"Decide: {row.get_kind_display().lower()}",
        done="The decision is recorded. Tell the patient.",
    )


@_page
@chart_view(Permission.RECORD_DISCLOSURES, section=_SECTION)
def disagree(request: StaffRequest, patient: Patient, request_id: UUID) -> HttpResponse:
    """Keep a patient's statement of disagreement."""
    row, form = _request(patient, request_id), DisagreementForm(sent(request))
    return _entry(
        *(request, patient, form),
        lambda: add_disagreement(by=request.user, request=row, text=form.cleaned_data["text"]),
        panel="Statement of disagreement",
        done="The statement is on file.",
    )


@require_safe
@chart_view(Permission.RECORD_DISCLOSURES, section=_SECTION, action=AccessAction.PRINT)
@fresh_login("print this accounting", reading=True)
def print_accounting(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The accounting of disclosures on paper, for the patient."""
    pdf = accounting_pdf(patient, list(accounting_of(patient)), by=request.user, printed=timezone.now())
    headers = {"Content-Disposition": 'inline; filename="accounting.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@require_safe
@chart_view(Permission.RECORD_DISCLOSURES, section=_SECTION, action=AccessAction.EXPORT)
@fresh_login("export this accounting", reading=True)
def export_accounting(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """The accounting as a file."""
    rows = list(accounting_of(patient))
    return csv_response("accounting.csv", _COLUMNS, map(_cells, rows))


@require_safe
@staff_view(Permission.VIEW_AUDIT)
def report(request: StaffRequest) -> HttpResponse:
    """Disclosures of all patients in a period."""
    form = DisclosureReportForm(request.GET or None)
    since, until, accountable = form.chosen()
    found = disclosures_in(visible_to(request.user), since, until, accountable_only=accountable)
    rows = list(found[: LIMIT + 1])
    record_access(request, [row.patient_id for row in rows[:LIMIT]], section=_SECTION, action=AccessAction.SEARCH)
    context = {
        "filter": form,
        "rows": rows[:LIMIT],
        "more": len(rows) > LIMIT,
        "limit": LIMIT,
        "file_url": f"{reverse('clinic:disclosures_export')}?{urlencode(request.GET, doseq=True)}",
        "may_export": request.user.has_perm(Permission.EXPORT_AUDIT),
    }
    return render(request, "clinic/disclosures/report.html", context, status=422 if form.errors else 200)


@require_safe
@staff_view(Permission.EXPORT_AUDIT)
@fresh_login("export the disclosures", reading=True)
def export_report(request: StaffRequest) -> HttpResponseBase:
    """The report as a file, all of it."""
    since, until, accountable = DisclosureReportForm(request.GET or None).chosen()
    rows = list(disclosures_in(visible_to(request.user), since, until, accountable_only=accountable))
    record_access(request, [row.patient_id for row in rows], section=_SECTION, action=AccessAction.EXPORT)
    record_security_event(SecurityKind.EXPORT, request=request, detail="Report of disclosures")
    return csv_response("disclosures.csv", ("MRN", *_COLUMNS), _with_number(rows))


def _privacy(request: StaffRequest, patient: Patient, *, form: Form | None = None, panel: str = "") -> HttpResponse:
    user = request.user
    asked = [(row, due(row)) for row in requests_of(patient)]
    notes = notes_visible_to(user, _notes_for(user, patient))
    context: dict[str, Any] = {
        **chart_context(request, patient, "details"),
        "rows": list(disclosures_of(patient)[:LIMIT]),
        "asked": asked,
        "notes": set(notes.values_list("pk", flat=True)),
        "today": timezone.localdate(),
        "reads_words": user.has_perm(Permission.VIEW_NOTES) or user.has_perm(Permission.DECIDE_REQUESTS),
        "may_decide": user.has_perm(Permission.DECIDE_REQUESTS),
        "may_see_log": user.has_perm(Permission.VIEW_AUDIT),
        "form": form,
        "panel": panel,
    }
    status = form.http_status if form is not None else 200
    return render(request, "clinic/disclosures/list.html", context, status=status)


def _notes_for(user: User, patient: Patient) -> QuerySet[Note]:
    """Who reads no notes may take a request, and learns of none by it."""
    return Note.objects.filter(patient=patient) if user.has_perm(Permission.VIEW_NOTES) else Note.objects.none()


def _entry(
    request: StaffRequest, patient: Patient, form: Form, write: Callable[[], object], *, panel: str, done: str
) -> HttpResponse:
    """Show the form beside the page, or write what was sent."""
    if form.is_valid():
        with form.refusals():
            write()
            return htmx.redirect(request, reverse("clinic:disclosures_list", args=[patient.pk]), done)
    return _privacy(request, patient, form=form, panel=panel)


def _request(patient: Patient, key: UUID) -> PatientRequest:
    row = PatientRequest.objects.filter(patient=patient, pk=key).first()
    if row is None:
        raise Http404
    return row


def _cells(row: Disclosure) -> tuple[Any, ...]:
    return (
        *(row.at, row.recipient, row.recipient_address, row.get_purpose_display(), row.what),
        *(row.get_how_display(), row.note, str(row.created_by)),
    )


def _with_number(rows: Iterable[Disclosure]) -> Iterator[tuple[Any, ...]]:
    return ((format_mrn(row.patient.mrn), *_cells(row)) for row in rows)
