"""The decorator of every write."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, transaction
from psycopg import Error
from psycopg.errors import UniqueViolation

from emr.accounts.models import User
from emr.audit.context import acting, current
from emr.shared.errors import REFUSALS, DomainError, SentBefore

P = ParamSpec("P")
R = TypeVar("R")


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Run a write in one transaction, as the user who is given as ``by``.

    All of it is kept or none; every entry in the log names ``by``. Inside a request the transaction is a savepoint, so
    that a refused action leaves the request's own transaction usable. What the database refuses by a constraint that
    stands in ``REFUSALS`` is refused in its words.

    Where the database has the ``request_token`` already, the form came twice at the same moment: the write is tried
    once more, and finds what the first made. What doesn't find it is another's, and raises SentBefore.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        by, token = kwargs.get("by"), kwargs.get("request_token")
        if not isinstance(by, User):
            raise TypeError(f"{function.__name__}() needs by=, the acting user.")

        def whole() -> R:
            with transaction.atomic(), acting(by, reason=current().reason):
                return function(*args, **kwargs)

        try:
            try:
                return whole()
            except IntegrityError as error:
                if not _came_before(error, token):
                    raise
            return whole()
        except IntegrityError as error:
            refusal = SentBefore() if _came_before(error, token) else _refusal(error)
            if refusal is None:
                raise
            raise refusal from error

    return run


def _came_before(error: IntegrityError, token: object) -> bool:
    """Whether a row has this form's token already. PostgreSQL tells the value that stands in the way."""
    cause = error.__cause__
    return bool(token) and isinstance(cause, UniqueViolation) and f"({token})" in (cause.diag.message_detail or "")


def _refusal(error: IntegrityError) -> DomainError | None:
    name = error.__cause__.diag.constraint_name if isinstance(error.__cause__, Error) else None
    return REFUSALS[name]() if name in REFUSALS else None
