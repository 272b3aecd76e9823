"""What a patient's browser carries from page to page: a signed cookie that names the way in, and nothing else.

The token of a link stands in an address once, on arrival; then this cookie takes its place. It is short-lived, out of
scripts' reach, and worth nothing once the way in is used, over or taken back: that is asked of the database each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "__Host-intake" if settings.SESSION_COOKIE_SECURE else "chartroom-intake"
#: Seconds without a page after which the date of birth is asked again.
LIFE = 30 * 60
_SALT = "clinic.intake.pass"


@dataclass(frozen=True)
class Pass:
    """Which way in, and whether the date of birth was given in this browser."""

    link_id: UUID
    proved: bool = False


def read(request: HttpRequest) -> Pass | None:
    """The pass of a request; None without one, and for one that is forged or too old."""
    try:
        said = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=LIFE)
        return Pass(UUID(said["link"]), said["proved"] is True)
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def give(response: HttpResponseBase, held: Pass) -> None:
    """Put the pass in the browser, for another :data:`LIFE`."""
    value = signing.dumps({"link": str(held.link_id), "proved": held.proved}, salt=_SALT)
    response.set_cookie(
        COOKIE,
        value,
        max_age=LIFE,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # Strict would not be sent where a mail program opened the link.
    )


def take_away(response: HttpResponseBase) -> None:
    """End the pass in this browser."""
    response.delete_cookie(COOKIE, path="/", samesite="Lax")
