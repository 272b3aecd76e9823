"""Messages of laboratories: taken in from a file, those that wait for their patient, and the wrong chart undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from clinic.views.results import worklist_tabs
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.ui import htmx
from emr.ui.forms import sent
from interop.actions.messages import Became, dismiss_message, match_message, receive_message, undo_filing
from interop.forms.messages import MAX_MESSAGES, DismissForm, MatchForm, UndoForm, UploadForm
from interop.hl7v2.framing import split_messages
from interop.hl7v2.oru import UnreadableMessage
from interop.models import WaitingMessage, WaitingStatus
from interop.queries.messages import is_hidden, message_page, waiting_count, waiting_rows

_page = require_http_methods(["GET", "HEAD", "POST"])
_WORDS = {
    Became.FILED: ("Filed", "done"),
    Became.WAITING: ("Waits for its patient", "warning"),
    Became.KNOWN: ("Was here already", "neutral"),
}


@dataclass(frozen=True)
class Taken:
    """What became of one message of a file."""

    number: int
    control_id: str
    state: str
    tone: str
    reason: str


@require_safe
@staff_view(Permission.FILE_RESULTS)
def waiting_list(request: StaffRequest) -> HttpResponse:
    """The messages of which nobody knows whose they are, or those that were dealt with."""
    ended = request.GET.get("show") == "ended"
    here = reverse("interop:messages_list")
    context = {
        "rows": waiting_rows(request.user, ended=ended),
        "ended": ended,
        "total": waiting_count(),
        "tabs": worklist_tabs(request, "interop:messages_list"),
        "chips": [
            {"label": "Waiting", "url": here, "current": not ended},
            {"label": "Dealt with", "url": f"{here}?show=ended", "current": ended},
        ],
    }
    return render(request, "interop/messages/list.html", context)


@_page
@staff_view(Permission.FILE_RESULTS)
def upload(request: StaffRequest) -> HttpResponse:
    """Take in a file of messages, and tell of each what became of it. The same file again changes nothing."""
    form = UploadForm(sent(request), request.FILES or None)
    taken: list[Taken] = []
    if form.is_valid():
        messages = split_messages(form.cleaned_data["file"].content)
        if len(messages) > MAX_MESSAGES:
            form.add_error("file", f"The file holds {len(messages)} messages. Send at most {MAX_MESSAGES} at a time.")
        else:
            taken = [_take(request.user, number, text) for number, text in enumerate(messages, 1)]
    context = {"form": form, "taken": taken}
    return render(request, "interop/messages/upload.html", context, status=200 if taken else form.http_status)


@_page
@staff_view(Permission.FILE_RESULTS)
def detail(request: StaffRequest, message_id: UUID) -> HttpResponse:
    """A message that waits, with the charts that it may be about; file it by record number and date of birth."""
    row = _waiting(request, message_id)
    form = MatchForm(sent(request))
    if form.is_valid():
        with form.refusals():
            patient = match_message(by=request.user, waiting=row, **form.cleaned_data)
            record_access(request, [patient.pk], section="results", action=AccessAction.VIEW)
            path = reverse("clinic:results_list", args=[patient.pk])
            return htmx.redirect(request, path, "The results are in this chart.")
    return _shown(request, row, form, "File in a chart")


@_page
@staff_view(Permission.FILE_RESULTS)
def dismiss(request: StaffRequest, message_id: UUID) -> HttpResponse:
    """Say that a message belongs to no chart here."""
    row = _waiting(request, message_id)
    form = DismissForm(sent(request))
    if form.is_valid():
        with form.refusals():
            dismiss_message(by=request.user, waiting=row, **form.cleaned_data)
            return htmx.redirect(request, reverse("interop:messages_list"), "The message is put aside.")
    return _shown(request, row, form, "Belongs to nobody here")


@_page
@chart_view(Permission.FILE_RESULTS, section="results")
def undo(request: StaffRequest, patient: Patient, report_id: UUID) -> HttpResponse:
    """Take a report, and all that its messages brought, out of the wrong chart."""
    report = patient.diagnostic_reports.filter(pk=report_id, entered_in_error_at=None).first()
    if report is None:
        raise Http404
    form = UndoForm(sent(request))
    if form.is_valid():
        with form.refusals():
            undo_filing(by=request.user, report=report, **form.cleaned_data)
            return htmx.redirect(request, reverse("interop:messages_list"), "It waits for its patient again.")
    context = {**chart_context(request, patient, "results"), "form": form, "report": report}
    return render(request, "interop/messages/undo.html", context, status=form.http_status)


def _take(user: User, number: int, text: str) -> Taken:
    try:
        receipt = receive_message(by=user, text=text)
    except UnreadableMessage as refused:
        return Taken(number, "", "Refused", "critical", str(refused))
    state, tone = _WORDS[receipt.became]
    return Taken(number, receipt.control_id, state, tone, receipt.reason)


def _waiting(request: StaffRequest, message_id: UUID) -> WaitingMessage:
    row = get_object_or_404(WaitingMessage.objects.select_related("message", "ended_by"), pk=message_id)
    if is_hidden(row, request.user):
        raise Http404
    return row


def _shown(request: StaffRequest, row: WaitingMessage, form: Any, panel: str) -> HttpResponse:
    page = message_page(row, request.user)
    record_access(request, [one.pk for one in page.candidates], section="results", action=AccessAction.SEARCH)
    context = {
        "row": row,
        "page": page,
        "form": form,
        "panel": panel,
        "waits": row.status == WaitingStatus.WAITING,
        "may_register": request.user.has_perm(Permission.REGISTER_PATIENTS),
    }
    return render(request, "interop/messages/detail.html", context, status=form.http_status)
