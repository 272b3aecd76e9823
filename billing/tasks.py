"""Long work of the money floor."""

from __future__ import annotations

import tempfile
from typing import IO, Any, cast

from django.http import Http404, HttpRequest
from django.urls import reverse

from billing.actions.batches import JOB
from billing.cms1500.draw import Margins, Style, render
from billing.models import ClaimBatch
from billing.queries.batches import forms_of, patients_of
from clinic.access import visible_to
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.jobs import JobRun, job
from emr.jobs.models import Job


def _record_download(row: Job, request: HttpRequest) -> None:
    """A downloaded batch is an export of each chart in it; one that the user may not know of any more stops it."""
    patients = patients_of(row.payload["batch"])
    user = request.user
    if not isinstance(user, User) or visible_to(user).filter(pk__in=patients).count() < len(patients):
        raise Http404
    record_access(request, patients, section="billing", action=AccessAction.EXPORT)


def _batch_page(row: Job) -> str:
    return reverse("billing:batches_detail", args=[row.payload["batch"]])


@job(
    JOB,
    permission=Permission.EXPORT_CLAIMS,
    title="Printing claims",
    on_download=_record_download,
    result_url=_batch_page,
)
def print_claim_batch(run: JobRun) -> dict[str, Any]:
    """Draw the claims of a batch into one PDF; gives the number of claims and pages."""
    batch = ClaimBatch.objects.get(pk=run.payload["batch"])
    total = batch.items.count()
    run.progress(0, total)
    with tempfile.TemporaryFile() as out:
        pages = render(
            forms_of(batch),
            out=cast(IO[bytes], out),  # type: ignore[arg-type]
            style=Style(batch.style),
            margins=Margins(left=float(batch.margin_left), top=float(batch.margin_top)),
            on_progress=lambda done: run.progress(done, total),
        )
        run.attach("claims.pdf", "application/pdf", cast(Any, out))
    return {"claims": total, "pages": pages}
