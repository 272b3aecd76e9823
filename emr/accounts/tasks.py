"""Jobs about people: mailing an invitation, tidying what a log-in leaves behind."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.utils import timezone

from emr.access.permissions import Permission
from emr.accounts import tries
from emr.accounts.actions.invitations import JOB, mail_invitation
from emr.jobs.registry import job
from emr.jobs.run import JobRun


@job(
    JOB,
    permission=Permission.MANAGE_PEOPLE,
    title="Mailing an invitation",
    max_attempts=6,
    backoff=timedelta(minutes=1),
)
def send_invitation(run: JobRun) -> dict[str, Any] | None:
    """Mail the link. A try that fails after the mail has gone makes a new link, and the mail is sent again."""
    mail_invitation(by=run.by, invitation_id=UUID(run.payload["invitation"]), link_base=run.payload["base"])
    return None


@job("accounts.tidy", permission=Permission.VIEW_ALL_JOBS, title="Removing sessions that are over", daily_at=time(7))
def tidy(run: JobRun) -> dict[str, Any]:
    """Delete sessions that are over and counters of wrong passwords that count nothing any more."""
    sessions = Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
    return {"sessions_removed": sessions, "counters_removed": tries.forget_old()}
