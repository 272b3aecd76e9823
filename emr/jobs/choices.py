"""The states of a job."""

from __future__ import annotations

from django.db import models


class JobStatus(models.TextChoices):
    """Where a job stands.

    ``queued`` waits for the relay (or for the end of its back-off), ``handed_over`` waits in the broker for a worker.
    """

    QUEUED = "queued", "Waiting"
    HANDED_OVER = "handed_over", "Next in line"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


FINISHED = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})
