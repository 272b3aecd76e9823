"""A job: outbox row, idempotency key, progress bar and dead letter in one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from emr.audit.registry import exempt
from emr.jobs import registry
from emr.jobs.choices import FINISHED, JobStatus
from emr.shared.records import Identified, choices_constraint, paired

_FINISHED = sorted(FINISHED)


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs as people and as the machinery look for them."""

    def visible_to(self, user: Any) -> JobQuerySet:
        """Jobs that ``user`` may see: the job's own right, and theirs or everybody's."""
        allowed = self.filter(name__in=registry.names_allowed(user))
        return allowed if registry.sees_all(user) else allowed.filter(created_by=user)

    def due(self) -> JobQuerySet:
        """Jobs that the relay should hand over now, the longest waiting first."""
        return self.filter(status=JobStatus.QUEUED, available_at__lte=Now()).order_by("available_at", "id")


@exempt("A job is machinery: it holds identifiers only, and itself says who asked, cancelled and retried.")
class Job(Identified):
    """One piece of work. Its payload holds identifiers only, so the table tells nothing about a person.

    All instants come from the database's clock, so that several machines agree on them.
    """

    name = models.CharField(max_length=100)
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField(default=dict)
    status = models.CharField(max_length=12, choices=JobStatus.choices, default=JobStatus.QUEUED)

    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)  # 0: not known yet
    message = models.CharField(max_length=200, blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)

    attempts = models.PositiveSmallIntegerField(default=0)  # also the fence: only the latest attempt may finish the job
    max_attempts = models.PositiveSmallIntegerField()

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    available_at = models.DateTimeField(db_default=Now())
    handed_over_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    retried_at = models.DateTimeField(null=True, blank=True)
    retried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            choices_constraint("jobs_job_status", "status", JobStatus),
            models.CheckConstraint(
                name="jobs_job_finished",
                condition=Q(status__in=_FINISHED, finished_at__isnull=False)
                | (~Q(status__in=_FINISHED) & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="jobs_job_handed_over",
                condition=~Q(status=JobStatus.HANDED_OVER) | Q(handed_over_at__isnull=False),
            ),
            models.CheckConstraint(
                name="jobs_job_running",
                condition=~Q(status=JobStatus.RUNNING) | Q(started_at__isnull=False, heartbeat_at__isnull=False),
            ),
            models.CheckConstraint(
                name="jobs_job_failed_says_why", condition=~Q(status=JobStatus.FAILED) | ~Q(error="")
            ),
            models.CheckConstraint(
                name="jobs_job_attempts", condition=Q(attempts__lte=F("max_attempts"), max_attempts__gte=1)
            ),
            models.CheckConstraint(
                name="jobs_job_progress", condition=Q(progress_total=0) | Q(progress_done__lte=F("progress_total"))
            ),
            paired("jobs_job_cancel_paired", "cancel_requested_at", "cancel_requested_by"),
            paired("jobs_job_retry_paired", "retried_at", "retried_by"),
        ]
        indexes = [
            models.Index(name="jobs_job_due", fields=["available_at", "id"], condition=Q(status=JobStatus.QUEUED)),
            models.Index(
                name="jobs_job_under_way",
                fields=["status", "handed_over_at"],
                condition=Q(status__in=[JobStatus.HANDED_OVER, JobStatus.RUNNING]),
            ),
            models.Index(name="jobs_job_failed", fields=["-id"], condition=Q(status=JobStatus.FAILED)),
            models.Index(name="jobs_job_mine", fields=["created_by", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self.status in FINISHED
