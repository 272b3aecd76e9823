"""Jobs that start by themselves: once a day, or once in each stretch of some minutes.

The beat asks often; the job's key (name and UTC date, or the stretch's beginning) makes it once. So a second beat, a
change to summer time or a night with the machine off neither doubles nor skips a day that the clinic is open on.
"""

from __future__ import annotations

from datetime import UTC, datetime

from emr.audit.actor import service_user
from emr.jobs import registry
from emr.jobs.models import Job
from emr.jobs.queue import enqueue


def enqueue_due(now: datetime) -> list[Job]:
    """Ask for each daily job whose time of today (UTC) is past, and each repeated one that has something to do; returns
    those that were not there yet.
    """
    today = now.astimezone(UTC)
    due = {
        f"{spec.name}:{today.date().isoformat()}": spec
        for spec in registry.daily()
        if spec.daily_at is not None and today.time() >= spec.daily_at
    }
    due |= {_stretch(spec, today): spec for spec in registry.repeated()}
    there = set(Job.objects.filter(key__in=due).values_list("key", flat=True))
    missing = {key: spec for key, spec in due.items() if key not in there and spec.due()}
    if not missing:
        return []
    scheduler = service_user("scheduler")
    return [enqueue(spec.name, key=key, by=scheduler) for key, spec in missing.items()]


def _stretch(spec: registry.JobSpec, now: datetime) -> str:
    """The key of a repeated job at an instant."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begun = midnight + (now - midnight) // spec.every * spec.every if spec.every else midnight
    return f"{spec.name}:{begun:%Y-%m-%dT%H:%M}"
