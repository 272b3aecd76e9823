"""Ends a session whose time is up, before anything else looks at who is logged in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

from emr.accounts.sessions import clock
from emr.audit.security import SecurityKind, record_security_event

BACKGROUND_HEADER = "X-Background"


class SessionClockMiddleware(MiddlewareMixin):
    """Idle and absolute end of a session, kept on the server.

    A request shows that somebody is there, unless its view is marked ``background`` (it is asked by a script's own
    clock) or the request says of itself that nobody pressed a key for it. No header can do the opposite.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Log out whose time is up. Who it was is left on the request, so that what they typed can be held for them."""
        if SESSION_KEY not in request.session:
            return
        reason = clock.why_over(request.session)
        if reason is None:
            return
        # Looked up before the session that says it is gone.
        user = request.user if request.user.is_authenticated else None
        request.session.flush()
        request.user = AnonymousUser()
        if user is not None:
            request.ended_for = user  # type: ignore[attr-defined]
            record_security_event(SecurityKind.SESSION_EXPIRED, user=user, request=request, detail=reason)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        """Note the activity."""
        if SESSION_KEY not in request.session or not request.user.is_authenticated:
            return
        if getattr(view, "background", False) or BACKGROUND_HEADER in request.headers:
            return
        clock.touch(request.session)
