"""What a handler is given."""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from django.core.files.base import ContentFile, File

if TYPE_CHECKING:
    from emr.accounts.models import User
    from emr.jobs.lifeline import Lifeline
    from emr.jobs.models import JobFile

WRITE_EVERY = 0.25  # seconds between two writes of progress: smooth to the eye, cheap for the database
KEEP_FILES = timedelta(days=30)


class JobCancelled(Exception):
    """Somebody asked to stop the job. Leave the handler with it; its transaction is rolled back."""


@dataclass
class JobRun:
    """One attempt at a job, in the hands of its handler."""

    job_id: uuid.UUID
    by: User
    payload: dict[str, Any]
    attempt: int
    lifeline: Lifeline
    done: int = 0
    total: int = 0
    message: str = ""
    files: list[JobFile] = field(default_factory=list)
    _written_at: float = 0.0

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Tell how far the work is; seen at once, though the handler's transaction is open.

        Call it as often as you like: at most four writes a second are made. ``message`` is shown beside the bar and
        names no patient. Raises JobCancelled when somebody asked to stop.
        """
        first = self._written_at == 0.0 or total != self.total
        self.total = max(total, 0)
        self.done = min(max(done, 0), self.total)
        self.message = message[:200]
        if first or time.monotonic() - self._written_at >= WRITE_EVERY:
            self.check_cancelled()

    def check_cancelled(self) -> None:
        """Write a sign of life now; raises JobCancelled when somebody asked to stop."""
        cancelled = self.lifeline.report(self.attempt, self.done, self.total, self.message)
        self._written_at = time.monotonic()
        if cancelled:
            raise JobCancelled

    def attach(
        self, name: str, content_type: str, content: bytes | BinaryIO, *, keep: timedelta | None = KEEP_FILES
    ) -> None:
        """Add a file for the creator to download once the job has succeeded.

        ``name`` is what the browser saves it as and names no patient. After ``keep`` the content is removed and the
        page says so; None keeps it for good.
        """
        # Not at the top: this module is imported before the app registry is ready.
        from emr.jobs.models import JobFile
        from emr.jobs.outcome import later

        source: File[bytes] = ContentFile(content) if isinstance(content, bytes) else File(content)
        digest, size = _measure(source)
        made = JobFile(job_id=self.job_id, name=name, content_type=content_type, size=size, sha256=digest)
        made.expires_at = None if keep is None else later(keep)
        made.content.save(name, source, save=False)
        self.files.append(made)


def _measure(source: File[bytes]) -> tuple[str, int]:
    """SHA-256 and size in bytes, read piece by piece."""
    digest, size = hashlib.sha256(), 0
    source.seek(0)
    for piece in source.chunks():
        digest.update(piece)
        size += len(piece)
    source.seek(0)
    return digest.hexdigest(), size
