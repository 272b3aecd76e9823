"""Jobs that start by themselves once a day.

The beat asks often; the job's key (name and UTC date) makes it once a day. So a second beat, a change to summer time
or a night with the machine off neither doubles nor skips a day that the clinic is open on.
"""

from __future__ import annotations

from datetime import UTC, datetime

from emr.audit.actor import service_user
from emr.jobs import registry
from emr.jobs.models import Job
from emr.jobs.queue import enqueue


def enqueue_due(now: datetime) -> list[Job]:
    """Ask for each daily job whose time of today (UTC) is past; returns those that were not there yet."""
    today = now.astimezone(UTC)
    due = {
        f"{spec.name}:{today.date().isoformat()}": spec
        for spec in registry.daily()
        if spec.daily_at is not None and today.time() >= spec.daily_at
    }
    there = set(Job.objects.filter(key__in=due).values_list("key", flat=True))
    missing = {key: spec for key, spec in due.items() if key not in there}
    if not missing:
        return []
    scheduler = service_user("scheduler")
    return [enqueue(spec.name, key=key, by=scheduler) for key, spec in missing.items()]
