"""Day sheets of everybody, drawn in the background."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.jobs.models import Job

SHEETS_JOB = "scheduling.day_sheets"


@action
def ask_for_sheets(*, by: User, day: date, request_token: UUID) -> Job:
    """Ask for the day sheets of all practitioners as one PDF. The same form sent twice is one job."""
    return enqueue(SHEETS_JOB, key=f"day_sheets:{by.pk}:{request_token}", by=by, payload={"day": day.isoformat()})
