"""Tasks: asked for, read, talked about, given to another, done, written to the chart."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view
from clinic.actions.task_notes import write_to_chart
from clinic.actions.tasks import cancel_task, change_task, comment_task, complete_task, create_task, reopen_task
from clinic.chart import chart_context
from clinic.forms.tasks import CompleteForm, ReopenForm, TaskChangeForm, TaskCommentForm, TaskForm, WriteForm
from clinic.models import Patient, Task
from clinic.models.tasks import DONE_ELSEWHERE, TaskStatus
from clinic.queries.messages import messages_about
from clinic.queries.people import chosen
from clinic.queries.task_notes import note_of_task, proposed_text
from clinic.queries.tasks import comments_of, doable, place_of, readable, tasks_about
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.reads import record_access
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import Form, sent

#: The kind of a task that somebody asks for by hand.
ASKED = "asked"
_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
@staff_view(Permission.VIEW_TASKS)
def new(request: StaffRequest) -> HttpResponse:
    """Ask somebody for something that is about no patient."""
    form = TaskForm(sent(request), user=request.user)
    if form.is_valid():
        with form.refusals():
            _ask(request, form)
            return htmx.redirect(request, reverse("clinic:tasks_inbox"), "Asked for.")
    return render(request, "clinic/tasks/new.html", {"form": form}, status=form.http_status)


@chart_view(Permission.VIEW_TASKS, section="tasks")
@_page
def patient_new(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Ask somebody for something that is about this patient."""
    form = TaskForm(sent(request), user=request.user)
    if form.is_valid():
        with form.refusals():
            _ask(request, form, patient)
            return htmx.redirect(request, reverse("clinic:tasks_patient", args=[patient.pk]), "Asked for.")
    context = {**chart_context(request, patient, "tasks"), "form": form}
    return render(request, "clinic/tasks/patient_new.html", context, status=form.http_status)


@chart_view(Permission.VIEW_TASKS, section="tasks")
@require_safe
def patient_list(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What is to be done for a patient, what was done, and what colleagues wrote to each other."""
    context = {
        **chart_context(request, patient, "tasks"),
        "tasks": tasks_about(request.user, patient),
        "said": messages_about(request.user, patient),
    }
    return render(request, "clinic/tasks/patient.html", context)


@require_safe
@staff_view(Permission.VIEW_TASKS)
def detail(request: StaffRequest, task_id: UUID) -> HttpResponse:
    """One task with all that was said about it."""
    return _shown(request, _of(request, task_id))


@require_POST
@staff_view(Permission.VIEW_TASKS)
def complete(request: StaffRequest, task_id: UUID) -> HttpResponse:
    """Say that a task is done."""
    task = get_object_or_404(doable(request.user), pk=task_id)
    form = CompleteForm(request.POST)
    if not form.is_valid():
        return _shown(request, task, done=form)
    try:
        complete_task(by=request.user, task=task, comment=form.cleaned_data["comment"])
    except DomainError as refused:
        return htmx.redirect(request, place_of(task, request.user) or _url(task), str(refused), "error")
    return htmx.redirect(request, reverse("clinic:tasks_inbox"), "Done.")


@require_POST
@staff_view(Permission.VIEW_TASKS)
def cancel(request: StaffRequest, task_id: UUID) -> HttpResponse:
    """Take back what one has asked for."""
    task = _of(request, task_id)
    form = CompleteForm(request.POST)
    if form.is_valid():
        with form.refusals():
            cancel_task(by=request.user, task=task, comment=form.cleaned_data["comment"])
            return htmx.redirect(request, _url(task), "Taken back.")
    return _shown(request, task, done=form)


@require_POST
@staff_view(Permission.VIEW_TASKS)
def reopen(request: StaffRequest, task_id: UUID) -> HttpResponse:
    """A task is not done after all."""
    task = _of(request, task_id)
    form = ReopenForm(request.POST)
    if form.is_valid():
        with form.refusals():
            reopen_task(by=request.user, task=task, comment=form.cleaned_data["comment"])
            return htmx.redirect(request, _url(task), "Open again.")
    return _shown(request, task, again=form)


@require_POST
@staff_view(Permission.VIEW_TASKS)
def comment(request: StaffRequest, task_id: UUID) -> HttpResponse:
    """Say something about a task."""
    task = _of(request, task_id)
    form = TaskCommentForm(request.POST)
    if form.is_valid():
        with form.refusals():
            comment_task(by=request.user, task=task, **form.cleaned_data)
            return htmx.redirect(request, _url(task))
    return _shown(request, task, comment=form)


@require_POST
@staff_view(Permission.VIEW_TASKS)
def change(request: StaffRequest, task_id: UUID) -> HttpResponse:
    """Give a task to somebody else, or another day or priority."""
    task = _of(request, task_id)
    form = TaskChangeForm(request.POST)
    if form.is_valid():
        data = dict(form.cleaned_data)
        owner, role = chosen(data.pop("to"))
        with form.refusals():
            change_task(by=request.user, task=task, owner=owner, owner_role=role, **data)
            if readable(request.user).filter(pk=task.pk).exists():
                return htmx.redirect(request, _url(task), "Changed.")
            return htmx.redirect(request, reverse("clinic:tasks_inbox"), "Changed.")
    return _shown(request, task, change=form)


@_page
@staff_view(Permission.VIEW_TASKS)
def write(request: StaffRequest, task_id: UUID) -> HttpResponse:
    """Write what came of a task into the chart, as the draft of a telephone note, and be done with the task."""
    task = get_object_or_404(doable(request.user).filter(for_patient__isnull=False), pk=task_id)
    if not request.user.has_perm(Permission.WRITE_NOTES):
        raise PermissionDenied
    record_access(request, [task.for_patient_id] if task.for_patient_id else [], section="tasks")
    form = WriteForm(sent(request), initial={"text": proposed_text(task)})
    if form.is_valid():
        with form.refusals():
            note = write_to_chart(by=request.user, task=task, text=form.cleaned_data["text"])
            return htmx.redirect(request, reverse("clinic:notes_edit", args=[note.patient_id, note.pk]))
    context = {**_chart(request, task), "form": form, "task": task}
    return render(request, "clinic/tasks/write.html", context, status=form.http_status)


def _ask(request: StaffRequest, form: TaskForm, patient: Patient | None = None) -> Task:
    data = dict(form.cleaned_data)
    owner, role = chosen(data.pop("to"))
    return create_task(by=request.user, code=ASKED, owner=owner, owner_role=role, patient=patient, **data)


def _of(request: StaffRequest, task_id: UUID) -> Task:
    rows = readable(request.user).select_related("for_patient", "owner", "created_by", "completed_by")
    return get_object_or_404(rows, pk=task_id)


def _shown(request: StaffRequest, task: Task, **bound: Form) -> HttpResponse:
    """The page of a task, with a form that was refused in place of its fresh one."""
    record_access(request, [task.for_patient_id] if task.for_patient_id else [], section="tasks")
    is_open, mine = task.status == TaskStatus.REQUESTED, doable(request.user).filter(pk=task.pk).exists()
    bound_elsewhere = task.code in DONE_ELSEWHERE
    asked, ended = task.created_by_id == request.user.pk, task.completed_by_id == request.user.pk
    context: dict[str, Any] = {
        **_chart(request, task),
        "task": task,
        "comments": comments_of(task),
        "place": place_of(task, request.user) if mine else "",
        "note": note_of_task(task, request.user),
        "completable": is_open and mine and not bound_elsewhere,
        "cancellable": is_open and asked and not bound_elsewhere,
        "writable": is_open and mine and task.for_patient_id and request.user.has_perm(Permission.WRITE_NOTES),
        "comment": TaskCommentForm(),
        "done": CompleteForm(),
        "change": _change_form(task) if is_open else None,
        "again": ReopenForm() if not is_open and not bound_elsewhere and (mine or asked or ended) else None,
        **bound,
    }
    status = next((form.http_status for form in bound.values()), 200)
    return render(request, "clinic/tasks/detail.html", context, status=status)


def _chart(request: StaffRequest, task: Task) -> dict[str, Any]:
    """What stands around a task that is about a patient: the banner and the sections of that chart."""
    return chart_context(request, task.for_patient, "tasks") if task.for_patient is not None else {}


def _change_form(task: Task) -> TaskChangeForm:
    to = f"user:{task.owner_id}" if task.owner_id else f"role:{task.owner_role}"
    values = {"to": to, "priority": task.priority, "due_date": task.due_date, "seen": task.updated_at.isoformat()}
    return TaskChangeForm(initial=values)


def _url(task: Task) -> str:
    return reverse("clinic:tasks_detail", args=[task.pk])
