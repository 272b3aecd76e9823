"""A browser without a network: calls the WSGI application as the web server does, and leaves no trace in the database.

The whole of it runs inside one transaction that is rolled back, each request inside a savepoint that is rolled back.
Before that the deferred constraints are checked, as a commit would, so that the audit guard's work is in the time;
what is not in it is the commit's wait for the disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from django.test import RequestFactory

from emr.accounts.models import User
from emr.accounts.sessions.clock import PROVED, SEEN, STARTED

_LOGIN_BACKEND = "emr.accounts.backends.LoginBackend"
#: Any 32 letters are a valid CSRF secret: what counts is that cookie and form carry the same.
_CSRF_SECRET = "b" * 32
#: The statements of Django's own savepoints; they are the price of the measuring, not of the page.
_OF_SAVEPOINTS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


@dataclass
class Statements:
    """How many statements ran, and the seconds spent waiting for their answers."""

    count: int = 0
    seconds: float = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if not sql.startswith(_OF_SAVEPOINTS):
                self.count += 1
                self.seconds += time.perf_counter() - begun


@dataclass
class Answer:
    """What came back, and what it cost: seconds in all, statements, bytes of the page."""

    status: int = 0
    location: str = ""
    body: bytes = b""
    seconds: float = 0.0
    statements: Statements = field(default_factory=Statements)


class Browser:
    """Logged in as one user; takes no notice of what a page sets, so that each request is the same as the first."""

    def __init__(self, user: User) -> None:
        self._application = WSGIHandler()
        self._factory = RequestFactory(headers={"host": "127.0.0.1"})
        self._factory.cookies = SimpleCookie(
            {settings.SESSION_COOKIE_NAME: _log_in(user), settings.CSRF_COOKIE_NAME: _CSRF_SECRET}
        )

    def ask(self, path: str, form: Mapping[str, str] | None, check: Callable[[Answer], None]) -> Answer:
        """Send a GET, or a POST of ``form``; ``check`` sees the answer while what it wrote is still there."""
        environ = self._environ(path, form)
        with _undone(), _kept_connection():
            answer = self._timed(environ)
            check(answer)
        return answer

    def _environ(self, path: str, form: Mapping[str, str] | None) -> dict[str, Any]:
        if form is None:
            return dict(self._factory.get(path).environ)
        body = urlencode({"csrfmiddlewaretoken": _CSRF_SECRET, **form})
        kind = "application/x-www-form-urlencoded"
        return dict(self._factory.post(path, body, content_type=kind).environ)

    def _timed(self, environ: dict[str, Any]) -> Answer:
        answer = Answer()

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
            answer.status = int(status.split(maxsplit=1)[0])
            answer.location = dict(headers).get("Location", "")
            return lambda _: None

        begun = time.perf_counter()
        with connection.execute_wrapper(answer.statements):
            response = self._application(environ, start_response)
            answer.body = b"".join(response)
            response.close()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        answer.seconds = time.perf_counter() - begun
        return answer


@contextmanager
def _undone() -> Iterator[None]:
    """Roll back whatever the block writes, without an error."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _kept_connection() -> Iterator[None]:
    """Between requests Django closes a connection that it finds inside a transaction; ours is, on purpose."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


def _log_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = _LOGIN_BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    now = int(time.time())
    session.update({STARTED: now, SEEN: now, PROVED: now})
    session.save()
    return str(session.session_key)
