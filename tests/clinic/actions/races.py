"""Two people at once, each with a connection of their own, to a database that commits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from emr.shared.errors import DomainError


def refusals(*works: Callable[[], object]) -> list[str]:
    """Start all works at the same moment; the messages of those that were refused."""
    gate = Barrier(len(works))

    def run(work: Callable[[], object]) -> str | None:
        try:
            connections["default"].ensure_connection()
            gate.wait(timeout=30)
            work()
        except DomainError as error:
            return error.message
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(len(works)) as pool:
        return [message for message in pool.map(run, works) if message is not None]
