"""Remittances of many decisions: what would keep a page waiting is put on the ledger, and taken off it, by a job."""

from __future__ import annotations

from django.db.models import Q

from billing.actions.posting import post_remittance
from billing.actions.taking_back import take_back
from billing.models import PaymentReconciliation
from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.jobs.models import Job
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7

POST, TAKE_BACK = "billing.post_remittance", "billing.take_back_remittance"
#: Decisions that a page puts on the ledger itself, in about a second.
AT_ONCE = 100


@action
def post_or_ask(*, by: User, reconciliation: PaymentReconciliation, looked: bool = False) -> Job | None:
    """Post a remittance as :func:`post_remittance` does; one of many decisions by the job that is given.

    Raises what that raises, and Conflict while a job is at work on the remittance.
    """
    if not _is_long(reconciliation):
        post_remittance(by=by, reconciliation=reconciliation, looked=looked)
        return None
    if reconciliation.doubts and not looked:
        raise DomainError(f"Look at this first, and say that you did. {reconciliation.doubts[0]}", field="looked")
    return _ask(by, reconciliation, POST)


@action
def take_back_or_ask(*, by: User, reconciliation: PaymentReconciliation, reason: str) -> PaymentReconciliation | Job:
    """Take a posted remittance back as :func:`take_back` does, which gives it as a draft; one of many decisions by the
    job that is given, for which the reason is kept with the remittance. Raises as :func:`post_or_ask`.
    """
    if not _is_long(reconciliation):
        return take_back(by=by, reconciliation=reconciliation, reason=reason)
    if not reason.strip():
        raise DomainError("Say why it is taken back.", field="reason")
    job = _ask(by, reconciliation, TAKE_BACK)
    reconciliation.status_reason = reason.strip()[:200]
    reconciliation.save(update_fields=["status_reason", "updated_at"])
    return job


def job_of(reconciliation: PaymentReconciliation) -> Job | None:
    """The last job that posted it or took it back, or is about to."""
    key = f":{reconciliation.pk}:"
    asked = Job.objects.filter(Q(key__startswith=POST + key) | Q(key__startswith=TAKE_BACK + key))
    return asked.select_related("created_by").order_by("-created_at", "-pk").first()


def _is_long(reconciliation: PaymentReconciliation) -> bool:
    return reconciliation.responses.count() > AT_ONCE


def _ask(by: User, row: PaymentReconciliation, name: str) -> Job:
    # A job at work holds the row. Whoever asks second waits for it, and then finds the first one's job.
    _check_nobody_at_work(row)
    PaymentReconciliation.objects.select_for_update(of=("self",)).get(pk=row.pk)
    _check_nobody_at_work(row)
    return enqueue(name, key=f"{name}:{row.pk}:{uuid7()}", by=by, payload={"remittance": str(row.pk)})


def _check_nobody_at_work(row: PaymentReconciliation) -> None:
    at_work = job_of(row)
    if at_work is not None and not at_work.is_finished:
        raise Conflict("A job is at work on this remittance: see how far it is.")
