"""Ending sessions of a person, and the list of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from emr.accounts.models import User
from emr.accounts.sessions.clock import SEEN, why_over
from emr.accounts.sessions.devices import device_in_words


@dataclass(frozen=True)
class OpenSession:
    """Where somebody is logged in."""

    id: int
    device: str
    address: str
    started: datetime
    last_seen: datetime
    current: bool


def open_sessions(user: User, *, current_key: str | None = None) -> list[OpenSession]:
    """Where a person is logged in, the latest activity first: two queries however many."""
    rows = {row.session_key: row for row in UserSession.objects.filter(user=user)}
    found = []
    for session in Session.objects.filter(session_key__in=rows, expire_date__gt=timezone.now()):
        data, row = session.get_decoded(), rows[session.session_key]
        if data.get("_auth_user_id") != str(user.pk) or why_over(data):
            continue
        seen = datetime.fromtimestamp(data.get(SEEN, row.created_at.timestamp()), UTC)
        found.append(
            OpenSession(
                id=row.pk,
                device=device_in_words(row.user_agent),
                address=row.ip,
                started=row.created_at,
                last_seen=seen,
                current=session.session_key == current_key,
            )
        )
    return sorted(found, key=lambda each: (each.current, each.last_seen), reverse=True)


def end_session(user: User, session_id: int) -> bool:
    """End one session of a person; False when it is not theirs or not there."""
    row = UserSession.objects.filter(user=user, pk=session_id).first()
    if row is None:
        return False
    row.end()
    return True


def end_sessions(user: User, *, but: str | None = None) -> int:
    """End every session of a person, except the one with the key ``but``; gives how many there were."""
    mine = [
        session.session_key
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk) and session.session_key != but
    ]
    UserSession.objects.filter(session_key__in=mine).delete()
    return Session.objects.filter(session_key__in=mine).delete()[0]
