"""The patient's way through an intake: open it, prove who one is, answer page by page, check, send.

Nothing here names a patient before the date of birth was given, and whatever is wrong with a link, a code or a try,
the answer is the same: it doesn't work, and whom to ask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic import intake_pass
from clinic.actions.intake_links import Proof, prove_birth_date
from clinic.actions.responses import save_page, send_answers
from clinic.forms.answers import AnswersForm, BirthDateForm, CodeForm
from clinic.intake_pass import Pass
from clinic.intaking import LinkKind
from clinic.models import IntakeLink
from clinic.queries.intake_steps import (
    Step,
    after,
    before,
    check_list,
    first_open,
    first_unseen,
    link_by_secret,
    open_link,
    steps_of,
)
from clinic.views.intake_signing import sign
from emr.access.decorators import public_view
from emr.access.limits import Limit
from emr.accounts.models import Clinic
from emr.audit.actor import service_user
from emr.audit.models import AccessAction
from emr.audit.reads import record_access_by
from emr.shared.errors import DomainError
from emr.ui.forms import sent

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, IntakeLink, P], HttpResponseBase]
SERVICE = "intake"
#: Tokens, codes and dates of birth that strangers may try.
TRIES = Limit("intake", per_address=20, in_all=300)
#: Pages of one way in that is open: several times what anybody reads and types, far below what a program asks.
PAGES = Limit("intake-pages", per_address=60, in_all=1200)
_WHY = "Patients have no account; what they may do here is given by a one-time link, code or tablet."


def opened(view: Page[P]) -> Callable[..., HttpResponseBase]:
    """Only with a pass whose date of birth was given, for a way in that is still open; the pass lives on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        held = intake_pass.read(request)
        if held is None:
            return redirect("intake:enter")
        if not held.proved:
            return redirect("intake:prove")
        if not PAGES.allows(request, of=held.link_id):
            return _busy(request)
        link = open_link(held.link_id)
        if link is None:
            used = IntakeLink.objects.filter(pk=held.link_id, used_at__isnull=False).first()
            return _finished(used) if used else closed(request)
        response = view(request, link, *args, **kwargs)
        if intake_pass.COOKIE not in response.cookies:
            intake_pass.give(response, held)
        return response

    return guarded


def closed(request: HttpRequest, status: int = HTTPStatus.NOT_FOUND) -> HttpResponse:
    """It doesn't work: one sentence for everything that can be wrong, and whom to ask."""
    response = render(request, "intake/closed.html", _context(None), status=status)
    intake_pass.take_away(response)
    return response


def _busy(request: HttpRequest) -> HttpResponse:
    """Too many pages in a minute. The pass stays, and the page before still holds what was typed."""
    response = render(request, "intake/busy.html", _context(None), status=HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = "60"
    return response


@public_view(_WHY)
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponseBase:
    """Type the short code that staff show."""
    form = CodeForm(sent(request))
    if form.is_valid():
        if not TRIES.allows(request):
            return closed(request, HTTPStatus.TOO_MANY_REQUESTS)
        link = link_by_secret(code=form.cleaned_data["code"])
        if link is not None:
            return _arrived(link)
        form.add_error("code", "This code doesn't work. Check it, or ask at the front desk for a new one.")
    return render(request, "intake/enter.html", {**_context(None), "form": form})


@public_view(_WHY)
@require_safe
def arrive(request: HttpRequest, token: str) -> HttpResponseBase:
    """Come by a mailed link or a QR picture: the token leaves the address at once."""
    if not TRIES.allows(request):
        return closed(request, HTTPStatus.TOO_MANY_REQUESTS)
    link = link_by_secret(token=token) or link_by_secret(code=token)
    return _arrived(link) if link is not None else closed(request)


@public_view(_WHY)
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponseBase:
    """Give the date of birth."""
    held = intake_pass.read(request)
    if held is None:
        return redirect("intake:enter")
    link = open_link(held.link_id)
    if link is None:
        return closed(request)
    form = BirthDateForm(sent(request))
    if form.is_valid():
        if not TRIES.allows(request):
            return closed(request, HTTPStatus.TOO_MANY_REQUESTS)
        by = service_user(SERVICE)
        proof = prove_birth_date(by=by, link_id=link.pk, birth_date=form.cleaned_data["birth_date"])
        if proof == Proof.CLOSED:
            return closed(request)
        if proof == Proof.OPEN:
            response = redirect("intake:start")
            intake_pass.give(response, Pass(link.pk, proved=True))
            return response
        form.add_error("birth_date", "This is not the date of birth that we have on file. Check it and try again.")
    return render(request, "intake/prove.html", {**_context(link), "form": form})


@public_view(_WHY)
@require_safe
@opened
def start(request: HttpRequest, link: IntakeLink) -> HttpResponseBase:
    """What will be asked."""
    steps = steps_of(link)
    asks = list({step.ask.pk: step.ask for step in steps if step.asked}.values())
    _read(link, "intake:start")
    context = {**_context(link), "asks": asks, "next": first_unseen(steps), "patient": link.patient}
    return render(request, "intake/start.html", context)


@public_view(_WHY)
@require_http_methods(["GET", "HEAD", "POST"])
@opened
def page(request: HttpRequest, link: IntakeLink, number: int) -> HttpResponseBase:
    """One question, one group of them, or one text to sign."""
    steps = steps_of(link)
    step = next((step for step in steps if step.number == number and step.asked), None)
    if step is None:
        return redirect("intake:start")
    context = {**_context(link), "step": step, "back": _back(steps, number), "total": len(steps)}
    if step.item is None:
        return sign(request, link, step, context, onward=lambda: redirect(_onward(link, number)))
    return _question(request, link, step, context)


def _question(request: HttpRequest, link: IntakeLink, step: Step, context: dict[str, Any]) -> HttpResponseBase:
    response, item = step.ask.response, step.item
    assert response is not None  # noqa: S101  begun when the way in was opened
    assert item is not None  # noqa: S101  a page with questions
    form = AnswersForm(item, response.answers, response.baseline, sent(request))
    if request.method == "POST" and (form.is_valid() or not form.fields):
        by, given = service_user(SERVICE), form.given() if form.fields else {}
        with form.refusals():
            save_page(by=by, link_id=link.pk, response_id=response.pk, page=item.link_id, given=given)
            return redirect(_onward(link, step.number))
    _read(link, "intake:page")
    return render(request, "intake/page.html", {**context, "form": form, "item": item})


@public_view(_WHY)
@require_http_methods(["GET", "HEAD", "POST"])
@opened
def check(request: HttpRequest, link: IntakeLink) -> HttpResponseBase:
    """All answers, before they are sent."""
    steps = steps_of(link)
    missing = first_open(steps)
    problem = ""
    if request.method == "POST":
        try:
            if missing is not None:
                raise DomainError("Something is not answered yet. Answer it, then send your answers.")
            send_answers(by=service_user(SERVICE), link_id=link.pk)
        except DomainError as error:
            problem = str(error)
        else:
            return _finished(link)
    _read(link, "intake:check")
    context = {**_context(link), "parts": check_list(steps), "missing": missing, "problem": problem}
    return render(request, "intake/check.html", {**context, "back": _back(steps, len(steps) + 1)})


@public_view(_WHY)
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """Thank you; on a tablet of the clinic, hand it back."""
    response = render(request, "intake/done.html", {**_context(None), "tablet": "tablet" in request.GET})
    intake_pass.take_away(response)
    return response


def _arrived(link: IntakeLink) -> HttpResponseBase:
    response = redirect("intake:prove")
    intake_pass.give(response, Pass(link.pk))
    return response


def _finished(link: IntakeLink) -> HttpResponseBase:
    """All is sent: thank you, once or twice. The browser forgets what it kept, for whoever gets the tablet next."""
    response = redirect(reverse("intake:done") + ("?tablet=1" if link.kind == LinkKind.KIOSK else ""))
    response.headers["Clear-Site-Data"] = '"cache"'
    intake_pass.take_away(response)
    return response


def _onward(link: IntakeLink, number: int) -> str:
    """The next page; after the last, the answers to check. What is asked may have changed by the answer."""
    following = after(steps_of(link), number)
    return reverse("intake:page", args=[following.number]) if following else reverse("intake:check")


def _back(steps: list[Step], number: int) -> str:
    previous = before(steps, number)
    return reverse("intake:page", args=[previous.number]) if previous else reverse("intake:start")


def _context(link: IntakeLink | None) -> dict[str, Any]:
    return {"clinic": Clinic.objects.first(), "kiosk": link is not None and link.kind == LinkKind.KIOSK}


def _read(link: IntakeLink, url_name: str) -> None:
    """The patient's own look at what is on file is a read like any other; the service account stands for them."""
    record_access_by(
        service_user(SERVICE), [link.patient_id], section="intake", action=AccessAction.VIEW, url_name=url_name
    )
