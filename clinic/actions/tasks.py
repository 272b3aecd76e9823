"""Work that waits: asked for, given to another, talked about, done, taken back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from clinic.actions.errors import refuse_changed
from clinic.models import Patient, Task, TaskComment
from clinic.models.tasks import DONE_ELSEWHERE, TaskPriority, TaskStatus
from clinic.queries.delegations import covered
from clinic.rules import can
from emr.access.permissions import Permission
from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.records import uuid7

_OVER = ["status", "completed_at", "completed_by", "comment", "updated_at"]


@action
def create_task(
    *,
    by: User,
    code: str,
    description: str,
    owner_role: str = "",
    owner: User | None = None,
    patient: Patient | None = None,
    about: models.Model | None = None,
    priority: str = TaskPriority.ROUTINE,
    due_date: date | None = None,
    request_token: UUID | None = None,
) -> Task:
    """Put something to do into the inbox of one person, or of everybody with a role.

    ``code`` is its kind in lower case with hyphens, ``description`` a line that names no patient; ``about`` the row
    with which it has to do. The ``request_token`` becomes its key: the same form sent twice makes one. Raises
    DomainError unless there is just one owner, for a role that doesn't exist, and for somebody who may not know the
    patient.
    """
    known = Task.objects.filter(pk=request_token, created_by=by).first() if request_token else None
    if known is not None:
        return known
    _check_owner(owner, owner_role, patient)
    return Task.objects.create(
        id=request_token or uuid7(),
        created_by=by,
        code=code,
        description=description.strip()[:300],
        owner=owner,
        owner_role=owner_role,
        for_patient=patient,
        focus_type=ContentType.objects.get_for_model(about) if about is not None else None,
        focus_id=about.pk if about is not None else None,
        priority=TaskPriority(priority),
        due_date=due_date,
    )


@action
def change_task(*, by: User, task: Task, seen: datetime | None = None, **values: Any) -> Task:
    """Give an open task to somebody else, or another day or priority: ``owner``, ``owner_role``, ``due_date``,
    ``priority``. Raises DomainError for one that is over, Conflict where it was changed since ``seen``.
    """
    row = Task.objects.select_for_update().get(pk=task.pk)
    if row.status != TaskStatus.REQUESTED:
        raise DomainError(f"This task is over: {row.get_status_display().lower()}.")
    if seen is not None:
        refuse_changed(row, seen)
    given = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in given.items():
        setattr(row, name, value)
    if {"owner", "owner_role"} & given.keys():
        _check_owner(row.owner, row.owner_role, row.for_patient)
    if given:
        row.save(update_fields=[*given, "updated_at"])
    return row


@action
def comment_task(*, by: User, task: Task, text: str, request_token: UUID | None = None) -> TaskComment:
    """Say something about a task, open or over. The same form sent twice says it once."""
    if not text.strip():
        raise DomainError("Write what there is to say.", field="text")
    known = TaskComment.objects.filter(pk=request_token, task=task).first() if request_token else None
    return known or TaskComment.objects.create(
        id=request_token or uuid7(), created_by=by, task=task, text=text.strip()[:1000]
    )


@action
def complete_task(*, by: User, task: Task, comment: str = "") -> Task:
    """Say that it is done. Done twice, the first answer stays. Raises DomainError for a task of somebody else for whom
    one doesn't stand in, and for one that its own work completes."""
    locked = Task.objects.select_for_update().get(pk=task.pk)
    if not _is_of(locked, by):
        raise DomainError("This task is not yours.")
    if locked.code in DONE_ELSEWHERE:
        raise DomainError("This task is done by doing what it asks for: open it.")
    return _over(locked, by=by, status=TaskStatus.COMPLETED, comment=comment)


@action
def cancel_task(*, by: User, task: Task, comment: str) -> Task:
    """Take a task back that one has asked for. Raises DomainError without a reason, and for somebody else's wish."""
    locked = Task.objects.select_for_update().get(pk=task.pk)
    if locked.created_by_id != by.pk or locked.code in DONE_ELSEWHERE:
        raise DomainError("Only who has asked for a task takes it back.")
    if not comment.strip():
        raise DomainError("Say why it need not be done.", field="comment")
    return _over(locked, by=by, status=TaskStatus.CANCELLED, comment=comment)


@action
def reopen_task(*, by: User, task: Task, comment: str) -> Task:
    """Say that a task is not done after all; why stays among its comments. Raises DomainError without a reason, for a
    task of somebody else that one hasn't done, and for one that its own work completes. Open, it stays as it is."""
    row = Task.objects.select_for_update().get(pk=task.pk)
    if row.status == TaskStatus.REQUESTED:
        return row
    if row.code in DONE_ELSEWHERE or not (_is_of(row, by) or by.pk in {row.completed_by_id, row.created_by_id}):
        raise DomainError("Only who had this task, asked for it or has ended it opens it again.")
    if not comment.strip():
        raise DomainError("Say why it is open again.", field="comment")
    comment_task(by=by, task=row, text=f"Open again: {comment.strip()}")
    row.status, row.completed_at, row.completed_by, row.comment = TaskStatus.REQUESTED, None, None, ""
    row.save(update_fields=_OVER)
    return row


@action
def complete_tasks_about(*, by: User, row: models.Model, code: str = "", comment: str = "") -> list[Task]:
    """Complete every open task about a row, of one kind or of any, whoever's it is: what it asked for is done."""
    waiting = Task.objects.select_for_update().open().filter(focus_id=row.pk)
    about = waiting.filter(focus_type=ContentType.objects.get_for_model(row), **({"code": code} if code else {}))
    return [_over(task, by=by, status=TaskStatus.COMPLETED, comment=comment) for task in about]


@action
def complete_task_list(*, by: User, code: str) -> list[Task]:
    """Complete every open task of a kind: nothing of what they ask for is left."""
    waiting = Task.objects.select_for_update().open().filter(code=code)
    return [_over(task, by=by, status=TaskStatus.COMPLETED, comment="") for task in waiting]


def _is_of(task: Task, user: User) -> bool:
    """Whether a task is the user's, of a role of theirs, of somebody for whom they stand in, or, for who signs, of
    somebody who has left."""
    if task.owner_id == user.pk or task.owner_role in user.role_names:
        return True
    if task.owner is None:
        return False
    left = not task.owner.is_active and user.has_perm(Permission.SIGN_NOTES)
    return left or task.owner_id in covered(user.pk, clinic_today())


def _check_owner(owner: User | None, owner_role: str, patient: Patient | None) -> None:
    if (owner is None) == (not owner_role):
        raise DomainError("A task is for one person or for one role.", field="to")
    if owner_role and owner_role not in ROLES:
        raise DomainError(f"There is no role {owner_role}.", field="to")
    if owner is not None and patient is not None and not can(owner, Permission.VIEW_TASKS, patient).allowed:
        raise DomainError(f"{owner} may not open this chart. Choose somebody else.", field="to")


def _over(task: Task, *, by: User, status: TaskStatus, comment: str) -> Task:
    if task.status != TaskStatus.REQUESTED:
        return task
    task.status, task.completed_at, task.completed_by = status, timezone.now(), by
    task.comment = comment.strip()[:500]
    task.save(update_fields=_OVER)
    return task
