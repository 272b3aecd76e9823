"""The screen in the waiting room. Nobody is logged in there: a secret in a cookie of the device's own opens it.

What it shows names nobody, so no read of a record is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from emr.access.decorators import background, public_view
from emr.access.limits import Limit
from emr.audit.actor import service_user
from emr.shared.errors import DomainError
from emr.ui.formats import clock
from emr.ui.forms import Form
from scheduling import display_pass
from scheduling.actions.displays import open_display, see_display
from scheduling.queries.displays import display_by_secret, waiting_room

SERVICE = "waiting-room"
#: A screen asks twelve times a minute; all screens of a clinic may stand behind one address.
ASKED = Limit("waiting", per_address=240, in_all=600)
#: Links that strangers may try.
OPENED = Limit("waiting-open", per_address=20, in_all=100)
_WHY = "A screen on the wall can't log in; its own secret opens it, and it names nobody."


def screen(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Only on a screen that was opened and not revoked; what others get is a page that says how to open one."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not ASKED.allows(request):
            return _closed(request, HTTPStatus.TOO_MANY_REQUESTS)
        display = display_by_secret(display_pass.read(request))
        if display is None:
            return _closed(request, HTTPStatus.NOT_FOUND)
        see_display(by=service_user(SERVICE), display=display)
        return view(request)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@public_view(_WHY)
def waiting_open(request: HttpRequest, token: str) -> HttpResponse:
    """Make this device a screen. Opening the link changes nothing: programs that look at links open them too."""
    if not OPENED.allows(request):
        return _closed(request, HTTPStatus.TOO_MANY_REQUESTS)
    if request.method != "POST":
        return render(request, "scheduling/waiting/open.html")
    Form(request.POST).is_valid()
    try:
        secret = open_display(by=service_user(SERVICE), code=token)
    except DomainError:
        return _closed(request, HTTPStatus.NOT_FOUND)
    response = redirect("scheduling:waiting_room")
    display_pass.give(response, secret)
    return response


@require_safe
@public_view(_WHY)
@background
@screen
def waiting_room_screen(request: HttpRequest) -> HttpResponse:
    """The whole screen, which then asks for its lines by itself."""
    response = render(request, "scheduling/waiting/room.html", _lines())
    display_pass.give(response, display_pass.read(request))
    return response


@require_safe
@public_view(_WHY)
@background
@screen
def waiting_room_lines(request: HttpRequest) -> HttpResponse:
    """The lines once more; asked every few seconds."""
    return render(request, "scheduling/waiting/_lines.html", _lines())


def _lines() -> dict[str, object]:
    return {"lines": waiting_room(), "at": clock(timezone.now())}


def _closed(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    busy = status == HTTPStatus.TOO_MANY_REQUESTS
    return render(request, "scheduling/waiting/closed.html", {"busy": busy}, status=status)
