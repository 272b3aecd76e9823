"""The inbox: what waits for a person."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from clinic.models import Task
from clinic.models.tasks import POSSIBLE_DUPLICATE, REVIEW_BREAK_GLASS, REVIEW_SIGNALS, TaskQuerySet, TaskStatus
from clinic.rules import visible_to
from emr.accounts.models import User

#: Where the work of a kind of task is done: by its code, the name of a URL that takes the key of what it is about.
#: An upper floor adds its own when it starts.
PLACES: dict[str, str] = {
    REVIEW_BREAK_GLASS: "clinic:break_glass_review",
    REVIEW_SIGNALS: "clinic:signals_list",
    POSSIBLE_DUPLICATE: "clinic:access_chart",
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


def place_of(task: Task) -> str:
    """Where the work of this task is done; empty where the inbox itself is the place."""
    name = PLACES.get(task.code, "")
    for arguments in ([task.focus_id], []):
        try:
            return reverse(name, args=arguments) if name else ""
        except NoReverseMatch:
            continue
    return ""


def waiting(request: HttpRequest) -> int:
    """How many tasks are open for the request's user: the number beside "Inbox". One query a page."""
    user = request.user
    return tasks_of(user).open().order_by().count() if isinstance(user, User) else 0
