"""Removing what jobs made and nobody needs any more. Rows stay, and say when the content went."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from emr.jobs.models import JobFile
from emr.jobs.models.files import FOLDER, private_storage
from emr.jobs.run import JobRun

logger = logging.getLogger(__name__)

ORPHAN_AFTER = timedelta(days=1)  # far longer than a job may run, so no file of a running job is taken for an orphan


def prune_files(run: JobRun) -> dict[str, Any]:
    """Remove expired content, and files that a killed attempt left without a row; returns how many of each."""
    expired = list(JobFile.objects.filter(expires_at__lt=Now(), removed_at__isnull=True).order_by("id"))
    for number, made in enumerate(expired, start=1):
        _remove(made)
        run.progress(number, len(expired))
    orphans = list(_orphans(datetime.now(UTC) - ORPHAN_AFTER))
    for path in orphans:
        path.unlink(missing_ok=True)
    logger.info("Removed the content of %d expired files and %d orphans.", len(expired), len(orphans))
    return {"expired_files_removed": len(expired), "orphaned_files_removed": len(orphans)}


def _remove(made: JobFile) -> None:
    """Clear the row now, delete the content once that is committed."""
    storage, name = made.content.storage, str(made.content.name)
    made.content.name = ""
    JobFile.objects.filter(pk=made.pk).update(content="", removed_at=Now())
    transaction.on_commit(lambda: storage.delete(name))


def _orphans(before: datetime) -> Iterator[Path]:
    """Files in the jobs' folder, last written before the given instant, that no row knows."""
    storage = private_storage()
    folder = Path(storage.path(FOLDER))
    known = set(JobFile.objects.filter(removed_at__isnull=True).values_list("content", flat=True))
    for path in folder.glob("*/*"):
        name = path.relative_to(folder.parent).as_posix()
        if name not in known and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
            yield path
