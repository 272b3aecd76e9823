"""Handing out what a job made."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET

from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.jobs import registry
from emr.jobs.queries.jobs import job_for
from emr.keys import Unreadable
from emr.ui import htmx
from emr.uploads.outgoing import private_file

_GONE = "The file is not on the server any more. Start the job again to make a new one."
_LOCKED = "The file can't be decrypted: its key is missing, or it was altered. Tell whoever runs the server."


@require_GET
@staff_view(Permission.VIEW_JOBS)
@fresh_login("take this file away", reading=True)
def files_download(request: StaffRequest, job_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponseBase:
    """A file as an attachment that no browser runs or guesses the type of; the owning app records the access first."""
    job = job_for(request.user, job_id)
    made = next((made for made in job.files.all() if made.pk == file_id), None) if job else None
    if job is None or made is None or made.removed_at is not None:
        raise Http404
    try:
        content = made.content.open("rb")
    except (FileNotFoundError, Unreadable) as error:
        sentence = _GONE if isinstance(error, FileNotFoundError) else _LOCKED
        return htmx.redirect(request, reverse("jobs:jobs_detail", kwargs={"job_id": job.pk}), sentence, "error")
    spec = registry.spec_of(job.name)
    if spec.on_download is not None:
        spec.on_download(job, request)
    return private_file(content, name=made.name, content_type=made.content_type)
