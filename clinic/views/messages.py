"""Messages among colleagues: written, read, answered, put away."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view
from clinic.actions.messages import archive_message, bring_back_message, read_messages, send_message
from clinic.chart import chart_context
from clinic.forms.messages import AnswerForm, MessageForm
from clinic.models import Communication, Patient
from clinic.queries.messages import partners, readable_messages, received_by, sent_by, thread_of
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.ui import htmx
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
@staff_view(Permission.VIEW_TASKS)
def new(request: StaffRequest) -> HttpResponse:
    """Write to colleagues about no patient."""
    form = MessageForm(sent(request), user=request.user)
    if form.is_valid():
        with form.refusals():
            send_message(by=request.user, **form.cleaned_data)
            return htmx.redirect(request, reverse("clinic:messages_sent"), "Sent.")
    return render(request, "clinic/messages/new.html", {"form": form}, status=form.http_status)


@chart_view(Permission.VIEW_TASKS, section="tasks")
@_page
def patient_new(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Write to colleagues about this patient."""
    form = MessageForm(sent(request), user=request.user, patient=patient)
    if form.is_valid():
        with form.refusals():
            send_message(by=request.user, patient=patient, **form.cleaned_data)
            return htmx.redirect(request, reverse("clinic:tasks_patient", args=[patient.pk]), "Sent.")
    context = {**chart_context(request, patient, "tasks"), "form": form}
    return render(request, "clinic/messages/patient_new.html", context, status=form.http_status)


@require_safe
@staff_view(Permission.VIEW_TASKS)
def sent_list(request: StaffRequest) -> HttpResponse:
    """What one has sent, and who has read it."""
    rows = sent_by(request.user)
    record_access(request, [row.patient.pk for row in rows if row.patient], section="tasks", action=AccessAction.SEARCH)
    return render(request, "clinic/messages/sent.html", {"rows": rows})


@_page
@staff_view(Permission.VIEW_TASKS)
def thread(request: StaffRequest, thread_id: UUID) -> HttpResponse:
    """An exchange, with room for an answer to all who take part in it."""
    message = _of(request, thread_id)
    others = partners(request.user, message)
    form = AnswerForm(sent(request))
    if form.is_valid():
        with form.refusals():
            subject = message.subject
            send_message(by=request.user, to=others, subject=subject, answer_to=message, **form.cleaned_data)
            return htmx.redirect(request, reverse("clinic:messages_thread", args=[message.pk]), "Sent.")
    record_access(request, [message.patient_id] if message.patient_id else [], section="tasks")
    received = list(received_by(request.user, message))
    context = {
        **(chart_context(request, message.patient, "tasks") if message.patient is not None else {}),
        "message": message,
        "said": thread_of(request.user, message),
        "form": form,
        "others": others,
        "unread": any(row.user_id == request.user.pk and row.read_at is None for row in received),
        "waits": any(row.archived_at is None for row in received),
        "received": bool(received),
    }
    return render(request, "clinic/messages/thread.html", context, status=form.http_status)


@require_POST
@staff_view(Permission.VIEW_TASKS)
def read(request: StaffRequest, thread_id: UUID) -> HttpResponse:
    """The page says so itself once it is seen; a request to look changes nothing."""
    read_messages(by=request.user, received=received_by(request.user, _of(request, thread_id)))
    return htmx.no_content()


@require_POST
@staff_view(Permission.VIEW_TASKS)
def archive(request: StaffRequest, thread_id: UUID) -> HttpResponse:
    """Put an exchange away."""
    for row in received_by(request.user, _of(request, thread_id)).filter(archived_at=None):
        archive_message(by=request.user, received=row)
    return htmx.redirect(request, reverse("clinic:tasks_inbox"), "Put away.")


@require_POST
@staff_view(Permission.VIEW_TASKS)
def bring_back(request: StaffRequest, thread_id: UUID) -> HttpResponse:
    """Put the last message of an exchange back into the inbox."""
    message = _of(request, thread_id)
    last = received_by(request.user, message).last()
    if last is not None:
        bring_back_message(by=request.user, received=last)
    return htmx.redirect(request, reverse("clinic:tasks_inbox"), "In the inbox again.")


def _of(request: StaffRequest, thread_id: UUID) -> Communication:
    return get_object_or_404(readable_messages(request.user).select_related("patient", "thread"), pk=thread_id)
