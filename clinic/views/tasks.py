"""The inbox: what waits for the person who is logged in."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinic.actions.tasks import complete_task
from clinic.forms.tasks import CompleteForm, InboxFilterForm
from clinic.models.tasks import DONE_ELSEWHERE
from clinic.queries.tasks import inbox, place_of, tasks_of
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import DomainError
from emr.ui.htmx import redirect


@require_safe
@staff_view(Permission.VIEW_TASKS)
def inbox_list(request: StaffRequest) -> HttpResponse:
    """The tasks of the person and of the person's roles, open or done."""
    done = InboxFilterForm(request.GET).done
    rows = inbox(request.user, done=done)
    patients = [row.for_patient_id for row in rows if row.for_patient_id]
    record_access(request, patients, section="tasks", action=AccessAction.SEARCH)
    here = reverse("clinic:tasks_inbox")
    chips = [
        {"label": "Open", "url": here, "current": not done},
        {"label": "Done", "url": f"{here}?show=done", "current": done},
    ]
    placed = [(row, place_of(row, request.user), row.code in DONE_ELSEWHERE) for row in rows]
    context = {"rows": placed, "done": done, "chips": chips}
    return render(request, "clinic/tasks/inbox.html", context)


@require_POST
@staff_view(Permission.VIEW_TASKS)
def complete(request: StaffRequest, task_id: UUID) -> HttpResponse:
    """Say that a task of one's own is done."""
    task = get_object_or_404(tasks_of(request.user), pk=task_id)
    form = CompleteForm(request.POST)
    if not form.is_valid():
        return redirect(request, reverse("clinic:tasks_inbox"), "The comment is too long.", "error")
    try:
        complete_task(by=request.user, task=task, comment=form.cleaned_data["comment"])
    except DomainError as refused:
        return redirect(request, place_of(task, request.user) or reverse("clinic:tasks_inbox"), str(refused), "error")
    return redirect(request, reverse("clinic:tasks_inbox"), "Done.")
