"""Locking the log-in of an account after some wrong passwords, for a time.

What is not an account is counted and locked alike, or the answer would tell who works here. The counts stand in the
database; the limits for each address stand in the cache, with the log-in library.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from emr.accounts.models import LoginTries, User
from emr.audit.security import SecurityKind, record_security_event
from emr.shared.records import uuid7

#: All unknown addresses share so many counters (2^20): strangers can't make the table grow without end.
_STRANGER_BITS = 20
KEEP = timedelta(days=1)
_WHERE = {"confirm": "while confirming who it is", "factor": "at the second factor"}

_COUNT = """
INSERT INTO accounts_logintries AS t (id, key, tries, last_at, locked_until) VALUES (%(id)s, %(key)s, 1, %(now)s, NULL)
ON CONFLICT (key) DO UPDATE SET
    tries = CASE
        WHEN t.locked_until > %(now)s THEN t.tries
        WHEN t.locked_until IS NOT NULL OR t.last_at < %(since)s THEN 1
        ELSE t.tries + 1
    END,
    last_at = CASE WHEN t.locked_until > %(now)s THEN t.last_at ELSE %(now)s END,
    locked_until = CASE WHEN t.locked_until > %(now)s THEN t.locked_until END
RETURNING tries, locked_until
"""


@dataclass(frozen=True)
class Try:
    """One try to prove who one is: which counter it counts on, the account if there is one, and how many there were."""

    key: str
    account: User | None
    number: int
    locked: bool


def begin(request: HttpRequest, typed: str) -> Try:
    """Count a try before its password is looked at, so that many at once can't get past the limit.

    Two tries of one account wait for each other: the counter's row is locked until the request is over.
    """
    user = request.user
    if isinstance(user, User):
        return _counted(f"confirm:{user.pk}", user)
    account = User.objects.filter(email__iexact=typed).first()
    return _counted(f"user:{account.pk}" if account else _stranger(typed), account)


@contextmanager
def counted_factor(user: User) -> Iterator[Try]:
    """Count the code or passkey that is looked at inside, before it is looked at; a ValidationError is a wrong one."""
    this = _counted(_factor_key(user), user)
    try:
        yield this
    except ValidationError:
        if not this.locked:
            failed(this)
        raise
    succeeded(this)


def failed(this: Try) -> None:
    """The password was wrong: lock when it was the last try that was left."""
    if this.number < settings.LOGIN_LOCK_AFTER:
        return
    until = timezone.now() + settings.LOGIN_LOCK
    LoginTries.objects.filter(key=this.key).update(locked_until=until)
    detail = _WHERE.get(this.key.partition(":")[0], "")
    record_security_event(SecurityKind.LOCKED, target=this.account, detail=detail)


def succeeded(this: Try) -> None:
    """The password was right: what was counted is forgotten."""
    LoginTries.objects.filter(key=this.key).delete()


def locked_until(user: User) -> datetime | None:
    """Until when the account can't log in or confirm who it is; None when it can."""
    rows = LoginTries.objects.filter(key__in=_keys(user), locked_until__gt=timezone.now())
    return max((row.locked_until for row in rows if row.locked_until), default=None)


def unlock(user: User) -> bool:
    """Forget all failed tries of an account; whether it was locked."""
    was = locked_until(user) is not None
    LoginTries.objects.filter(key__in=_keys(user)).delete()
    return was


def forget_passwords(user: User) -> None:
    """Forget the wrong passwords of an account. Its second factor stays as locked as it was: or whoever reads the
    account's mail could guess at codes for ever, a new password after each lock."""
    LoginTries.objects.filter(key__in=_keys(user)).exclude(key=_factor_key(user)).delete()


def forget_old() -> int:
    """Delete counters that count nothing any more; how many there were."""
    now = timezone.now()
    old = LoginTries.objects.filter(last_at__lt=now - KEEP).exclude(locked_until__gt=now)
    return old.delete()[0]


def _counted(key: str, account: User | None) -> Try:
    now = timezone.now()
    values: dict[str, Any] = {"id": uuid7(), "key": key, "now": now, "since": now - settings.LOGIN_LOCK}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        number, until = cursor.fetchone()
    return Try(key, account, number, until is not None)


def _stranger(typed: str) -> str:
    digest = salted_hmac("emr.accounts.tries", typed.strip().lower(), algorithm="sha256").digest()
    return f"stranger:{int.from_bytes(digest[:4], 'big') >> (32 - _STRANGER_BITS)}"


def _keys(user: User) -> list[str]:
    return [f"user:{user.pk}", f"confirm:{user.pk}", _factor_key(user)]


def _factor_key(user: User) -> str:
    return f"factor:{user.pk}"
