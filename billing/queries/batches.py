"""Batches as they are listed and printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from billing.choices import FORWARDED, BatchStyle, ClaimFrequency
from billing.cms1500.form import Form1500
from billing.cms1500.paginate import compose as composed_on_paper
from billing.models import Claim, ClaimBatch, ClaimBatchItem
from billing.x12.professional import compose
from clinic.access import visible_to
from emr.accounts.models import User
from emr.jobs.choices import JobStatus
from emr.jobs.models import Job
from emr.shared.streams import streamed
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
        ClaimBatch.objects.select_related("created_by", "job", "partner")
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
        .defer("snapshot", "lineage")
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


def unsendable(keys: Iterable[UUID]) -> list[str]:
    """Sentences on the claims that an 837P can't say whole, by number."""
    rows = Claim.objects.filter(pk__in=list(keys)).order_by("pk").values_list("snapshot", flat=True)
    faults = []
    with streamed(rows, CHUNK) as snapshots:
        for form in map(Form1500.from_data, snapshots):
            found = compose(form)[1]
            if found:
                faults.append(f"Claim {form.account_number}: box {found[0].box} {found[0].reason}.")
    return faults


def unprintable(keys: Iterable[UUID]) -> list[str]:
    """Sentences on the claims that don't fit the paper, by number: of those that went out without being checked for it,
    because they void another, or a payer passed them on. One query.
    """
    unchecked = Q(frequency=ClaimFrequency.VOID) | Q(labels__contains=[FORWARDED])
    rows = Claim.objects.filter(unchecked, pk__in=list(keys)).order_by("pk").values_list("snapshot", flat=True)
    with streamed(rows, CHUNK) as snapshots:
        forms = map(Form1500.from_data, snapshots)
        found = ((form.account_number, composed_on_paper(form)[1]) for form in forms)
        return [
            f"Claim {number}: box {faults[0].box.partition('.')[0]} {faults[0].reason}."
            for number, faults in found
            if faults
        ]


@dataclass(frozen=True)
class SentBefore:
    """That claims went out before: which of those asked for, and the batches, newest first (at most three)."""

    claims: frozenset[UUID]
    batches: list[ClaimBatch]

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.claims)

    @property
    def words(self) -> str:
        """``2 of these went out before: printed on 3/9/2026 at 10:15 AM by Bo Biller.``"""
        told = "; ".join(
            f"{_VERBS[BatchStyle(batch.style)]} on {formats.instant(batch.created_at)} by {batch.created_by}"
            for batch in self.batches
        )
        number = "One of these" if self.count == 1 else f"{formats.number(self.count)} of these"
        return f"{number} went out before: {told}."


_VERBS = {
    BatchStyle.DATA_ONLY: "printed",
    BatchStyle.REVIEW: "printed for review",
    BatchStyle.ZIP: "printed one by one",
    BatchStyle.X12: "sent as an 837P",
}


def sent_before(keys: Iterable[UUID], *, besides: ClaimBatch | None = None) -> SentBefore | None:
    """Whether some of the claims went out in an earlier batch. Two queries."""
    items = _gone_out().filter(claim__in=list(keys))
    if besides is not None:
        items = items.filter(batch__created_at__lt=besides.created_at)
    claims = frozenset(items.values_list("claim_id", flat=True))
    if not claims:
        return None
    found = ClaimBatch.objects.filter(pk__in=items.values("batch")).select_related("created_by")
    return SentBefore(claims, list(found.order_by("-created_at")[:3]))


def last_print(claim: Claim) -> ClaimBatch | None:
    """The latest batch in which a claim went out on paper, None where it didn't. One query."""
    printed = _gone_out().filter(claim=claim, batch__style__in=[BatchStyle.DATA_ONLY, BatchStyle.ZIP])
    item = printed.select_related("batch").order_by("-batch__created_at").first()
    return item.batch if item else None


def _gone_out() -> QuerySet[ClaimBatchItem]:
    """What went out: not for review, and in a file that is drawn, is to be drawn, or once was. One whose drawing was
    cancelled, or failed, before there ever was a file hasn't gone out.
    """
    drawn = Job.objects.annotate(drew=KeyTextTransform("batch", "payload")).filter(
        drew=Cast(OuterRef("batch_id"), TextField()), status=JobStatus.SUCCEEDED
    )
    without = Q(batch__job__status__in=[JobStatus.CANCELLED, JobStatus.FAILED])
    return ClaimBatchItem.objects.exclude(batch__style=BatchStyle.REVIEW).filter(~without | Exists(drawn))


def margins_of(user: User) -> tuple[Decimal, Decimal]:
    """The shifts that the user printed with last: to the right, and down. One query."""
    last = ClaimBatch.objects.filter(created_by=user).exclude(style=BatchStyle.X12).order_by("-created_at").first()
    return (last.margin_left, last.margin_top) if last else (Decimal(0), Decimal(0))
