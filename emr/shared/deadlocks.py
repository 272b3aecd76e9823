"""Two writes that wait for each other: the database stops one of them, which is nobody's mistake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from psycopg.errors import DeadlockDetected

from emr.shared.errors import Conflict


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
