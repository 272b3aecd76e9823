"""Pages of the log-in library that this house does not have."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from emr.access.decorators import public_view


@public_view("It says that there is no such page, to everybody.")
def closed(request: HttpRequest, key: str = "") -> HttpResponse:
    """No page. An account has one address, which a manager gave it: whoever could add their own at a screen left
    unlocked would have a new password sent there."""
    raise Http404
