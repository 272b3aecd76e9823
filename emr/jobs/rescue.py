"""Jobs that were left half-way: their worker, its host or the broker died. They go back into the queue."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from emr.celery import app
from emr.jobs.broker import Channel
from emr.jobs.choices import JobStatus
from emr.jobs.lifeline import lock_number
from emr.jobs.models import Job

logger = logging.getLogger(__name__)

SILENT_AFTER = timedelta(seconds=10)  # younger runs aren't worth a look: the broker redelivers those at once
TAKEN_WITHIN = timedelta(seconds=20)  # what a worker needs, at the most, from taking a message to starting the job
LOST_AFTER = timedelta(seconds=settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"])
BATCH = 100


def rescue_stranded() -> int:
    """Queue again what nobody works on; returns how many.

    A running job is stranded when no process holds its lock, however long ago it was started. A job that was handed
    over is stranded when the broker has no message any more, as after its restart, or when the broker's own time for it
    (``visibility_timeout``) is over: the message may be lost. It costs nothing when it is not, because a second message
    finds the job taken or finished. Waiting is no attempt, so a clinic whose workers were off for a day loses no job;
    starts count, so a job that kills its worker ends.
    """
    return sum(_queue_again(job_id) for job_id in _suspects())


def _suspects() -> list[Any]:
    silent = Q(status=JobStatus.RUNNING, heartbeat_at__lt=Now() - SILENT_AFTER)
    waiting = Job.objects.filter(status=JobStatus.HANDED_OVER, handed_over_at__lt=Now() - TAKEN_WITHIN)
    lost_after = TAKEN_WITHIN if waiting.exists() and _broker_holds_none() else LOST_AFTER
    lost = Q(status=JobStatus.HANDED_OVER, handed_over_at__lt=Now() - lost_after)
    return list(Job.objects.filter(silent | lost).order_by("id").values_list("id", flat=True)[:BATCH])


def _broker_holds_none() -> bool:
    """Whether the broker answers, and no message waits in it."""
    try:
        with app.connection_for_read() as broker:
            broker.ensure_connection(max_retries=1)
            channel = broker.default_channel
            return isinstance(channel, Channel) and channel.is_empty(app.conf.task_default_queue)
    except (BrokerError, RedisError, OSError):
        return False


@transaction.atomic
def _queue_again(job_id: Any) -> bool:
    """Queue one job again unless a living process holds it or its row."""
    under_way = Job.objects.filter(pk=job_id, status__in=[JobStatus.HANDED_OVER, JobStatus.RUNNING])
    job = under_way.select_for_update(skip_locked=True).first()
    if job is None or not _nobody_runs(job_id):
        return False
    logger.warning("Job %s (%s) was left %s; it is queued again.", job.id, job.name, job.status)
    Job.objects.filter(pk=job_id).update(status=JobStatus.QUEUED, available_at=Now(), handed_over_at=None)
    return True


def _nobody_runs(job_id: Any) -> bool:
    """Take the job's lock till the end of this transaction; False when a running attempt has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_number(job_id)])
        row = cursor.fetchone()
    return bool(row[0])
