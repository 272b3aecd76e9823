"""Jobs that exist only in tests. The real worker of the tests imports this module too."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from emr.access.permissions import Permission
from emr.accounts.models import LoginTries
from emr.jobs import JobRun, job
from emr.jobs.models import Job
from emr.shared.errors import DomainError

SECRET = "LOPEZ Rosa, born 14-Mar-1962"
downloads: list[uuid.UUID] = []


def leave_effect(name: str) -> None:
    """Write one more row that the test can count."""
    LoginTries.objects.create(key=f"{name}-{uuid.uuid4()}", tries=0, last_at=timezone.now())


def effects(name: str) -> int:
    """How many rows the handlers have left under that name."""
    return LoginTries.objects.filter(key__startswith=f"{name}-").count()


def record_download(job: Job, request: HttpRequest) -> None:
    """What an owning app does when a file of its job is taken."""
    downloads.append(job.pk)


@job("test.effect", permission=Permission.VIEW_BILLING, title="Leaving an effect", backoff=timedelta(milliseconds=10))
def effect(run: JobRun) -> dict[str, Any]:
    """Leave one effect."""
    leave_effect(run.payload["effect"])
    return {"effects_left": 1}


@job("test.gate", permission=Permission.VIEW_BILLING, title="Waiting at a gate")
def gate(run: JobRun) -> dict[str, Any]:
    """Leave an effect, tell progress and the process, then wait until the test opens the gate (a named pipe).

    Only the first attempt waits: the second shows that the work is taken up again.
    """
    folder = Path(run.payload["folder"])
    leave_effect(run.payload["effect"])
    run.progress(1, 2, "At the gate")
    if run.attempt == 1:
        (folder / "pid.new").write_text(str(os.getpid()))
        (folder / "pid.new").rename(folder / "pid")
        (folder / "gate").read_bytes()
    run.progress(2, 2, "Through")
    return {"passed_by_attempt": run.attempt}


@job("test.broken", permission=Permission.VIEW_BILLING, title="Breaking", max_attempts=2, backoff=timedelta(0))
def broken(run: JobRun) -> None:
    """Leave an effect and a file, then fail with an error that quotes a person."""
    leave_effect(run.payload["effect"])
    run.attach("half.txt", "text/plain", b"half")
    raise RuntimeError(SECRET)


@job("test.slow_retry", permission=Permission.VIEW_BILLING, title="Failing once", backoff=timedelta(hours=5))
def slow_retry(run: JobRun) -> None:
    """Fail; the back-off is longer than the longest allowed."""
    raise RuntimeError


@job("test.refused", permission=Permission.VIEW_BILLING, title="Refusing")
def refused(run: JobRun) -> None:
    """Be refused by a rule of the clinic."""
    raise DomainError("Claim 12 has no payer; choose one on the claim's page.")


@job("test.file", permission=Permission.VIEW_BILLING, title="Making a file", on_download=record_download)
def make_file(run: JobRun) -> dict[str, Any]:
    """Attach one file."""
    run.attach("claims.html", "text/html", b"<script>alert(1)</script>", keep=timedelta(days=30))
    return {"claims_printed": 1200, "layout": "CMS-1500", "ids": ["not for the page"]}


@job("test.piecemeal", permission=Permission.VIEW_BILLING, title="Committing step by step", atomic=False)
def piecemeal(run: JobRun) -> None:
    """Leave an effect that stays, attach a file that does not, and fail."""
    leave_effect(run.payload["effect"])
    run.attach("half.txt", "text/plain", b"half")
    raise DomainError("The second step was refused.")


@job("test.overtaken", permission=Permission.VIEW_BILLING, title="Being overtaken")
def overtaken(run: JobRun) -> None:
    """Leave an effect; the test makes a later attempt take the job meanwhile."""
    leave_effect(run.payload["effect"])
    overtake(run.job_id)


def overtake(job_id: uuid.UUID) -> None:
    """Stand in for a second worker that claimed the job."""
    Job.objects.filter(pk=job_id).update(attempts=2)


@job("test.other_right", permission=Permission.IMPORT_RECORDS, title="Importing")
def other_right(run: JobRun) -> None:
    """A job that billers have no right to."""
