"""What the inbox does to its rows, one or many: put away, given to somebody, moved to another day."""

from __future__ import annotations

from datetime import date

from django.db import models

from clinic.actions.documents import assign_document, review_document
from clinic.actions.messages import archive_message
from clinic.actions.tasks import change_task, complete_task, complete_tasks_about, create_task
from clinic.models import CommunicationRecipient, DiagnosticReport, DocumentReference, RefillRequest, Task
from clinic.models.tasks import DECIDE_REFILL, REVIEW_RESULT
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError

#: Who may be given what only a clinician can decide: its kind of task, and the words of it.
_DECIDED = {
    DiagnosticReport: (REVIEW_RESULT, "Review a result"),
    RefillRequest: (DECIDE_REFILL, "Decide on a refill"),
}


@action
def put_away(*, by: User, row: models.Model) -> None:
    """Say that a row is done. Raises DomainError for what must be opened: a result, a refill, a note."""
    if isinstance(row, Task):
        complete_task(by=by, task=row)
    elif isinstance(row, CommunicationRecipient):
        archive_message(by=by, received=row)
    elif isinstance(row, DocumentReference):
        review_document(by=by, document=row)
    else:
        raise DomainError("This is done on its own page: open it.")


@action
def give(*, by: User, row: models.Model, to: User | None, role: str = "") -> None:
    """Give a row to somebody, or, a task, to a role. Raises DomainError for what can't be given, or not to them."""
    if isinstance(row, Task):
        change_task(by=by, task=row, owner=to, owner_role=role)
        return
    if to is None:
        raise DomainError("Only a task can be given to a role: choose a person.", field="to")
    if isinstance(row, DocumentReference):
        assign_document(by=by, document=row, reviewer=to)
    elif isinstance(row, DiagnosticReport | RefillRequest):
        _assign(by, row, to)
    else:
        raise DomainError("A message or a note stays with who has it.")


@action
def move_due(*, by: User, row: models.Model, day: date | None) -> None:
    """Give a task another last day, or none."""
    if not isinstance(row, Task):
        raise DomainError("Only a task has a last day.", field="due_date")
    change_task(by=by, task=row, due_date=day)


def _assign(by: User, row: DiagnosticReport | RefillRequest, to: User) -> None:
    """A result or a refill is given by a task about it, which the decision completes."""
    if not to.has_perm(Permission.SIGN_NOTES):
        raise DomainError(f"{to} can't decide this. Choose a clinician.", field="to")
    code, words = _DECIDED[type(row)]
    complete_tasks_about(by=by, row=row, code=code, comment="Given to somebody else")
    create_task(by=by, code=code, description=words, owner=to, patient=row.patient, about=row)
