"""Writes that wait for each other, or too long for another: the database stops them, which is nobody's mistake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable

from emr.shared.errors import Conflict

_AT_WORK = "Somebody else, or a long job, is at work on this now. Nothing was changed: try again in a minute."


@contextmanager
def deadlock_refused(message: str) -> Iterator[None]:
    """Raise Conflict with ``message`` where the database stopped this write to let another one through.

    It stands around the write's own transaction, so that nothing of it is kept and a request can go on::

        @deadlock_refused("Somebody wrote to this chart at the same moment. Nothing was changed: try again.")
        @action
        def merge_patients(...): ...
    """
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, DeadlockDetected):
            raise Conflict(message) from error
        raise


@contextmanager
def wait_refused() -> Iterator[None]:
    """Raise Conflict where a write waited too long for what somebody else is at work on, as a long job is. It stands
    around the write's own transaction, as :func:`deadlock_refused` does.
    """
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Conflict(_AT_WORK) from error
        raise
