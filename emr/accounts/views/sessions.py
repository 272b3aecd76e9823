"""What a page asks about its session, and ending sessions."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_GET, require_POST

from emr.access.decorators import background, public_view
from emr.accounts.sessions import clock, fresh

_SIGNED_OUT = {"text": "You are signed out."}


@public_view("It tells the browser of nobody but that it is signed out, and must say so without a redirect.")
@background
@require_GET
def session_status(request: HttpRequest) -> HttpResponse:
    """How long the session still lasts, in seconds, and whose it is. Asking doesn't make it longer."""
    if not request.user.is_authenticated:
        return JsonResponse(_SIGNED_OUT, status=401)
    return _lasting(request)


@public_view("It only makes the asker's own session last, and must tell a script that it is over without a redirect.")
@require_POST
def session_extend(request: HttpRequest) -> HttpResponse:
    """Somebody is there: they pressed a key, or "stay signed in"."""
    if not request.user.is_authenticated:
        return JsonResponse(_SIGNED_OUT, status=401)
    clock.touch(request.session, every=0)
    return _lasting(request)


@public_view("It shows what this browser sent when its session was over, and only to who sent it.")
@require_GET
def session_resume(request: HttpRequest) -> HttpResponse:
    """Go on with what was typed before the session ended."""
    return fresh.resume_after_log_in(request)


def _lasting(request: HttpRequest) -> HttpResponse:
    """How long, whose, and the form token of now: a log-in in another tab has changed it."""
    left = clock.seconds_left(request.session)
    return JsonResponse({"left": left, "user": str(request.user.pk), "token": get_token(request)})
