"""When the jobs of the schedule start."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from emr.audit.actor import acting
from emr.jobs.daily import enqueue_due
from emr.jobs.models import Job
from tests.factories.base import someone
from tests.scheduling.reminders import patient, rule, visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("elm_street")]


def test_the_job_starts_only_where_something_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row of a job is written every five minutes of the year."""
    monkeypatch.setattr("scheduling.queries.reminders.is_quiet", lambda now: False)
    noon = timezone.now().replace(hour=12, minute=3)
    assert [job for job in enqueue_due(noon) if job.name == "scheduling.reminders"] == []
    rule()
    row = visit(patient(), hours=0)
    with transaction.atomic(), acting(someone()):
        row.start_at = timezone.now() + timedelta(hours=40)
        row.end_at = row.start_at + timedelta(minutes=20)
        row.created_at = timezone.now() - timedelta(days=9)
        row.save(update_fields=["start_at", "end_at", "created_at"])
    enqueue_due(noon)
    enqueue_due(noon + timedelta(minutes=1))
    assert Job.objects.filter(name="scheduling.reminders").count() == 1
