"""What comes back: the page behind an e-mail's link, and the carrier's text messages.

Opening a link changes nothing: mail programs open links by themselves. The page says when the appointment is, which the
mail said already, and nothing else.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from emr.access.decorators import public_view
from emr.access.limits import Limit
from emr.audit.actor import service_user
from emr.shared.errors import DomainError
from emr.ui.forms import sent
from scheduling.actions.reminders import answer_link, take_sms
from scheduling.choices import MOVABLE
from scheduling.forms.reminders import IncomingForm, ReplyForm
from scheduling.models import Reminder
from scheduling.queries.reminders import reminder_by_secret
from scheduling.reminding import sms
from scheduling.reminding.texts import when

SERVICE = "reminders"
LINKS = Limit("reminder", per_address=30, in_all=300)
MESSAGES = Limit("sms", per_address=600, in_all=600)
_MOST = 10_000


@require_http_methods(["GET", "HEAD", "POST"])
@public_view("Patients have no account; the link of a reminder is the secret, and it tells only what the mail told.")
def reminders_answer(request: HttpRequest, secret: str) -> HttpResponse:
    """Say that one will come, or that one can't."""
    if not LINKS.allows(request):
        return _page(request, "busy", status=HTTPStatus.TOO_MANY_REQUESTS)
    reminder = reminder_by_secret(secret)
    if reminder is None:
        return _page(request, "unknown", status=HTTPStatus.NOT_FOUND)
    form = ReplyForm(sent(request))
    if form.is_valid():
        try:
            answer_link(by=service_user(SERVICE), reminder=reminder, reply=form.cleaned_data["reply"])
        except DomainError:
            return _page(request, "over", status=HTTPStatus.CONFLICT)
        return _page(request, form.cleaned_data["reply"], when=when(reminder.start_at))
    if not _still(reminder):
        return _page(request, "over", status=HTTPStatus.GONE)
    return _page(request, "ask", when=when(reminder.start_at), confirmed=reminder.appointment.confirmed_at is not None)


@csrf_exempt
@require_POST
@public_view("The carrier of text messages can't log in; it signs what it sends.")
def sms_incoming(request: HttpRequest) -> HttpResponse:
    """Take one text message: JSON of ``id``, ``from``, ``text``, signed in the header ``X-Signature``.

    204 when it was taken, now or before. 403 for a wrong signature, 400 for what is no message, 429 for too many.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > _MOST:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    body = request.body
    if not sms.is_carriers(body, request.headers.get("X-Signature", "")):
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    # Counted only now: what strangers send must not keep the carrier out.
    if not MESSAGES.allows(request):
        return HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS)
    form = IncomingForm(_fields(body))
    if not form.is_valid():
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    said = form.cleaned_data
    take_sms(by=service_user(SERVICE), external_id=said["id"], sender=said["sender"], text=said["text"])
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _fields(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    return {"id": said.get("id"), "sender": said.get("from"), "text": said.get("text")}


def _still(reminder: Reminder) -> bool:
    visit = reminder.appointment
    return visit.status in MOVABLE and visit.start_at == reminder.start_at


def _page(request: HttpRequest, state: str, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
    return render(request, "scheduling/reminders/answer.html", {"state": state, **context}, status=status)
