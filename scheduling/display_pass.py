"""What a screen of the waiting room keeps: a cookie with a secret of its own, out of scripts' reach.

The link by which the screen was opened is used up by then. The secret is asked of the database each time, so that
revoking the screen ends it.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "__Host-waiting" if settings.SESSION_COOKIE_SECURE else "chartroom-waiting"
#: As long as browsers keep a cookie; each opening of the page begins it anew.
_LIFE = 400 * 24 * 60 * 60


def read(request: HttpRequest) -> str:
    """The secret of a request; empty without one."""
    return request.COOKIES.get(COOKIE, "")


def give(response: HttpResponseBase, secret: str) -> None:
    """Put the secret in the browser."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=_LIFE,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
