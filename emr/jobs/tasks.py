"""What Celery runs: a thin skin over :mod:`emr.jobs.execute`, and the clock of the daily jobs."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time
from typing import Any

from emr.access.permissions import Permission
from emr.celery import app
from emr.jobs.daily import enqueue_due
from emr.jobs.execute import execute
from emr.jobs.prune import prune_files
from emr.jobs.registry import job
from emr.jobs.run import JobRun


@app.task(name="emr.jobs.tasks.run_job")
def run_job(job_id: str) -> None:
    """Run one job of the outbox."""
    execute(uuid.UUID(job_id))


@app.task(name="emr.jobs.tasks.enqueue_daily")
def enqueue_daily() -> None:
    """Start today's daily jobs whose time has come; asked for every few minutes by the beat."""
    enqueue_due(datetime.now(UTC))


@job("jobs.prune", permission=Permission.VIEW_ALL_JOBS, title="Removing expired files of jobs", daily_at=time(7))
def prune(run: JobRun) -> dict[str, Any]:
    """Remove the content of files whose time is over."""
    return prune_files(run)
