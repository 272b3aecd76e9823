"""Moving the clocks of a session, as if its owner had been away."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client

from emr.accounts.sessions.clock import PROVED, SEEN, STARTED


def age(session_key: str | None, seconds: int, *stamps: str) -> None:
    """Make stamps of a stored session older: by default all of them."""
    row = Session.objects.get(session_key=session_key)
    data = row.get_decoded()
    for stamp in stamps or (STARTED, SEEN, PROVED):
        data[stamp] -= seconds
    row.session_data = SessionStore().encode(data)
    row.save(update_fields=["session_data"])


def leave_alone(client: Client, minutes: float) -> None:
    """Nobody touches the browser for so many minutes."""
    age(client.session.session_key, int(minutes * 60), SEEN)


def make_stale(client: Client) -> None:
    """The last proof of who it is was a while ago; the session itself lasts."""
    age(client.session.session_key, 3600, PROVED)
