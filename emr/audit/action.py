"""The decorator of every write."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, transaction
from psycopg import Error

from emr.accounts.models import User
from emr.audit.context import acting, current
from emr.shared.errors import REFUSALS, DomainError

P = ParamSpec("P")
R = TypeVar("R")


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Run a write in one transaction, as the user who is given as ``by``.

    All of it is kept or none; every entry in the log names ``by``. Inside a request the transaction is a savepoint, so
    that a refused action leaves the request's own transaction usable. What the database refuses by a constraint that
    stands in ``REFUSALS`` is refused in its words.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        by = kwargs.get("by")
        if not isinstance(by, User):
            raise TypeError(f"{function.__name__}() needs by=, the acting user.")
        try:
            with transaction.atomic(), acting(by, reason=current().reason):
                return function(*args, **kwargs)
        except IntegrityError as error:
            refusal = _refusal(error)
            if refusal is None:
                raise
            raise refusal from error

    return run


def _refusal(error: IntegrityError) -> DomainError | None:
    name = error.__cause__.diag.constraint_name if isinstance(error.__cause__, Error) else None
    return REFUSALS[name]() if name in REFUSALS else None
