"""Who acts, from where, in which request: carried in a context variable, set by the middleware, by tasks and commands.

The log asks here and nowhere else. There is no way to pass an actor or an address in a request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from emr.accounts.models import User


@dataclass(frozen=True)
class AuditContext:
    """The circumstances of a change: the acting user, the client's address, the request's id, the stated reason."""

    actor: User | None = None
    remote_addr: str | None = None
    request_id: str = ""
    reason: str = ""


_NOBODY = AuditContext()
_current: ContextVar[AuditContext] = ContextVar("audit_context", default=_NOBODY)


def current() -> AuditContext:
    """The circumstances of what is being done now."""
    return _current.get()


def request_id() -> str:
    """The id of the request, task or command: made here, never taken from a header."""
    return _current.get().request_id


@contextmanager
def audit_context(context: AuditContext) -> Iterator[None]:
    """Run a block in the given circumstances."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def acting(user: User, *, reason: str = "") -> Iterator[None]:
    """Run a block as ``user``: for tasks, commands and tests, where no request says who acts."""
    now = _current.get()
    with audit_context(replace(now, actor=user, reason=reason, request_id=now.request_id or uuid4().hex)):
        yield
