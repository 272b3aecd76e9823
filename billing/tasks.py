"""Long work of the money floor."""

from __future__ import annotations

import tempfile
from datetime import time
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import reverse

from billing.actions.batches import JOB
from billing.actions.claim_life import release_due
from billing.actions.long_posting import POST, TAKE_BACK
from billing.actions.posting import post_remittance
from billing.actions.received_files import JOB as READ_FILE
from billing.actions.received_files import read_file
from billing.actions.rules import JOB as RECHECK
from billing.actions.rules import recheck_all
from billing.actions.statements import DRAW, MAKE, make_statements
from billing.actions.taking_back import take_back
from billing.choices import ResponseState
from billing.models import ClaimBatch, PaymentReconciliation, ReceivedFile, StatementRun
from billing.printouts.batches import write_batch
from billing.printouts.statements import write_statements
from billing.queries.batches import forms_of, patients_of
from billing.queries.ledger_findings import ledger_findings
from billing.queries.statements import patients_of_run
from clinic.access import visible_to
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.actor import service_user
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.jobs import JobRun, job
from emr.jobs.models import Job


def _record_download(row: Job, request: HttpRequest) -> None:
    """A downloaded batch is an export of each chart in it; one that the user may not know of any more stops it."""
    _record_export(patients_of(row.payload["batch"]), request)


def _record_statements(row: Job, request: HttpRequest) -> None:
    """The same of the statements of a run."""
    _record_export(patients_of_run(row.payload["run"]), request)


def _record_export(patients: list[UUID], request: HttpRequest) -> None:
    user = request.user
    if not isinstance(user, User) or visible_to(user).filter(pk__in=patients).count() < len(patients):
        raise Http404
    record_access(request, patients, section="billing", action=AccessAction.EXPORT)


def _batch_page(row: Job) -> str:
    return reverse("billing:batches_detail", args=[row.payload["batch"]])


@job(
    JOB,
    permission=Permission.EXPORT_CLAIMS,
    title="Drawing claims",
    on_download=_record_download,
    result_url=_batch_page,
)
def print_claim_batch(run: JobRun) -> dict[str, Any]:
    """Draw the claims of a batch into one file; gives how many there are, and what the file holds of its kind."""
    batch = ClaimBatch.objects.get(pk=run.payload["batch"])
    total = batch.items.count()
    run.progress(0, total)
    with tempfile.TemporaryFile() as out:
        drawn = write_batch(
            batch, forms_of(batch), out=cast(BinaryIO, out), on_progress=lambda done: run.progress(done, total)
        )
        run.attach(drawn.name, drawn.content_type, cast(Any, out))
    return {"claims": total, drawn.unit: drawn.number}


def _run_page(row: Job) -> str:
    return reverse("billing:statement_runs_detail", args=[row.payload["run"]])


@job(MAKE, permission=Permission.SEND_STATEMENTS, title="Making statements", result_url=_run_page)
def make_statement_run(run: JobRun) -> dict[str, Any]:
    """Make the statements of a run, all or none; their file is drawn by the next job. Gives how many."""
    made = StatementRun.objects.get(pk=run.payload["run"])
    patients = [UUID(key) for key in run.payload["patients"]]
    return {"statements": make_statements(by=run.by, run=made, patients=patients, on_progress=run.progress)}


@job(
    DRAW,
    permission=Permission.SEND_STATEMENTS,
    title="Drawing statements",
    on_download=_record_statements,
    result_url=_run_page,
)
def draw_statement_run(run: JobRun) -> dict[str, Any]:
    """Draw the statements of a run into one file; gives how many there are, and on how many pages."""
    made = StatementRun.objects.get(pk=run.payload["run"])
    total = made.invoices.filter(cancelled_at=None).count()
    run.progress(0, total)
    with tempfile.TemporaryFile() as out:
        pages = write_statements(made, out=cast(BinaryIO, out), on_progress=lambda done: run.progress(done, total))
        run.attach("statements.pdf", "application/pdf", cast(Any, out))
    return {"statements": total, "pages": pages}


@job(
    READ_FILE,
    permission=Permission.POST_REMITTANCES,
    title="Reading a payer's file",
    result_url=lambda _row: reverse("billing:remittances_list"),
)
def read_received_file(run: JobRun) -> dict[str, Any]:
    """Take in what a payer or clearinghouse sent, all that isn't here yet or nothing; gives how many remittances or
    answers.
    """
    return {"kept": read_file(by=run.by, file=ReceivedFile.objects.get(pk=run.payload["file"]))}


def _remittance_page(row: Job) -> str:
    return reverse("billing:remittances_detail", args=[row.payload["remittance"]])


@job(POST, permission=Permission.POST_REMITTANCES, title="Posting a remittance", result_url=_remittance_page)
def post_long_remittance(run: JobRun) -> dict[str, Any]:
    """Put a remittance of many decisions on the ledger, whole or not at all; gives how many wait for a person."""
    row = PaymentReconciliation.objects.get(pk=run.payload["remittance"])
    # Whoever asked for the job has looked at its doubts, or it wasn't asked for.
    post_remittance(by=run.by, reconciliation=row, looked=True, on_progress=run.progress)
    waiting = row.responses.filter(state__in=[ResponseState.UNMATCHED, ResponseState.REVIEW])
    return {"decisions": row.responses.count(), "waiting": waiting.count()}


@job(TAKE_BACK, permission=Permission.POST_REMITTANCES, title="Taking a remittance back", result_url=_remittance_page)
def take_back_long_remittance(run: JobRun) -> dict[str, Any]:
    """Take a remittance of many decisions off the ledger, for the reason that is kept with it."""
    row = PaymentReconciliation.objects.get(pk=run.payload["remittance"])
    again = take_back(by=run.by, reconciliation=row, reason=row.status_reason, on_progress=run.progress)
    return {"remittance": str(again.pk)}


@job(
    "billing.verify_ledger",
    permission=Permission.VIEW_ALL_JOBS,
    title="Verifying the ledger",
    daily_at=time(8),
    max_attempts=1,
)
def verify_ledger(run: JobRun) -> dict[str, Any]:
    """Look whether every sum of the ledger holds: a night on which one doesn't is a job that failed."""
    findings = ledger_findings()
    if findings:
        raise RuntimeError(f"{len(findings)} findings in the ledger. `manage.py verify_ledger` lists them.")
    return {"findings": 0}


@job("billing.release_holds", permission=Permission.VIEW_ALL_JOBS, title="Releasing claims on hold", daily_at=time(9))
def release_holds(run: JobRun) -> dict[str, Any]:
    """Let claims go on whose hold is over; gives how many."""
    return {"claims": release_due(by=service_user("billing"))}


@job(
    RECHECK,
    permission=Permission.MANAGE_FEES,
    title="Checking open claims again",
    result_url=lambda row: reverse("billing:claims_list"),
)
def recheck_claims(run: JobRun) -> dict[str, Any]:
    """Check every open draft by the rules as they are now; gives how many there are and how many stand elsewhere."""
    claims, moved = recheck_all(by=run.by, on_progress=run.progress)
    return {"claims": claims, "moved": moved}
