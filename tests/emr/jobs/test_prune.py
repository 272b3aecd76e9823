"""Files go when their time is over; rows stay."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from emr.jobs.choices import JobStatus
from emr.jobs.models import Job, JobFile

pytestmark = [pytest.mark.feature("M08"), pytest.mark.usefixtures("committed_db")]


def keep(job: Job, until: timedelta | None) -> JobFile:
    """A file of a job, kept for so long from now."""
    made = JobFile(job=job, name="claims.pdf", content_type="application/pdf", size=4, sha256="0" * 64)
    made.expires_at = None if until is None else timezone.now() + until
    made.content.save("claims.pdf", ContentFile(b"%PDF"), save=True)
    return made


def test_removes_what_expired_and_keeps_the_rest(
    ask: Callable[..., Job], run_job: Callable[..., Job], media: Path
) -> None:
    """The expired row says when its content went; name, size and hash stay."""
    job = ask("test.file")
    expired, fresh, for_good = keep(job, -timedelta(seconds=1)), keep(job, timedelta(days=1)), keep(job, None)
    gone = Path(expired.content.path)

    pruning = run_job("jobs.prune")

    assert pruning.status == JobStatus.SUCCEEDED
    assert pruning.result == {"expired_files_removed": 1, "orphaned_files_removed": 0}
    assert not gone.exists()
    row = JobFile.objects.get(pk=expired.pk)
    assert (row.content.name, row.size, row.name) == ("", 4, "claims.pdf")
    assert row.removed_at is not None
    for kept in (fresh, for_good):
        assert Path(kept.content.path).exists()
        assert JobFile.objects.get(pk=kept.pk).removed_at is None


def test_removes_what_a_killed_attempt_left_but_nothing_new(
    ask: Callable[..., Job], run_job: Callable[..., Job], media: Path
) -> None:
    """A file without a row goes after a day; a younger one may belong to a job that runs right now."""
    known = Path(keep(ask("test.file"), None).content.path)
    old, young = known.with_name("a" * 32), known.with_name("b" * 32)
    # As a document whose write was rolled back.
    paper = media / "documents" / "aa" / ("c" * 32)
    paper.parent.mkdir(parents=True)
    for path in (old, young, paper):
        path.write_bytes(b"%PDF")
    two_days_ago = (timezone.now() - timedelta(days=2)).timestamp()
    for path in (old, known, paper):
        os.utime(path, (two_days_ago, two_days_ago))

    assert run_job("jobs.prune").result == {"expired_files_removed": 0, "orphaned_files_removed": 2}
    assert (old.exists(), young.exists(), known.exists(), paper.exists()) == (False, True, True, False)
