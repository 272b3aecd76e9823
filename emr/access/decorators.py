"""The doors. Every view stands behind exactly one, or the request never reaches it (see middleware.py).

``staff_view`` asks for a permission. ``public_view`` is open to everybody and must say why.
``chart_view`` (clinic.access) guards all that belongs to one patient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from emr.access.permissions import Permission
from emr.accounts.models import User

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request that has passed a door: its user is a member of staff."""

    user: User


View = Callable[Concatenate[StaffRequest, P], HttpResponseBase]
PublicView = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


@dataclass(frozen=True)
class Door:
    """How a view is guarded. ``permission`` is None only for a public view, which gives its ``reason``, and for the
    views of the admin site, which are for superusers.
    """

    kind: Literal["staff", "chart", "public", "admin"]
    permission: Permission | None = None
    reason: str = ""


def hang(view: Callable[..., HttpResponseBase], door: Door) -> None:
    """Mark a view as guarded by ``door``; a second door on the same view is a mistake."""
    if getattr(view, "door", None) is not None:
        raise TypeError(f"{view.__name__} already has a door.")
    view.door = door  # type: ignore[attr-defined]


def staff_view(permission: Permission) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Only for logged-in staff whose roles hold ``permission``; others get 403."""

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: StaffRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        hang(guarded, Door("staff", permission))
        return guarded

    return decorate


def public_view(reason: str) -> Callable[[PublicView[P]], Callable[..., HttpResponseBase]]:
    """Open to everybody, logged in or not; ``reason`` says why that is right."""

    def decorate(view: PublicView[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def open_view(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            return view(request, *args, **kwargs)

        hang(open_view, Door("public", reason=reason))
        return login_not_required(open_view)

    return decorate


def fresh_login(purpose: str, *, reading: bool = False) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Under a door: only for somebody who has proved who they are within ``ACCOUNT_REAUTHENTICATION_TIMEOUT``.

    Others prove it first, by password, code or passkey, and then what they typed is sent on as it was. ``purpose``
    ends the sentence that asks them: "Confirm that it is you, to …". What is only looked at needs no proof, unless
    ``reading`` (an export).
    """

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: StaffRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            from emr.accounts.sessions import fresh

            if must_prove(guarded, request):
                return fresh.ask(request, request.user, purpose)
            return view(request, *args, **kwargs)

        guarded.fresh_login = purpose  # type: ignore[attr-defined]
        guarded.fresh_to_read = reading  # type: ignore[attr-defined]
        return guarded

    return decorate


def must_prove(view: Callable[..., Any], request: HttpRequest) -> bool:
    """Whether a view under ``fresh_login`` will ask this request to prove who sends it, and so show nothing yet."""
    from emr.accounts.sessions import clock

    if not hasattr(view, "fresh_login"):
        return False
    harmless = request.method in {"GET", "HEAD"} and not getattr(view, "fresh_to_read", False)
    return not harmless and not clock.is_fresh(request.session)


V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def background(view: V) -> V:
    """Under a door: a view that scripts ask by their own clock. Its requests never make a session last longer."""
    view.background = True  # type: ignore[attr-defined]
    return view


def uses_camera(view: V) -> V:
    """Under a door: a page on which the browser may be asked for the camera. No other page may (see middleware.py)."""
    view.uses_camera = True  # type: ignore[attr-defined]
    return view
