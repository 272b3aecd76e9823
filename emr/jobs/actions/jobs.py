"""What a person does to a job: cancel it, or have it tried again."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from emr.accounts.models import User
from emr.jobs import registry
from emr.jobs.choices import JobStatus
from emr.jobs.models import Job
from emr.jobs.queue import wake_relay
from emr.shared.errors import Conflict


@transaction.atomic
def cancel_job(*, job_id: uuid.UUID, by: User) -> Job:
    """Stop a job: at once while it waits, else at its handler's next sign of progress.

    Raises Conflict when it is finished; does nothing when it was already asked to stop.
    """
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.is_finished:
        raise Conflict("This job is finished already; there is nothing left to cancel.")
    if job.cancel_requested_at is not None:
        return job
    row = Job.objects.filter(pk=job_id)
    row.update(cancel_requested_at=Now(), cancel_requested_by=by)
    if job.status != JobStatus.RUNNING:
        row.update(status=JobStatus.CANCELLED, finished_at=Now())
    return row.get()


@transaction.atomic
def retry_job(*, job_id: uuid.UUID, by: User) -> Job:
    """Queue a failed or cancelled job again, with as many attempts as a new one has. It runs as its creator.

    Raises Conflict when it is neither failed nor cancelled, for example because somebody else retried it first, or
    when this version of the program has no such job.
    """
    job = Job.objects.select_for_update().get(pk=job_id)
    spec = registry.find(job.name)
    if job.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
        raise Conflict("This job isn't failed or cancelled any more; somebody may have retried it already.")
    if spec is None:
        raise Conflict("This version of the program can't do this kind of job.")
    Job.objects.filter(pk=job_id).update(
        status=JobStatus.QUEUED,
        max_attempts=F("attempts") + spec.max_attempts,
        available_at=Now(),
        handed_over_at=None,
        finished_at=None,
        cancel_requested_at=None,
        cancel_requested_by=None,
        retried_at=Now(),
        retried_by=by,
    )
    wake_relay()
    return Job.objects.get(pk=job_id)
