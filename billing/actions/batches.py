"""Batches: many claims printed in one file, by a job."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from billing.choices import BatchStyle, ClaimStatus
from billing.models import Claim, ClaimBatch, ClaimBatchItem
from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.shared.errors import DomainError
from emr.shared.records import uuid7

JOB = "billing.claim_batch_pdf"


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
    """Ask for one PDF of submitted claims. The same token again gives the batch that is there.

    Raises DomainError when nothing is chosen or a claim isn't submitted: only what is frozen is printed for a payer.
    """
    token = request_token or uuid7()
    there = ClaimBatch.objects.filter(request_token=token).first()
    if there is not None:
        return there
    if not claims:
        raise DomainError("Choose at least one claim.")
    open_ones = [claim.number for claim in claims if claim.status != ClaimStatus.ACTIVE]
    if open_ones:
        raise DomainError(f"Not submitted: {', '.join(open_ones)}. Submit them first, then print.")
    batch = ClaimBatch.objects.create(
        created_by=by, style=style, margin_left=margin_left, margin_top=margin_top, request_token=token
    )
    ClaimBatchItem.objects.bulk_create(
        ClaimBatchItem(batch=batch, claim=claim, position=position) for position, claim in enumerate(claims, 1)
    )
    batch.job = enqueue(JOB, key=f"{JOB}:{batch.pk}", by=by, payload={"batch": str(batch.pk)})
    batch.save(update_fields=["job"])
    return batch
