"""The running attempt's own database session, beside the one that its handler writes on.

It serves two ends. It holds an advisory lock as long as the process lives: when the process dies in whatever way, the
server ends the session and frees the lock, so "is somebody running this job?" has a sure answer without waiting for a
time-out. And it commits each statement at once, so progress is seen while the handler's transaction is still open.
It is a session of the server's, so a pooler in front must not be in transaction mode for it.
"""

from __future__ import annotations

import hashlib
import uuid
from types import TracebackType
from typing import Self

import psycopg
from django.db import connection

_OPTIONS = " -c lock_timeout=3000 -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
_PROGRESS = """
    UPDATE jobs_job SET progress_done = %s, progress_total = %s, message = %s, heartbeat_at = now()
    WHERE id = %s AND status = 'running' AND attempts = %s
    RETURNING cancel_requested_at IS NOT NULL
"""


class LostClaim(Exception):
    """The job belongs to a later attempt by now; whatever this one did must not count."""


def lock_number(job_id: uuid.UUID) -> int:
    """The job's advisory lock: a signed 64-bit number made of its id."""
    digest = hashlib.blake2b(job_id.bytes, digest_size=8, person=b"emr.jobs").digest()
    return int.from_bytes(digest, "big", signed=True)


class Lifeline:
    """A context manager: ``held`` tells whether this process got the job, or another one has it."""

    _session: psycopg.Connection

    def __init__(self, job_id: uuid.UUID) -> None:
        self.job_id = job_id
        self.held = False

    def __enter__(self) -> Self:
        self._session = _open_session()
        row = self._session.execute("SELECT pg_try_advisory_lock(%s)", [lock_number(self.job_id)]).fetchone()
        self.held = row is not None and bool(row[0])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def report(self, attempt: int, done: int, total: int, message: str) -> bool:
        """Write progress for everybody to see; True when somebody asked to cancel. Raises LostClaim."""
        row = self._session.execute(_PROGRESS, [done, total, message, self.job_id, attempt]).fetchone()
        if row is None:
            raise LostClaim
        return bool(row[0])


def _open_session() -> psycopg.Connection:
    """A session of its own to Django's database, outside any pool, committing each statement."""
    params = connection.get_connection_params()
    for django_only in ("cursor_factory", "context"):
        params.pop(django_only, None)
    params["options"] = (params.get("options") or "") + _OPTIONS
    params["application_name"] = "chartroom job"
    return psycopg.connect(**params, autocommit=True)
