"""The doors. Every view stands behind exactly one, or the request never reaches it (see middleware.py).

``staff_view`` asks for a permission. ``public_view`` is open to everybody and must say why.
``chart_view`` (clinic.access) guards all that belongs to one patient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, Literal, ParamSpec

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
    """How a view is guarded. ``permission`` is None only for a public view, which gives its ``reason``."""

    kind: Literal["staff", "chart", "public"]
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
