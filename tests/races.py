"""Several people at once, each with a connection of their own, on a database that commits (``committed_db``)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection, connections
from django.utils import timezone

from emr.shared.errors import DomainError


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What ``work`` gave or raised in each of ``count`` threads that begin together."""
    gate, zone = Barrier(count), timezone.get_current_timezone()

    def run(number: int) -> Any:
        try:
            with timezone.override(zone):
                with connections["default"].cursor() as cursor:
                    # Who comes last waits for all the others, and on a busy machine that takes long.
                    cursor.execute("SET lock_timeout = '60s'; SET statement_timeout = '60s'")
                gate.wait(timeout=60)
                return work(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def somebody_waits() -> bool:
    """Whether another session of this database waits for a lock. Those of other databases belong to other tests."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database() AND pid <> pg_backend_pid())"
        )
        return bool(cursor.fetchone()[0])


def refusals(*works: Callable[[], object]) -> list[str]:
    """Start all works at the same moment; the messages of those that were refused. Raises what else went wrong."""
    found = [one for one in at_once(len(works), lambda n: works[n]()) if isinstance(one, Exception)]
    for error in found:
        if not isinstance(error, DomainError):
            raise error
    return [str(error) for error in found]
