"""Batches as they are listed and printed."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from billing.cms1500.form import Form1500
from billing.models import ClaimBatch, ClaimBatchItem

#: Claims fetched at a time while printing: memory stays the same for ten and for five thousand.
CHUNK = 200


def batches() -> QuerySet[ClaimBatch]:
    """Batches, newest first, with how many claims and how much they claim."""
    return (
        ClaimBatch.objects.select_related("created_by", "job")
        .annotate(claim_count=Count("items"), total=Sum("items__claim__total"))
        .order_by("-created_at")
    )


def forms_of(batch: ClaimBatch) -> Iterator[Form1500]:
    """The frozen forms of a batch in the order of printing, a chunk of rows at a time."""
    snapshots = (
        ClaimBatchItem.objects.filter(batch=batch).order_by("position").values_list("claim__snapshot", flat=True)
    )
    for snapshot in snapshots.iterator(chunk_size=CHUNK):
        yield Form1500.from_data(snapshot)


def patients_of(batch_id: UUID) -> list[UUID]:
    """The patients whose claims a batch holds."""
    return list(ClaimBatchItem.objects.filter(batch_id=batch_id).values_list("claim__patient_id", flat=True).distinct())
