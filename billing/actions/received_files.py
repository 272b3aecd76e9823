"""X12 files taken in: kept as they came, each once, and read by a job."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, cast

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from billing.actions.acknowledgements import take_in_acknowledgements
from billing.actions.remittances import AllKnown, take_in_remittances
from billing.choices import FileState, ReconciliationStatus
from billing.models import PaymentReconciliation, ReceivedFile
from billing.queries.same_payments import same_payments
from billing.x12 import envelope
from billing.x12.envelope import Kind
from billing.x12.segments import X12Error
from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from emr.ui import formats
from emr.uploads.incoming import Incoming

JOB = "billing.read_file"


@action
def receive_file(*, by: User, file: Incoming) -> ReceivedFile:
    """Keep a file and ask for its reading. Raises DomainError when the same file was received before; one of which a
    payment was set aside or taken back since, or that was never read because its job failed, is read again.
    """
    known = ReceivedFile.objects.select_for_update(of=("self",)).filter(sha256=file.sha256).first()
    if known is not None:
        if not (_left_unread(known) or _brings_again(known)):
            raise DomainError(_known(known), field="file")
        known.state, known.problem, known.known = FileState.NEW, "", []
        known.dismissed_at = known.dismissed_by = None
        return _ask(by, known, f"{JOB}:{known.pk}:{uuid7()}")
    row = ReceivedFile(created_by=by, name=file.name, sha256=file.sha256, size=len(file.content))
    row.content.save(file.name, ContentFile(file.content), save=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # The other half of a double click was faster; nothing was kept of this one.
        row.content.delete(save=False)
        raise DomainError(_known(ReceivedFile.objects.get(sha256=file.sha256)), field="file") from None
    return _ask(by, row, f"{JOB}:{row.pk}")


def _ask(by: User, row: ReceivedFile, key: str) -> ReceivedFile:
    row.job = enqueue(JOB, key=key, by=by, payload={"file": str(row.pk)})
    row.save(update_fields=["state", "problem", "job", "known", "dismissed_at", "dismissed_by", "updated_at"])
    return row


def _left_unread(file: ReceivedFile) -> bool:
    """Whether its job ended, failed or cancelled, before it was read."""
    return file.state == FileState.NEW and file.job is not None and file.job.is_finished


def _brings_again(file: ReceivedFile) -> bool:
    """Whether a payment that it brought, or that was here when it did, isn't here any more."""
    if file.state == FileState.NEW:
        return False
    gone = [ReconciliationStatus.CANCELLED, ReconciliationStatus.ENTERED_IN_ERROR]
    brought = Q(file=file) | Q(pk__in=file.known)
    rows = PaymentReconciliation.objects.filter(brought, status__in=gone).select_related("payer")
    return any(not same_payments(row).exists() for row in rows)


@action
def read_file(*, by: User, file: ReceivedFile) -> int:
    """Take in what a file holds, all of it that isn't here yet, or nothing; gives how many remittances or answers.
    What can't be read is refused with the reason. A file that was read or refused stays so.
    """
    row = ReceivedFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    if row.state != FileState.NEW:
        return row.reconciliations.count() + row.acknowledgements.count()
    with row.content.open("rb") as opened:
        content = cast(BinaryIO, opened)
        try:
            with transaction.atomic():
                first = next(iter(envelope.read(content)), None)
                content.seek(0)
                take_in = take_in_remittances if first and first.kind is Kind.REMITTANCE else take_in_acknowledgements
                return len(take_in(by=by, file=row, content=content))
        except (X12Error, DomainError) as error:
            known = [str(there.pk) for there in error.rows] if isinstance(error, AllKnown) else []
            refuse_file(by=by, file=row, problem=str(error), known=known)
            return 0


@action
def refuse_file(*, by: User, file: ReceivedFile, problem: str, known: Iterable[str] = ()) -> ReceivedFile:
    """Say why a file isn't taken in; nothing of it is kept but itself. ``known`` are the remittances here already."""
    file.state, file.problem, file.known = FileState.REFUSED, problem[:500], list(known)
    file.save(update_fields=["state", "problem", "known", "updated_at"])
    return file


@action
def dismiss_file(*, by: User, file: ReceivedFile) -> ReceivedFile:
    """Say that what is told of a file was seen, so that it isn't shown any more; the file itself stays kept. Dismissed
    twice, the first stays. Raises Conflict while the file is to be read.
    """
    row = ReceivedFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    if row.state == FileState.NEW:
        raise Conflict("This file is being read.")
    if row.dismissed_at is None:
        row.dismissed_at, row.dismissed_by = timezone.now(), by
        row.save(update_fields=["dismissed_at", "dismissed_by", "updated_at"])
    return row


def _known(file: ReceivedFile) -> str:
    return f"This file was received on {formats.instant(file.created_at)} already, and is not read twice."
