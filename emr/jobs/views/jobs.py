"""The list of jobs, one job, and what may be done to it."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect as redirect_to
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from emr.access.decorators import background, staff_view
from emr.access.permissions import Permission
from emr.jobs import registry
from emr.jobs.actions.jobs import cancel_job, retry_job
from emr.jobs.forms import JobFilterForm
from emr.jobs.models import Job
from emr.jobs.queries.jobs import FILTERS, in_words, job_for, jobs_page
from emr.shared.errors import Conflict
from emr.ui import htmx


@require_safe
@staff_view(Permission.VIEW_JOBS)
def jobs_list(request: HttpRequest) -> HttpResponse:
    """One's own jobs; everybody's for those who look after them."""
    chosen = JobFilterForm(request.GET).chosen()
    page = jobs_page(request.user, **chosen)
    sees_all = registry.sees_all(request.user)
    context = {
        "page": page,
        "chips": _chips(chosen, sees_all=sees_all),
        "filtered": bool(chosen["status"] or chosen["mine"]),
        "sees_all": sees_all,
        "older_url": _list_url(chosen, before=page.older) if page.older else None,
        "newest_url": _list_url(chosen) if chosen["before"] else None,
    }
    return htmx.render(request, "jobs/jobs/list.html", "jobs/jobs/_table.html", context)


@require_safe
@staff_view(Permission.VIEW_JOBS)
def jobs_detail(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """One job: progress while it runs, then its result and files, or why it failed."""
    return render(request, "jobs/jobs/detail.html", {"view": in_words(_visible_job(request, job_id), whole=True)})


@require_safe
@staff_view(Permission.VIEW_JOBS)
@background
def jobs_progress(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The part of the page that changes; it asks for itself again until the job is finished. Where it stands on the
    page of its result, that page is then drawn anew: there is more to see on it, and perhaps a next job.
    """
    job = _visible_job(request, job_id)
    if not htmx.is_htmx(request):
        return redirect_to("jobs:jobs_detail", job_id=job.pk)
    view = in_words(job, whole=True)
    answer = render(request, "jobs/jobs/_progress.html", {"view": view})
    if view.result_url and view.result_url == request.htmx.current_url_abs_path:  # type: ignore[attr-defined]  # django-htmx's
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
@staff_view(Permission.VIEW_JOBS)
def jobs_cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Stop a job."""
    job = _visible_job(request, job_id)
    try:
        cancel_job(job_id=job.pk, by=request.user)  # type: ignore[arg-type]  # the door lets no anonymous user in
    except Conflict as conflict:
        return htmx.redirect(request, _address(job), conflict.message, "warning")
    return htmx.redirect(request, _address(job))


@require_POST
@staff_view(Permission.VIEW_JOBS)
def jobs_retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Try a failed or cancelled job again."""
    job = _visible_job(request, job_id)
    try:
        retry_job(job_id=job.pk, by=request.user)  # type: ignore[arg-type]  # the door lets no anonymous user in
    except Conflict as conflict:
        return htmx.redirect(request, _address(job), conflict.message, "warning")
    return htmx.redirect(request, _address(job))


def _visible_job(request: HttpRequest, job_id: uuid.UUID) -> Job:
    job = job_for(request.user, job_id)
    if job is None:
        raise Http404
    return job


def _address(job: Job) -> str:
    return reverse("jobs:jobs_detail", kwargs={"job_id": job.pk})


def _chips(chosen: dict[str, Any], *, sees_all: bool) -> list[dict[str, Any]]:
    """A chip for each state, and one for one's own jobs where there are others; a chosen one leads back."""
    status, mine = chosen["status"], chosen["mine"]
    chips = [
        {
            "label": label,
            "url": _list_url({"status": "" if word == status else word, "mine": mine}),
            "current": word == status,
        }
        for word, (label, _) in FILTERS.items()
    ]
    if sees_all:
        chips.append({"label": "Mine", "url": _list_url({"status": status, "mine": not mine}), "current": mine})
    return chips


def _list_url(chosen: dict[str, Any], *, before: uuid.UUID | None = None) -> str:
    """The list's address with these filters."""
    wanted = {"status": chosen["status"], "mine": "1" if chosen["mine"] else "", "before": str(before or "")}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return reverse("jobs:jobs_list") + (f"?{query}" if query else "")
