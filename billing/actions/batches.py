"""Batches: many claims printed in one file, by a job."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from billing.choices import BatchStyle, ClaimStatus
from billing.models import Claim, ClaimBatch, ClaimBatchItem
from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7

JOB = "billing.claim_batch_pdf"
#: Half an inch either way: more than any printer is off by, less than would print beside the paper. In points.
MAX_MARGIN = 36


@action
def create_batch(
    *,
    by: User,
    claims: Sequence[Claim],
    style: BatchStyle = BatchStyle.DATA_ONLY,
    margin_left: Decimal | int = 0,
    margin_top: Decimal | int = 0,
    request_token: UUID | None = None,
) -> ClaimBatch:
    """Ask for one PDF of submitted claims, in the order given. The same token again gives the batch that is there.

    Margins are in points, to shift the print on the paper. Raises DomainError when nothing is chosen, a margin is off
    the paper, or a claim isn't submitted: only what is frozen is printed for a payer.
    """
    token = request_token or uuid7()
    there = ClaimBatch.objects.filter(request_token=token).first()
    if there is not None:
        return _own(there, by)
    numbers = _checked(claims, margin_left, margin_top)
    try:
        with transaction.atomic():
            batch = ClaimBatch.objects.create(
                created_by=by, style=style, margin_left=margin_left, margin_top=margin_top, request_token=token
            )
    except IntegrityError:
        # The other half of a double click was faster.
        return _own(ClaimBatch.objects.get(request_token=token), by)
    ClaimBatchItem.objects.bulk_create(
        ClaimBatchItem(batch=batch, claim_id=key, position=position) for position, key in enumerate(numbers, 1)
    )
    batch.job = enqueue(JOB, key=f"{JOB}:{batch.pk}", by=by, payload={"batch": str(batch.pk)})
    batch.save(update_fields=["job"])
    return batch


def _own(batch: ClaimBatch, by: User) -> ClaimBatch:
    if batch.created_by_id != by.pk:
        raise Conflict("Somebody else sent this page already. Open the list of claims again.")
    return batch


def _checked(claims: Sequence[Claim], left: Decimal | int, top: Decimal | int) -> list[UUID]:
    """The claims' keys, each once, in order. They are locked against being voided in the same moment."""
    if not claims:
        raise DomainError("Choose at least one claim.")
    for name, margin in (("margin_left", left), ("margin_top", top)):
        if not -MAX_MARGIN <= margin <= MAX_MARGIN:
            raise DomainError(f"Shift the print by at most {MAX_MARGIN} points, half an inch.", field=name)
    keys = list(dict.fromkeys(claim.pk for claim in claims))
    rows = Claim.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("number")
    open_ones = [number for number, status in rows.values_list("number", "status") if status != ClaimStatus.ACTIVE]
    if open_ones:
        shown = ", ".join(open_ones[:10]) + (f" and {len(open_ones) - 10} more" if len(open_ones) > 10 else "")
        raise DomainError(f"Not submitted: {shown}. Submit them first, then print.")
    return keys
