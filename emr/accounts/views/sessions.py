"""What a page asks about its session, and ending sessions."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from emr.access.decorators import StaffRequest, background, fresh_login, public_view
from emr.accounts.models import User
from emr.accounts.sessions import clock, fresh
from emr.accounts.sessions.ending import end_session, end_sessions, open_sessions
from emr.audit.security import SecurityKind, record_security_event
from emr.ui.htmx import redirect

_SIGNED_OUT = {"left": 0, "user": ""}


@public_view("It tells the browser of nobody but that it is signed out, and must say so without a redirect.")
@background
@require_GET
def session_status(request: HttpRequest) -> HttpResponse:
    """How long the session still lasts, in seconds, and whose it is. Asking doesn't make it longer."""
    if not request.user.is_authenticated:
        return JsonResponse(_SIGNED_OUT)
    return _lasting(request)


@public_view("It only makes the asker's own session last, and must tell a script that it is over without a redirect.")
@require_POST
def session_extend(request: HttpRequest) -> HttpResponse:
    """Somebody is there: they pressed a key, or "stay signed in"."""
    if not request.user.is_authenticated:
        return JsonResponse(_SIGNED_OUT)
    clock.touch(request.session, every=0)
    return _lasting(request)


@public_view("It shows what this browser sent when its session was over, and only to who sent it.")
@require_GET
def session_resume(request: HttpRequest) -> HttpResponse:
    """Go on with what was typed before the session ended."""
    return fresh.resume_after_log_in(request)


@fresh_login("sign out everywhere else")
def own_sessions(request: StaffRequest) -> HttpResponse:
    """Where one is logged in oneself; a POST ends all the others. It takes the place of the log-in library's page,
    under its name and behind its guard: logged in, whatever the role."""
    user = request.user
    if request.method == "POST":
        ended = end_sessions(user, but=request.session.session_key)
        record_security_event(SecurityKind.SESSION_ENDED, request=request, target=user, detail=f"all others: {ended}")
        return redirect(request, reverse("usersessions_list"), "You are signed out everywhere else.")
    rows = open_sessions(user, current_key=request.session.session_key)
    return render(request, "usersessions/usersession_list.html", {"rows": rows})


@public_view("It ends one session of the asker's own, and knows nobody else's.")
@require_POST
def sessions_end(request: HttpRequest, session_id: int) -> HttpResponseBase:
    """End one session of one's own: its next request is nobody's."""
    if not isinstance(request.user, User):
        raise Http404
    return _end(cast(StaffRequest, request), session_id)


@fresh_login("sign out that device")
def _end(request: StaffRequest, session_id: int) -> HttpResponse:
    user = request.user
    if not end_session(user, session_id):
        raise Http404
    record_security_event(SecurityKind.SESSION_ENDED, request=request, target=user, detail="one of their own")
    return redirect(request, reverse("usersessions_list"), "That device is signed out.")


def _lasting(request: HttpRequest) -> HttpResponse:
    """How long, whose, and the form token of now: a log-in in another tab has changed it."""
    left = clock.seconds_left(request.session)
    return JsonResponse({"left": left, "user": str(request.user.pk), "token": get_token(request)})
