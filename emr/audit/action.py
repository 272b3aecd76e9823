"""The decorator of every write."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

from emr.accounts.models import User
from emr.audit.context import acting, current

P = ParamSpec("P")
R = TypeVar("R")


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Run a write in one transaction, as the user who is given as ``by``.

    All of it is kept or none; every entry in the log names ``by``. Inside a request the transaction is a savepoint, so
    that a refused action leaves the request's own transaction usable.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        by = kwargs.get("by")
        if not isinstance(by, User):
            raise TypeError(f"{function.__name__}() needs by=, the acting user.")
        with transaction.atomic(), acting(by, reason=current().reason):
            return function(*args, **kwargs)

    return run
