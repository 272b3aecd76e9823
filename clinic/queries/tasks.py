"""Tasks: whose they are, who may read them, where their work is done."""

from __future__ import annotations

from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from clinic.intaking import INTAKE_ALERT
from clinic.models import Patient, Task, TaskComment
from clinic.models.tasks import (
    ASSIGNMENTS,
    ORDER_FOLLOW_UP,
    ORDER_TO_SIGN,
    POSSIBLE_DUPLICATE,
    RESULT_FOLLOW_UP,
    REVIEW_BREAK_GLASS,
    REVIEW_SIGNALS,
    UNMATCHED_RESULT,
    TaskQuerySet,
    TaskStatus,
)
from clinic.queries.delegations import covered
from clinic.rules import visible_to
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.dates import clinic_today

#: Where the work of a kind of task is done: by its code, the name of a URL that takes the key of what it is about (in a
#: chart, after the patient's).
#: An upper floor adds its own when it starts.
PLACES: dict[str, str] = {
    REVIEW_BREAK_GLASS: "clinic:break_glass_review",
    REVIEW_SIGNALS: "clinic:signals_list",
    POSSIBLE_DUPLICATE: "clinic:access_chart",
    INTAKE_ALERT: "clinic:intake_review",
    ORDER_TO_SIGN: "clinic:orders_detail",
    ORDER_FOLLOW_UP: "clinic:orders_detail",
    UNMATCHED_RESULT: "interop:messages_list",
}
#: Where who holds a right does the work instead: two charts are compared by those who may merge them, a result is
#: opened by those who may read it.
BETTER_PLACES: dict[str, tuple[Permission, str]] = {
    POSSIBLE_DUPLICATE: (Permission.MERGE_PATIENTS, "clinic:merges_start"),
    RESULT_FOLLOW_UP: (Permission.VIEW_CHART, "clinic:results_detail"),
}


def doable(user: User) -> TaskQuerySet:
    """A person's tasks, and those of whom the person stands in for; of who has left, for all who sign."""
    return _known(TaskQuerySet(Task).filter(_theirs(user)), user)


def readable(user: User) -> TaskQuerySet:
    """The tasks that a person may open: to do, asked for, or of a chart that the person reads."""
    chart = Q(for_patient__isnull=False) if user.has_perm(Permission.VIEW_CHART) else Q(pk=None)
    return _known(TaskQuerySet(Task).filter(_theirs(user) | Q(created_by=user) | chart), user).exclude(
        code__in=ASSIGNMENTS
    )


def tasks_about(user: User, patient: Patient) -> list[Task]:
    """The tasks about a patient that the person may open, the open ones first. One query."""
    rows = readable(user).filter(for_patient=patient).select_related("owner", "created_by", "completed_by")
    return sorted(rows.order_by("-created_at")[:100], key=lambda row: row.status != TaskStatus.REQUESTED)


def comments_of(task: Task) -> list[TaskComment]:
    """What was said about a task, the first first. One query."""
    return list(task.comments.select_related("created_by").order_by("created_at"))


def _theirs(user: User) -> Q:
    mine = Q(owner=user) | Q(owner_role__in=user.role_names) | Q(owner__in=covered(user.pk, clinic_today()))
    return mine | Q(owner__is_active=False) if user.has_perm(Permission.SIGN_NOTES) else mine


def _known(rows: TaskQuerySet, user: User) -> TaskQuerySet:
    return rows.filter(Q(for_patient=None) | Q(for_patient__in=visible_to(user).order_by()))


def place_of(task: Task, user: User) -> str:
    """Where this user does the work of a task; empty where the inbox itself is the place."""
    right, better = BETTER_PLACES.get(task.code, ("", ""))
    name = better if better and user.has_perm(right) else PLACES.get(task.code, "")
    for arguments in ([task.for_patient_id, task.focus_id], [task.focus_id], []):
        try:
            return reverse(name, args=arguments) if name else ""
        except NoReverseMatch:
            continue
    return ""
