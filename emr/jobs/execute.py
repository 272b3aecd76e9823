"""Running one job: claim it, call its handler as the person who asked, record what came of it.

The claim is sure because of the lifeline's lock (see lifeline.py): a message that is delivered twice finds the lock
taken, or the job finished, and does nothing. The success is sure because it commits together with the handler's writes,
and only while this attempt is still the job's latest.
"""

from __future__ import annotations

import contextlib
import logging
import traceback
import uuid
from collections.abc import Iterator
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models.functions import Now

from emr.audit.actor import acting
from emr.jobs import outcome, registry
from emr.jobs.choices import JobStatus
from emr.jobs.lifeline import Lifeline, LostClaim
from emr.jobs.models import Job
from emr.jobs.registry import JobSpec
from emr.jobs.run import JobCancelled, JobRun
from emr.shared.errors import DomainError

logger = logging.getLogger(__name__)

_WORKER_DIED = "The worker stopped in the middle of it, at each attempt."
_UNKNOWN = "This version of the program doesn't know this kind of job."
_GONE = "The account that asked for it was deactivated meanwhile. Somebody else must ask for it anew."
_TOO_LONG = "It took longer than a job may and was stopped. Ask for less at a time."
# A job may take minutes and may wait for a row that a page holds; a page's own limits are far shorter.
_TIMEOUTS = {
    "statement_timeout": "600s",
    "lock_timeout": "60s",
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",
}


def execute(job_id: uuid.UUID) -> None:
    """Run the job unless somebody else does, has done, or it isn't due; never raises for a failing handler."""
    with Lifeline(job_id) as lifeline:
        claimed = _claim(job_id) if lifeline.held else None
        if claimed is None:
            logger.info("Job %s: nothing to do for this message.", job_id)
            return
        job, spec = claimed
        run = JobRun(job.id, job.created_by, job.payload, job.attempts, lifeline)
        ending = _attempt(job, spec, run)
        # Outside of any except block: should this fail too, the log won't show the first error's values.
        if ending is not None:
            ending.record(job)
            outcome.discard_files(run.files)


def _claim(job_id: uuid.UUID) -> tuple[Job, JobSpec] | None:
    """Mark the job as running. A job already marked so was left by a dead worker, for its lock was free."""
    with transaction.atomic():
        _allow_time()
        job = Job.objects.select_for_update(of=("self",)).select_related("created_by").filter(pk=job_id).first()
        if job is None or job.is_finished or not _is_due(job):
            return None
        spec = registry.find(job.name)
        if job.cancel_requested_at is not None:
            outcome.Cancelled().record(job)
        elif spec is None:
            outcome.Failed(_UNKNOWN).record(job)
        elif not (job.created_by.is_active or job.created_by.is_service):
            outcome.Failed(_GONE).record(job)
        elif job.attempts >= job.max_attempts:
            outcome.Failed(_WORKER_DIED).record(job)
        else:
            _start(job)
            return job, spec
    return None


def _start(job: Job) -> None:
    """Write the start of the next attempt; the caller holds the row."""
    job.attempts += 1
    Job.objects.filter(pk=job.pk).update(
        status=JobStatus.RUNNING,
        attempts=job.attempts,
        started_at=Now(),
        heartbeat_at=Now(),
        progress_done=0,
        progress_total=0,
        message="",
    )


def _is_due(job: Job) -> bool:
    """Whether a waiting job's back-off is over, by the database's clock."""
    return job.status != JobStatus.QUEUED or Job.objects.due().filter(pk=job.pk).exists()


def _attempt(job: Job, spec: JobSpec, run: JobRun) -> outcome.Ending | None:
    """Call the handler; None when it succeeded (and that is recorded), else how to end the attempt."""
    try:
        with acting(run.by), _transaction_of(spec):
            result = spec.handler(run)
            _succeed(job, run, result)
    except JobCancelled:
        return outcome.Cancelled()
    except LostClaim:
        logger.warning("Job %s: attempt %d was overtaken and is void.", job.id, run.attempt)
        return outcome.Void()
    except DomainError as error:
        return outcome.Failed(error.message)
    except SoftTimeLimitExceeded:
        return outcome.Failed(_TOO_LONG)
    except Exception as error:  # the machine's edge: whatever a handler raises becomes the job's state
        _log_failure(job, run, error)
        return outcome.TryAgain(type(error).__name__, spec.backoff)
    return None


@transaction.atomic
def _succeed(job: Job, run: JobRun, result: dict[str, Any] | None) -> None:
    """Record the success in the handler's transaction. Raises LostClaim when a later attempt has the job."""
    changed = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING, attempts=run.attempt).update(
        status=JobStatus.SUCCEEDED,
        finished_at=Now(),
        heartbeat_at=Now(),
        result=result,
        error="",
        progress_done=run.total,
        progress_total=run.total,
        message=run.message,
    )
    if not changed:
        raise LostClaim
    for made in run.files:
        made.save(force_insert=True)


@contextlib.contextmanager
def _transaction_of(spec: JobSpec) -> Iterator[None]:
    """The handler's transaction, for the jobs that have one."""
    if not spec.atomic:
        yield
        return
    with transaction.atomic():
        _allow_time()
        yield


def _allow_time() -> None:
    """Give the current transaction a job's time limits instead of a page's."""
    with connection.cursor() as cursor:
        for name, limit in _TIMEOUTS.items():
            cursor.execute(
                "SELECT set_config(name, %s, true) FROM pg_settings WHERE name = %s",  # one came with PostgreSQL 17
                [limit, name],
            )


def _log_failure(job: Job, run: JobRun, error: Exception) -> None:
    """One record with the place but not the message: an error's text may quote a patient's data."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("Job %s (%s), attempt %d: %s\n%s", job.id, job.name, run.attempt, type(error).__name__, frames)
