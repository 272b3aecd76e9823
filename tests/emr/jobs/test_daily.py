"""Daily jobs: once a UTC date, whoever asks and however often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from celery.schedules import crontab

from emr.audit.seals.jobs import seal_logs
from emr.celery import app
from emr.jobs import registry
from emr.jobs.choices import JobStatus
from emr.jobs.daily import enqueue_due
from emr.jobs.models import Job
from emr.jobs.tasks import enqueue_daily

pytestmark = [pytest.mark.feature("M08"), pytest.mark.django_db]


def at(hour: int, *, day: int = 8) -> datetime:
    """An hour of a March day of 2026, the month in which New York's clocks go forward (on the 8th)."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def asked(jobs: Iterable[Job]) -> Counter[str]:
    """How often pruning, due at 07:00 UTC, was asked for, by its key."""
    return Counter(job.key for job in jobs if job.name == "jobs.prune")


def test_not_before_its_time() -> None:
    assert asked(enqueue_due(at(6))) == {}


def test_once_a_day_though_two_beats_ask_all_day() -> None:
    """The key is name and date, so the second request finds the first."""
    for hour in (7, 7, 8, 23):
        enqueue_due(at(hour))
    assert asked(Job.objects.all()) == {"jobs.prune:2026-03-08": 1}
    assert Job.objects.count() == len(registry.daily())


def test_a_day_that_was_slept_through_till_noon_is_caught_up() -> None:
    """The machine was off at seven."""
    assert asked(enqueue_due(at(12, day=9))) == {"jobs.prune:2026-03-09": 1}


def test_is_asked_for_by_a_service_account() -> None:
    """Nobody is logged in; the actor is never nobody."""
    jobs = enqueue_due(at(23))
    assert {(job.created_by.is_service, job.status) for job in jobs} == {(True, JobStatus.QUEUED)}


def test_beat_asks_every_five_minutes_in_utc() -> None:
    """Static in code; its entries name tasks that exist."""
    entries = app.conf.beat_schedule.values()
    assert {entry["task"] for entry in entries} == {enqueue_daily.name, seal_logs.name}
    assert all(entry["schedule"] == crontab(minute="*/5") for entry in entries)
    assert (app.conf.enable_utc, str(app.conf.timezone)) == (True, "UTC")


def test_broker_settings_keep_a_killed_workers_message() -> None:
    """Acknowledged late and rejected on loss; the broker waits longer than a job may run."""
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]
    assert app.conf.accept_content == ["json"]
