"""Asking for reports of the logs as files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.queries.reports import Asked, Log
from emr.jobs import enqueue
from emr.jobs.models import Job

JOB = "audit.export"


@action
def export_log(*, by: User, log: Log, asked: Asked, request_token: UUID) -> Job:
    """Ask for the rows of a log as CSV, by a job. The same token again gives the job that is there."""
    return enqueue(JOB, key=f"{JOB}:{by.pk}:{request_token}", by=by, payload={"log": log.name, **_payload(asked)})


def _payload(asked: Asked) -> dict[str, Any]:
    """The filters as identifiers, codes and days."""
    return {name: str(value) for name, value in vars(asked).items() if value}
