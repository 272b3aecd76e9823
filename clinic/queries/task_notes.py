"""What a task says when it is written into the chart, and the note that it became."""

from __future__ import annotations

from clinic.models import Note, Task
from clinic.queries.tasks import comments_of
from clinic.rules import notes_visible_to
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.ui import formats


def proposed_text(task: Task) -> str:
    """The task and what was said about it, as a note would say it; to be changed before it is kept. One query."""
    said = [f"{formats.instant(row.created_at)} {row.created_by}: {row.text}" for row in comments_of(task)]
    return "\n".join([f"{task.description}", *said])


def note_of_task(task: Task, user: User) -> Note | None:
    """The note that the task became, if the reader may know it. At most one query."""
    if task.focus_id is None or not user.has_perm(Permission.VIEW_NOTES):
        return None
    return notes_visible_to(user).filter(pk=task.focus_id, patient=task.for_patient).first()
