"""How an attempt ends when it doesn't succeed, and what is then written on the job."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from django.db.models import DateTimeField, Expression, ExpressionWrapper, Value
from django.db.models.functions import Now

from emr.jobs.choices import FINISHED, JobStatus
from emr.jobs.models import Job, JobFile

logger = logging.getLogger(__name__)

LONGEST_BACKOFF = timedelta(hours=1)
_UNEXPECTED = "An unexpected error ({name}). The server's log has the details."


class Ending(Protocol):
    """Something that can be written on a job as its end, or as the end of one attempt."""

    def record(self, job: Job) -> None:
        """Write it, provided that the attempt is still the job's latest."""


def change(job: Job, **values: Any) -> None:
    """Update the job, unless it is finished or a later attempt has it."""
    Job.objects.filter(pk=job.pk, attempts=job.attempts).exclude(status__in=FINISHED).update(**values)


def later(span: timedelta) -> Expression:
    """The database's clock plus a span."""
    return ExpressionWrapper(Now() + Value(span), output_field=DateTimeField())


@dataclass(frozen=True)
class Failed:
    """It will not be tried again by itself: a dead letter, shown with its reason until a person acts."""

    sentence: str

    def record(self, job: Job) -> None:
        """Write the end and the reason."""
        logger.warning("Job %s (%s) failed for good.", job.id, job.name)
        change(job, status=JobStatus.FAILED, finished_at=Now(), error=self.sentence)


@dataclass(frozen=True)
class Cancelled:
    """Somebody asked to stop it."""

    def record(self, job: Job) -> None:
        """Write the end."""
        change(job, status=JobStatus.CANCELLED, finished_at=Now())


@dataclass(frozen=True)
class Void:
    """A later attempt has the job; this one leaves no trace."""

    def record(self, job: Job) -> None:
        """Write nothing."""


@dataclass(frozen=True)
class TryAgain:
    """The attempt failed; the next one waits ``backoff``, doubled with each attempt, at most an hour."""

    error_name: str
    backoff: timedelta

    def record(self, job: Job) -> None:
        """Queue the job again, or fail it when its attempts are used up."""
        sentence = _UNEXPECTED.format(name=self.error_name)
        if job.attempts >= job.max_attempts:
            Failed(sentence).record(job)
            return
        wait = min(self.backoff * 2 ** (job.attempts - 1), LONGEST_BACKOFF)
        change(job, status=JobStatus.QUEUED, available_at=later(wait), handed_over_at=None, error=sentence)


def discard_files(files: Iterable[JobFile]) -> None:
    """Delete the content that a failed attempt left in the storage."""
    made_files = list(files)
    kept = set(JobFile.objects.filter(pk__in=[made.pk for made in made_files]).values_list("pk", flat=True))
    for made in made_files:
        if made.pk not in kept:
            made.content.delete(save=False)
