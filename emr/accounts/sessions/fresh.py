"""Proving who one is once more, before what matters most; see ``fresh_login`` in emr.access.decorators."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import stash_and_reauthenticate
from allauth.account.signals import authentication_step_completed
from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from emr.accounts.models import User
from emr.accounts.sessions import clock, kept
from emr.ui import htmx

_RESUME = "emr.accounts.sessions.fresh.resume"


@receiver(authentication_step_completed)
def on_proof(request: HttpRequest, **more: Any) -> None:
    """A proof of who one is gets the session a new key; the old one is dead."""
    if not more.get("reauthenticated"):
        return
    clock.prove(request.session)
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def ask(request: HttpRequest, user: User, purpose: str) -> HttpResponseBase:
    """Send the browser to prove who its user is, holding what was typed.

    Who has neither a password nor a second factor here (logged in by an outside provider) logs in anew.
    """
    text = kept.pack(request, user)
    if get_adapter().get_reauthentication_methods(user):
        to = stash_and_reauthenticate(request, {"kept": text, "purpose": purpose}, _RESUME).url
        kept.say_if_too_large(request, text, user)
    else:
        logout(request)
        to = log_in_and_resume(request, text, user)
    return htmx.redirect(request, to)


def resume(request: HttpRequest, state: dict[str, str]) -> HttpResponse:
    """Called by the log-in library once the proof is given: go on with what was asked."""
    user = request.user
    found = kept.unpack(state["kept"], user) if isinstance(user, User) else None
    return kept.send(request, found, by_itself=True)


def log_in_and_resume(request: HttpRequest, text: str, owner: User) -> str:
    """Hold a packed request in the session of somebody who is logged out; where to send them."""
    request.session[kept.SESSION_KEY] = text
    kept.say_if_too_large(request, text, owner)
    return f"{reverse('account_login')}?{urlencode({'next': reverse('accounts:session_resume')})}"


def resume_after_log_in(request: HttpRequest) -> HttpResponse:
    """Show what was held, to the one who typed it and to nobody else. It is held no longer."""
    text, user = request.session.pop(kept.SESSION_KEY, ""), request.user
    if not isinstance(user, User):
        return redirect(reverse("account_login"))
    return kept.send(request, kept.unpack(text, user), by_itself=False)
