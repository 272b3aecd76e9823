"""How long a session lasts: until nobody has done anything for a while, and never longer than a working day.

Three stamps, each in seconds since 1970, stand in the session itself: when the log-in was, when its owner last did
something, and when they last proved who they are. The server compares; what a browser says can only shorten.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

STARTED = "started_at"
SEEN = "seen_at"
PROVED = "proved_at"
#: The stamp of activity may be this much too old: seconds between two writes of it.
STAMP_EVERY = 60


@receiver(user_logged_in)
def start(request: HttpRequest, **_: Any) -> None:
    """A log-in starts all three clocks."""
    now = int(time.time())
    request.session.update({STARTED: now, SEEN: now, PROVED: now})


def why_over(session: SessionBase | Mapping[str, Any]) -> Literal["idle", "absolute"] | None:
    """Why a logged-in session (or its data) is over, or None. One without stamps is no session of ours: it is over."""
    now = time.time()
    if now - session.get(STARTED, 0) >= settings.SESSION_COOKIE_AGE:
        return "absolute"
    if now - session.get(SEEN, 0) >= settings.SESSION_IDLE_SECONDS:
        return "idle"
    return None


def seconds_left(session: SessionBase) -> int:
    """Seconds until the session ends if nothing is done."""
    now = time.time()
    idle = session.get(SEEN, 0) + settings.SESSION_IDLE_SECONDS - now
    absolute = session.get(STARTED, 0) + settings.SESSION_COOKIE_AGE - now
    return max(0, int(min(idle, absolute)))


def touch(session: SessionBase, *, every: int = STAMP_EVERY) -> None:
    """Note that its owner has just done something; writes at most once in ``every`` seconds.

    The stored session is read and written under a lock, apart from the request's own copy, so that a request of the
    same moment that puts something in the session doesn't lose it to this one.
    """
    now = int(time.time())
    if now - session.get(SEEN, 0) < every:
        return
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(pk=session.session_key).first()
        if row is None:
            return
        row.session_data = session.encode({**row.get_decoded(), SEEN: now})
        row.save(update_fields=["session_data"])
    modified = session.modified
    session[SEEN] = now
    session.modified = modified


def prove(session: SessionBase) -> None:
    """Note that its owner has just proved who they are."""
    session[PROVED] = int(time.time())


def is_fresh(session: SessionBase) -> bool:
    """Whether its owner proved who they are within the last ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds."""
    return bool(time.time() - session.get(PROVED, 0) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
