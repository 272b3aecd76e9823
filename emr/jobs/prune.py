"""Removing what jobs made and nobody needs any more. Rows stay, and say when the content went."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from emr.encryption.orphans import orphans
from emr.jobs.models import JobFile
from emr.jobs.run import JobRun

logger = logging.getLogger(__name__)

#: Far longer than a job or a request may run, so that nothing whose row is about to be written is taken for an orphan.
ORPHAN_AFTER = timedelta(days=1)


def prune_files(run: JobRun) -> dict[str, Any]:
    """Remove expired content, and sealed files that a killed job or a rolled-back write left without a row.

    Returns how many of each.
    """
    expired = list(JobFile.objects.filter(expires_at__lt=Now(), removed_at__isnull=True).order_by("id"))
    for number, made in enumerate(expired, start=1):
        _remove(made)
        run.progress(number, len(expired))
    left = list(orphans(datetime.now(UTC) - ORPHAN_AFTER))
    for path in left:
        path.unlink(missing_ok=True)
    logger.info("Removed the content of %d expired files and %d orphans.", len(expired), len(left))
    return {"expired_files_removed": len(expired), "orphaned_files_removed": len(left)}


def _remove(made: JobFile) -> None:
    """Clear the row now, delete the content once that is committed."""
    storage, name = made.content.storage, str(made.content.name)
    made.content.name = ""
    JobFile.objects.filter(pk=made.pk).update(content="", removed_at=Now())
    transaction.on_commit(lambda: storage.delete(name))
