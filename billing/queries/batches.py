"""Batches as they are listed and printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from billing.cms1500.form import Form1500
from billing.models import Claim, ClaimBatch, ClaimBatchItem
from clinic.access import visible_to
from emr.accounts.models import User
from emr.ui import formats

#: Claims fetched at a time while printing: memory stays the same for ten and for five thousand.
CHUNK = 200
PAGE_SIZE = 50


def batches(user: User) -> QuerySet[ClaimBatch]:
    """Batches, newest first, with how many claims and how much they claim: of patients of whom ``user`` may know.

    A batch without such a claim is not there.
    """
    known = Q(items__claim__patient__in=visible_to(user).order_by())
    return (
        ClaimBatch.objects.select_related("created_by", "job")
        .annotate(claim_count=Count("items", filter=known), total=Sum("items__claim__total", filter=known))
        .filter(claim_count__gt=0)
        .order_by("-pk")
    )


def batches_page(user: User, before: UUID | None) -> tuple[list[ClaimBatch], UUID | None]:
    """A page of batches and where the next one begins."""
    rows = batches(user).filter(pk__lt=before) if before else batches(user)
    found = list(rows[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None


def claims_of(batch: ClaimBatch, user: User) -> QuerySet[Claim]:
    """The claims of a batch in the order of printing, of patients of whom the user may know."""
    return (
        Claim.objects.filter(batch_items__batch=batch, patient__in=visible_to(user))
        .select_related("patient", "payer")
        .defer("snapshot")
        .order_by("batch_items__position")
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


@dataclass(frozen=True)
class Printed:
    """That claims were printed before: how many of those asked for, and when."""

    count: int
    when: str


def printed_before(claims: list[Claim], *, besides: ClaimBatch | None = None) -> Printed | None:
    """Whether some of the claims stand in an earlier batch. One query."""
    items = ClaimBatchItem.objects.filter(claim__in=[claim.pk for claim in claims])
    if besides is not None:
        items = items.filter(batch__created_at__lt=besides.created_at)
    found = items.aggregate(
        count=Count("claim", distinct=True), first=Min("batch__created_at"), last=Max("batch__created_at")
    )
    if not found["count"]:
        return None
    first, last = formats.day(found["first"]), formats.day(found["last"])
    return Printed(found["count"], first if first == last else f"between {first} and {last}")
