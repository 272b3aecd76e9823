"""Jobs as the pages show them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from emr.jobs import registry
from emr.jobs.choices import JobStatus
from emr.jobs.models import Job, JobFile, JobQuerySet
from emr.ui import formats

PAGE_SIZE = 50
#: What the list can be narrowed to: the word in the URL, the label, the states it stands for.
FILTERS: dict[str, tuple[str, tuple[JobStatus, ...]]] = {
    "waiting": ("Waiting", (JobStatus.QUEUED, JobStatus.HANDED_OVER)),
    "running": ("Running", (JobStatus.RUNNING,)),
    "failed": ("Failed", (JobStatus.FAILED,)),
    "succeeded": ("Done", (JobStatus.SUCCEEDED,)),
    "cancelled": ("Cancelled", (JobStatus.CANCELLED,)),
}


@dataclass(frozen=True)
class JobView:
    """One job in words. ``files`` is filled for a single job only."""

    job: Job
    title: str
    status: str
    label: str
    done: str
    total: str
    error: str
    next_attempt_at: datetime | None
    finished: bool
    can_cancel: bool
    can_retry: bool
    facts: list[tuple[str, str]]
    result_url: str | None
    files: list[JobFile]

    @property
    def counted(self) -> str:
        """``312 of 500``, or nothing while the total isn't known."""
        return f"{self.done} of {self.total}" if self.total else ""


@dataclass(frozen=True)
class JobsPage:
    """One page of the list, newest first; ``older`` is where the next one begins, if there is one."""

    jobs: list[JobView]
    older: uuid.UUID | None


def jobs_page(user: Any, *, status: str, mine: bool, before: uuid.UUID | None) -> JobsPage:
    """The jobs that ``user`` may see. One query."""
    jobs = Job.objects.visible_to(user).select_related("created_by").order_by("-id")
    if status:
        jobs = jobs.filter(status__in=FILTERS[status][1])
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


def in_words(job: Job, *, whole: bool = False) -> JobView:
    """A job's state, ready to print; ``whole`` adds the details of its own page."""
    spec = registry.find(job.name)
    stopping = job.status == JobStatus.RUNNING and job.cancel_requested_at is not None
    has_result_page = spec is not None and spec.result_url is not None and job.status == JobStatus.SUCCEEDED
    return JobView(
        job=job,
        title=spec.title if spec else job.name,
        status=job.status,
        label="Stopping" if stopping else JobStatus(job.status).label,
        done=formats.number(job.progress_done),
        total=formats.number(job.progress_total) if job.progress_total else "",
        error=job.error,
        next_attempt_at=job.available_at if job.status == JobStatus.QUEUED and job.error else None,
        finished=job.is_finished,
        can_cancel=not job.is_finished and job.cancel_requested_at is None,
        can_retry=spec is not None and job.status in (JobStatus.FAILED, JobStatus.CANCELLED),
        facts=[*_result_in_words(job.result), *_story(job)] if whole else [],
        result_url=spec.result_url(job) if whole and has_result_page and spec and spec.result_url else None,
        files=list(job.files.all()) if whole else [],
    )


def _story(job: Job) -> list[tuple[str, str]]:
    """Who asked, and what happened when; what hasn't happened is left out."""
    told = [
        ("Asked by", f"{job.created_by}, {formats.instant(job.created_at)}"),
        ("Retried by", f"{job.retried_by}, {formats.instant(job.retried_at)}" if job.retried_at else ""),
        ("Started", formats.instant(job.started_at)),
        ("Finished", formats.instant(job.finished_at)),
        ("Attempts", f"{job.attempts} of {job.max_attempts}"),
    ]
    return [(label, text) for label, text in told if text]


def _result_in_words(result: Any) -> list[tuple[str, str]]:
    """The plain values of a result, labelled by their keys; lists and mappings are for the program, not the page."""
    if not isinstance(result, dict):
        return []
    plain = ((key, value) for key, value in result.items() if isinstance(value, str | int | float))
    return [
        (key.replace("_", " ").capitalize(), f"{value:,}" if isinstance(value, int | float) else value)
        for key, value in plain
    ]
