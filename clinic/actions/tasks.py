"""Work that waits: asked for, done, taken back."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from clinic.models import Patient, Task
from clinic.models.tasks import DONE_ELSEWHERE, TaskStatus
from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError

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
) -> Task:
    """Put something to do into the inbox of one person, or of everybody with a role.

    ``code`` is its kind in lower case with hyphens, ``description`` a line that names no patient; ``about`` the row
    with which it has to do. Raises DomainError unless there is just one owner, or where the role doesn't exist.
    """
    if (owner is None) == (not owner_role):
        raise DomainError("A task is for one person or for one role.")
    if owner_role and owner_role not in ROLES:
        raise DomainError(f"There is no role {owner_role}.")
    return Task.objects.create(
        created_by=by,
        code=code,
        description=description.strip()[:300],
        owner=owner,
        owner_role=owner_role,
        for_patient=patient,
        focus_type=ContentType.objects.get_for_model(about) if about is not None else None,
        focus_id=about.pk if about is not None else None,
    )


@action
def complete_task(*, by: User, task: Task, comment: str = "") -> Task:
    """Say that it is done. Done twice, the first answer stays. Raises DomainError for a task of somebody else,
    and for one that its own work completes."""
    locked = Task.objects.select_for_update().get(pk=task.pk)
    if locked.owner_id != by.pk and locked.owner_role not in by.role_names:
        raise DomainError("This task is not yours.")
    if locked.code in DONE_ELSEWHERE:
        raise DomainError("This task is done by doing what it asks for: open it.")
    return _over(locked, by=by, status=TaskStatus.COMPLETED, comment=comment)


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


def _over(task: Task, *, by: User, status: TaskStatus, comment: str) -> Task:
    if task.status != TaskStatus.REQUESTED:
        return task
    task.status, task.completed_at, task.completed_by = status, timezone.now(), by
    task.comment = comment.strip()[:500]
    task.save(update_fields=_OVER)
    return task
