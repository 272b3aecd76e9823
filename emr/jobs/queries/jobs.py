"""Jobs as the pages show them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from emr.jobs import registry
from emr.jobs.choices import JobStatus
from emr.jobs.models import Job, JobFile, JobQuerySet

PAGE_SIZE = 50
#: Chips over the list: the word in the URL, the label, the states it stands for.
FILTERS: dict[str, tuple[str, tuple[JobStatus, ...]]] = {
    "": ("All", ()),
    "waiting": ("Waiting", (JobStatus.QUEUED, JobStatus.HANDED_OVER)),
    "running": ("Running", (JobStatus.RUNNING,)),
    "failed": ("Failed", (JobStatus.FAILED,)),
    "succeeded": ("Done", (JobStatus.SUCCEEDED,)),
    "cancelled": ("Cancelled", (JobStatus.CANCELLED,)),
}


@dataclass(frozen=True)
class JobView:
    """One job in words."""

    job: Job
    title: str
    status: str
    label: str
    percent: int | None
    counted: str
    error: str
    finished: bool
    can_cancel: bool
    can_retry: bool
    attempts: str
    result: list[tuple[str, str]]
    result_url: str | None


@dataclass(frozen=True)
class JobsPage:
    """One page of the list, newest first; ``older`` is where the next one begins, if there is one."""

    jobs: list[JobView]
    older: uuid.UUID | None


def jobs_page(user: Any, *, status: str, mine: bool, before: uuid.UUID | None) -> JobsPage:
    """The jobs that ``user`` may see. One query."""
    jobs = Job.objects.visible_to(user).select_related("created_by").order_by("-id")
    states = FILTERS[status][1]
    if states:
        jobs = jobs.filter(status__in=states)
    if mine:
        jobs = jobs.filter(created_by=user)
    if before is not None:
        jobs = jobs.filter(pk__lt=before)
    found = list(jobs[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    return JobsPage([in_words(job) for job in shown], shown[-1].pk if len(found) > PAGE_SIZE else None)


def job_for(user: Any, job_id: uuid.UUID) -> Job | None:
    """The job with its people and files, or None when there is none that ``user`` may see. Two queries."""
    visible: JobQuerySet = Job.objects.visible_to(user)
    files = Prefetch("files", queryset=JobFile.objects.order_by("name", "id"))
    people = visible.select_related("created_by", "cancel_requested_by", "retried_by")
    return people.prefetch_related(files).filter(pk=job_id).first()


def in_words(job: Job) -> JobView:
    """A job's state, ready to print."""
    spec = registry.find(job.name)
    stopping = job.status == JobStatus.RUNNING and job.cancel_requested_at is not None
    return JobView(
        job=job,
        title=spec.title if spec else job.name,
        status=job.status,
        label="Stopping" if stopping else JobStatus(job.status).label,
        percent=job.progress_done * 100 // job.progress_total if job.progress_total else None,
        counted=f"{job.progress_done:,} of {job.progress_total:,}" if job.progress_total else "",
        error=job.error,
        finished=job.is_finished,
        can_cancel=not job.is_finished and job.cancel_requested_at is None,
        can_retry=spec is not None and job.status in (JobStatus.FAILED, JobStatus.CANCELLED),
        attempts=f"{job.attempts} of {job.max_attempts}",
        result=_result_in_words(job.result),
        result_url=spec.result_url(job) if spec and spec.result_url and job.status == JobStatus.SUCCEEDED else None,
    )


def _result_in_words(result: Any) -> list[tuple[str, str]]:
    """The plain values of a result, labelled by their keys; lists and mappings are for the program, not the page."""
    if not isinstance(result, dict):
        return []
    plain = ((key, value) for key, value in result.items() if isinstance(value, str | int | float))
    return [
        (key.replace("_", " ").capitalize(), f"{value:,}" if isinstance(value, int | float) else value)
        for key, value in plain
    ]
