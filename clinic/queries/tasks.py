"""The inbox: what waits for a person."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from clinic.intaking import INTAKE_ALERT
from clinic.models import Task
from clinic.models.tasks import POSSIBLE_DUPLICATE, REVIEW_BREAK_GLASS, REVIEW_SIGNALS, TaskQuerySet, TaskStatus
from clinic.rules import doubtful, visible_to
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.statements import Statement

#: Where the work of a kind of task is done: by its code, the name of a URL that takes the key of what it is about.
#: An upper floor adds its own when it starts.
PLACES: dict[str, str] = {
    REVIEW_BREAK_GLASS: "clinic:break_glass_review",
    REVIEW_SIGNALS: "clinic:signals_list",
    POSSIBLE_DUPLICATE: "clinic:access_chart",
    INTAKE_ALERT: "clinic:intake_review",
}
#: Where who holds a right does the work instead: two charts are compared by those who may merge them.
BETTER_PLACES: dict[str, tuple[Permission, str]] = {
    POSSIBLE_DUPLICATE: (Permission.MERGE_PATIENTS, "clinic:merges_start"),
}
#: The most that one page shows.
SHOWN = 200


def tasks_of(user: User) -> TaskQuerySet:
    """A person's tasks and those of the person's roles, but none about a patient of whom the person may not know."""
    known = Q(for_patient=None) | Q(for_patient__in=visible_to(user).order_by())
    return TaskQuerySet(Task).of(user).filter(known)


def inbox(user: User, *, done: bool = False) -> list[Task]:
    """What waits, the longest waiting first; or what is done, newest first."""
    found = tasks_of(user).select_related("for_patient", "created_by", "completed_by")
    if done:
        return list(found.exclude(status=TaskStatus.REQUESTED).order_by("-completed_at")[:SHOWN])
    return list(found.open().order_by("created_at", "pk")[:SHOWN])


def place_of(task: Task, user: User) -> str:
    """Where this user does the work of a task; empty where the inbox itself is the place."""
    right, better = BETTER_PLACES.get(task.code, ("", ""))
    name = better if better and user.has_perm(right) else PLACES.get(task.code, "")
    for arguments in ([task.focus_id], []):
        try:
            return reverse(name, args=arguments) if name else ""
        except NoReverseMatch:
            continue
    return ""


def waiting(request: HttpRequest) -> int:
    """How many tasks are open for the request's user: the number beside "Inbox".

    One query a page; a second where a task is about a restricted patient.
    """
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return 0
    rows = _open_for(user.role_names).rows(user=user.pk)
    doubted = {patient_id for patient_id, doubt in rows if doubt}
    known = set(visible_to(user).filter(pk__in=doubted).values_list("pk", flat=True)) if doubted else set()
    return sum(not doubt or patient_id in known for patient_id, doubt in rows)


@lru_cache(maxsize=64)
def _open_for(roles: frozenset[str]) -> Statement:
    """Whose patient each open task of somebody with these roles is about, and whether more must be asked of them."""

    def build(user: UUID) -> QuerySet[Task, tuple[Any, ...]]:
        mine = Task.objects.filter(Q(owner=user) | Q(owner_role__in=sorted(roles)), status=TaskStatus.REQUESTED)
        return mine.annotate(doubt=doubtful(user, "for_patient")).order_by().values_list("for_patient_id", "doubt")

    return Statement(build, user=UUID)
