"""Work that waits for a person or for a role (FHIR Task): the inbox."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

from clinic.models.patients import Patient
from emr.accounts.models import User
from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint, paired

#: Kinds of task whose work has a page of its own: doing it there completes them, and nothing else does.
REVIEW_BREAK_GLASS = "break-glass-review"
REVIEW_SIGNALS = "signals-review"
#: Somebody was registered who may already be on file, in a chart that the one who registered may not know.
POSSIBLE_DUPLICATE = "possible-duplicate"
#: An order that somebody prepared waits for the signature of who is to answer for it.
ORDER_TO_SIGN = "order-to-sign"
#: An order of which no result has come by a day.
ORDER_FOLLOW_UP = "order-follow-up"
#: What a result asks for, given to somebody while it was reviewed.
RESULT_FOLLOW_UP = "result-follow-up"
#: Results came of which nobody knows whose they are.
UNMATCHED_RESULT = "unmatched-result"
DONE_ELSEWHERE = frozenset({REVIEW_BREAK_GLASS, REVIEW_SIGNALS, ORDER_TO_SIGN, UNMATCHED_RESULT})
#: Kinds that give a result or a request for a refill to somebody: the inbox shows the thing itself, under its own kind.
REVIEW_RESULT = "review-result"
DECIDE_REFILL = "decide-refill"
ASSIGNMENTS = frozenset({REVIEW_RESULT, DECIDE_REFILL})


class TaskStatus(models.TextChoices):
    """FHIR Task.status, of those that a clinic's inbox needs."""

    REQUESTED = "requested", "Open"
    COMPLETED = "completed", "Done"
    CANCELLED = "cancelled", "Taken back"


class TaskPriority(models.TextChoices):
    """FHIR request-priority, as an inbox needs it."""

    ROUTINE = "routine", "Routine"
    URGENT = "urgent", "Urgent"
    STAT = "stat", "At once"


class TaskQuerySet(models.QuerySet["Task"]):
    """Tasks by whose they are."""

    def of(self, user: User) -> TaskQuerySet:
        """The user's own, and those of the user's roles."""
        return self.filter(Q(owner=user) | Q(owner_role__in=user.role_names))

    def open(self) -> TaskQuerySet:
        """Still to be done."""
        return self.filter(status=TaskStatus.REQUESTED)


@recorded(patient="for_patient_id")
class Task(Recorded):
    """One thing to do, for one person (``owner``) or for whoever holds ``owner_role``.

    ``code`` says what kind it is (``break-glass-review``), ``description`` says it in words without naming a patient.
    ``focus_type`` and ``focus_id`` point at the row that it is about (FHIR Task.focus). The requester is
    ``created_by``. ``due_date`` is the last day on which it is in time (FHIR Task.restriction).
    """

    status = models.CharField(max_length=9, choices=TaskStatus, default=TaskStatus.REQUESTED)
    code = models.CharField(max_length=40)
    description = models.CharField(max_length=300)
    for_patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks")
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    owner_role = models.CharField(max_length=40, blank=True)
    focus_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    focus_id = models.UUIDField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    completed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    comment = models.CharField(max_length=500, blank=True)
    priority = models.CharField(max_length=7, choices=TaskPriority, default=TaskPriority.ROUTINE)
    due_date = models.DateField(null=True, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            choices_constraint("clinic_task_status", "status", TaskStatus),
            choices_constraint("clinic_task_priority", "priority", TaskPriority),
            paired("clinic_task_completed", "completed_at", "completed_by"),
            models.CheckConstraint(
                name="clinic_task_completed_when_over",
                condition=Q(status=TaskStatus.REQUESTED, completed_at=None)
                | (~Q(status=TaskStatus.REQUESTED) & Q(completed_at__isnull=False)),
            ),
            models.CheckConstraint(name="clinic_task_code", condition=Q(code__regex=r"^[a-z][a-z-]+$")),
            models.CheckConstraint(name="clinic_task_description", condition=Q(description__regex=r"\S")),
            models.CheckConstraint(
                name="clinic_task_one_owner",
                condition=Q(owner=None, owner_role__regex=r"\S") | Q(owner__isnull=False, owner_role=""),
            ),
            models.CheckConstraint(
                name="clinic_task_focus",
                condition=Q(focus_type=None, focus_id=None) | Q(focus_type__isnull=False, focus_id__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner"], name="clinic_task_owner_open", condition=Q(status="requested", owner__isnull=False)
            ),
            models.Index(fields=["owner_role"], name="clinic_task_role_open", condition=Q(status="requested")),
            models.Index(fields=["focus_id"], name="clinic_task_about", condition=Q(focus_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.description
