"""Messages that wait for a person, and the task that says so in the inbox of those who can tell whose they are."""

from __future__ import annotations

import hashlib

from django.db import connection
from django.utils import timezone

from clinic.actions.tasks import change_task, complete_task_list, create_task
from clinic.models import Task
from clinic.models.tasks import UNMATCHED_RESULT, TaskPriority
from clinic.queries.people import staff
from emr.access.roles import CLINICIAN, NURSE
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict
from interop.models import SourceRecord, WaitingMessage, WaitingStatus

_TASK = "the task about messages that wait"


@action
def make_wait(*, by: User, record: SourceRecord, reason: str, critical: bool) -> WaitingMessage:
    """Keep a message until a person says whose it is, and tell them: the nurses, or where there are none the
    clinicians; of a critical value both, at once. However many wait, each role has one task."""
    row = WaitingMessage.objects.create(created_by=by, message=record, reason=reason[:300])
    one_at_a_time(_TASK)
    nurses = staff().filter(groups__name=NURSE.name).exists()
    for role in (NURSE, CLINICIAN):
        if critical or (role is NURSE) == nurses:
            _tell(by, role.name, TaskPriority.STAT if critical else TaskPriority.URGENT)
    return row


@action
def end_waiting(*, by: User, waiting: WaitingMessage, status: WaitingStatus, reason: str) -> WaitingMessage:
    """Say what became of a message. The last one empties the inboxes."""
    waiting.status, waiting.ended_at, waiting.ended_by = status, timezone.now(), by
    waiting.ended_reason = reason.strip()[:300]
    waiting.save(update_fields=["status", "ended_at", "ended_by", "ended_reason", "updated_at"])
    one_at_a_time(_TASK)
    if not WaitingMessage.objects.filter(status=WaitingStatus.WAITING).exists():
        complete_task_list(by=by, code=UNMATCHED_RESULT)
    return waiting


def locked(waiting: WaitingMessage) -> WaitingMessage:
    """The message, locked. Raises Conflict for one that waits no more."""
    row = WaitingMessage.objects.select_for_update(of=("self",)).select_related("message").get(pk=waiting.pk)
    if row.status != WaitingStatus.WAITING:
        raise Conflict(f"{row.ended_by} has dealt with this message already.")
    return row


def one_at_a_time(words: str) -> None:
    """Let one transaction at a time do what these words name: the second finds what the first has kept."""
    number = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _tell(by: User, role: str, priority: TaskPriority) -> None:
    task = Task.objects.open().filter(code=UNMATCHED_RESULT, owner_role=role).first()
    if task is None:
        words = "Results wait: say whose they are"
        create_task(by=by, code=UNMATCHED_RESULT, description=words, owner_role=role, priority=priority)
    elif priority == TaskPriority.STAT and task.priority != TaskPriority.STAT:
        change_task(by=by, task=task, priority=priority)
