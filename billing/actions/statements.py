"""Statements: asked for together, made by a job under the locks of the patients' money, void with a reason.

Nothing here touches the ledger: having been asked for money changes nothing of what anybody owes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from billing.actions.ledger import lock_patients
from billing.actions.statement_content import content_of, logo_for, particulars_of, without_picture
from billing.choices import InvoiceStatus
from billing.models import Invoice, InvoiceLine, StatementRun
from billing.queries.billing_policy import billing_policy
from billing.queries.ledger import from_cents
from billing.queries.statement_accounts import Standing, StatementAccount, statement_accounts
from clinic.access import visible_to
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded
from emr.jobs import enqueue
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7

MAKE = "billing.statements_make"
DRAW = "billing.statements_draw"
#: The most patients in one run: what a job's payload holds.
MOST = 5000
_CHUNK = 100


@action
def request_statements(*, by: User, accounts: Iterable[StatementAccount], request_token: UUID) -> StatementRun:
    """Ask for statements to these accounts; a job makes and draws them. The same token again gives the run that is
    there. Raises DomainError for none, and for more than a run takes.
    """
    there = StatementRun.objects.filter(request_token=request_token).first()
    if there is not None:
        return _own(there, by)
    patients = [str(share.patient.pk) for account in accounts for share in account.shares]
    if not patients:
        raise DomainError("Choose at least one account that a statement can be sent to.")
    if len(patients) > MOST:
        raise DomainError(f"One run takes at most {MOST} patients. Choose fewer, and make the others next.")
    try:
        with transaction.atomic():
            run = StatementRun.objects.create(created_by=by, request_token=request_token)
    except IntegrityError:
        # The other half of a double click was faster.
        return _own(StatementRun.objects.get(request_token=request_token), by)
    run.job = enqueue(MAKE, key=f"{MAKE}:{run.pk}", by=by, payload={"run": str(run.pk), "patients": patients})
    run.save(update_fields=["job"])
    return run


@action
def make_statements(
    *, by: User, run: StatementRun, patients: Sequence[UUID], on_progress: Callable[[int, int], None]
) -> int:
    """Make the statements of a run, all or none, and ask for their file; gives how many. Made again, they are those
    that are there.

    Who they go to and what they ask for is found anew, under the locks of these patients' money: whoever was sent one
    meanwhile, by another run, gets no second.
    """
    lock_patients(patients)
    if there := run.invoices.count():
        return there
    day, policy = clinic_today(), billing_policy()
    accounts = [
        account
        for account in statement_accounts(visible_to(by).filter(pk__in=patients), policy, day)
        if account.standing is Standing.READY
    ]
    numbers = _next_numbers(len(accounts))
    due_on = day + timedelta(days=policy.due_days)
    about = particulars_of(accounts, policy, day)
    logo = logo_for(about.clinic, numbers[0]) if numbers else {}
    for begun in range(0, len(accounts), _CHUNK):
        on_progress(begun, len(accounts))
        invoices = []
        for account, number in zip(accounts[begun : begun + _CHUNK], numbers[begun : begun + _CHUNK], strict=True):
            kept = logo if number == numbers[0] else without_picture(logo)
            invoices.append(
                Invoice(
                    created_by=by,
                    number=number,
                    run=run,
                    patient=account.lead,
                    guarantor=account.payer.person,
                    tier=account.tier,
                    issued_on=day,
                    due_on=due_on,
                    total=account.amount,
                    snapshot=content_of(account, about, number=number, due_on=due_on, logo=kept),
                )
            )
        bulk_create_recorded(invoices)
        bulk_create_recorded(
            [
                InvoiceLine(created_by=by, invoice=invoice, patient=share.patient, amount=from_cents(share.asked))
                for invoice, account in zip(invoices, accounts[begun : begun + _CHUNK], strict=True)
                for share in account.shares
            ]
        )
    if accounts:
        draw_statements(by=by, run=run)
    return len(accounts)


@action
def draw_statements(*, by: User, run: StatementRun) -> StatementRun:
    """Draw the file of a run, the first time or again, for whoever asks; nothing while it is being drawn."""
    row = StatementRun.objects.select_for_update(of=("self",)).select_related("job").get(pk=run.pk)
    if row.job is not None and row.job.name == DRAW and not row.job.is_finished:
        return row
    row.job = enqueue(DRAW, key=f"{DRAW}:{row.pk}:{uuid7()}", by=by, payload={"run": str(row.pk)})
    row.save(update_fields=["job"])
    return row


@action
def cancel_statement(*, by: User, invoice: Invoice, reason: str) -> Invoice:
    """Make a statement void; what is owed stays as it is, and the next statement counts as if this one hadn't been.

    Raises DomainError without a reason, Conflict for one that is void already.
    """
    if not reason.strip():
        raise DomainError("Say why the statement is void.", field="reason")
    row = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice.pk)
    if row.status == InvoiceStatus.CANCELLED:
        raise Conflict(f"Statement {row.number} is void already.")
    row.status, row.cancelled_reason = InvoiceStatus.CANCELLED, reason.strip()
    row.cancelled_at, row.cancelled_by = timezone.now(), by
    row.save(update_fields=["status", "cancelled_at", "cancelled_by", "cancelled_reason", "updated_at"])
    return row


def _own(run: StatementRun, by: User) -> StatementRun:
    if run.created_by_id != by.pk:
        raise Conflict("Somebody else sent this page already. Open the list of statements again.")
    return run


def _next_numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('billing_invoice_seq') FROM generate_series(1, %s)", [count])
        return [int(row[0]) for row in cursor.fetchall()]
