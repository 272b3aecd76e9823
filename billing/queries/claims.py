"""The worklist of claims: filtered, counted, page by page, and as a table for a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from billing.choices import ClaimState
from billing.models import Claim
from billing.queries.mending import Mending, mending
from clinic.access import visible_to
from clinic.models import Payer
from emr.accounts.models import Practitioner, User
from emr.shared.dates import clinic_today
from emr.ui import formats

PAGE_SIZE = 100
#: How many claims one print run takes.
MAX_BATCH = 2000
#: From how many days before a payer's limit on the list says so.
FILING_WARNING = 30

_OPEN = (ClaimState.HELD, ClaimState.READY)
_NEXT_STEPS = {
    ClaimState.READY: "Submit",
    ClaimState.PATIENT_BALANCE: "Paid by the patient",
}


@dataclass(frozen=True)
class Filter:
    """What the list shows; empty means all."""

    states: tuple[str, ...] = ()
    payer: UUID | None = None
    practitioner: UUID | None = None

    def apply(self, claims: QuerySet[Claim]) -> QuerySet[Claim]:
        """The claims that fit."""
        return self.apply_parties(claims).filter(state__in=self.states) if self.states else self.apply_parties(claims)

    def apply_parties(self, claims: QuerySet[Claim]) -> QuerySet[Claim]:
        """The claims that fit, whatever their state: what the counts beside the states count."""
        if self.payer:
            claims = claims.filter(payer_id=self.payer)
        if self.practitioner:
            claims = claims.filter(encounter__practitioner_id=self.practitioner)
        return claims


@dataclass(frozen=True)
class ClaimRow:
    """One claim in words."""

    claim: Claim
    service: str
    patient: str
    mrn: str
    payer: str
    state: str
    state_label: str
    charge: str
    days: int
    next_step: str
    problem: bool
    mending: Mending | None

    def cells(self) -> list[str]:
        """The row as the file has it, in the order of :data:`COLUMNS`: what the screen shows."""
        step = f"{self.next_step} {self.mending.label}" if self.mending else self.next_step
        return [
            self.claim.number,
            self.service,
            self.patient,
            self.mrn,
            self.payer,
            self.state_label,
            self.charge,
            str(self.days),
            step,
        ]


COLUMNS = ["Claim", "Service", "Patient", "MRN", "Payer", "State", "Charge", "Days", "Next step"]


@dataclass(frozen=True)
class ClaimsPage:
    """A page of the worklist."""

    rows: list[ClaimRow]
    older: UUID | None
    counts: dict[str, int]
    shown: int
    total: Decimal
    payers: list[Payer] = field(default_factory=list)
    practitioners: list[Practitioner] = field(default_factory=list)

    @property
    def everything(self) -> int:
        """All claims that the user may see."""
        return sum(self.counts.values())


def claims_visible_to(user: User) -> QuerySet[Claim]:
    """The claims of patients of whom the user may know."""
    return Claim.objects.filter(patient__in=visible_to(user))


def claims_page(user: User, chosen: Filter, before: UUID | None = None) -> ClaimsPage:
    """A page of the worklist, the latest service first. Five queries, and one more after the first page."""
    known = claims_visible_to(user)
    fitting = chosen.apply(known)
    sums = fitting.aggregate(shown=Count("pk"), total=Sum("total"))
    found = list(_from(_ordered(fitting), known, before)[: PAGE_SIZE + 1])
    counts = chosen.apply_parties(known).values_list("state").annotate(Count("pk")).order_by()
    return ClaimsPage(
        rows=[claim_row(claim, user) for claim in found[:PAGE_SIZE]],
        older=found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None,
        counts=dict(counts),
        shown=sums["shown"],
        total=sums["total"] or Decimal(0),
        payers=list(Payer.objects.filter(claims__isnull=False).distinct().order_by("name")),
        practitioners=list(Practitioner.objects.filter(encounters__claims__isnull=False).distinct()),
    )


def claim_rows(user: User, chosen: Filter) -> Iterator[ClaimRow]:
    """All rows of the worklist, for a file. One query, read in pieces."""
    for claim in _ordered(chosen.apply(claims_visible_to(user))).iterator(chunk_size=500):
        yield claim_row(claim, user)


def patient_claims(user: User, patient_id: UUID) -> list[ClaimRow]:
    """The claims of one patient, the latest first. One query."""
    return [claim_row(claim, user) for claim in _ordered(claims_visible_to(user).filter(patient_id=patient_id))]


def claims_chosen(user: User, keys: list[UUID]) -> list[Claim]:
    """The claims that a user chose on the worklist, in its order; those that aren't theirs to see are left out."""
    return list(_ordered(claims_visible_to(user).filter(pk__in=keys)))


def printable(user: User, chosen: Filter) -> list[Claim]:
    """The submitted claims of the whole worklist, not only of its page."""
    return list(_ordered(chosen.apply_parties(claims_visible_to(user)).filter(state=ClaimState.SUBMITTED))[:MAX_BATCH])


def claim_row(claim: Claim, user: User) -> ClaimRow:
    """A claim in words; it must come with patient, payer and visit."""
    days = (clinic_today() - claim.service_date).days
    step = _next_step(claim, days)
    return ClaimRow(
        claim=claim,
        service=formats.day(claim.service_date),
        patient=claim.patient.sort_name,
        mrn=formats.mrn(claim.patient.mrn),
        payer=claim.payer.name if claim.payer else "Self-pay",
        state=claim.state,
        state_label=claim.get_state_display(),
        charge=formats.money(claim.total),
        days=days,
        next_step=step,
        problem=claim.state == ClaimState.HELD or "limit" in step,
        mending=mending(claim.state_where, claim, user) if claim.state == ClaimState.HELD else None,
    )


def _next_step(claim: Claim, days: int) -> str:
    if claim.state == ClaimState.HELD:
        return _cause(claim.state_reason)
    if claim.state == ClaimState.VOID:
        return f"Void: {claim.state_reason}"
    if claim.state == ClaimState.SUBMITTED:
        return f"Submitted {formats.day_short(claim.submitted_at)}, awaiting payment"
    left = claim.payer.timely_filing_days - days if claim.payer and claim.state in _OPEN else None
    if left is not None and left <= FILING_WARNING:
        last = formats.day(claim.service_date + timedelta(days=claim.payer.timely_filing_days)) if claim.payer else ""
        return f"Submit: the payer's limit {'was' if left < 0 else 'is'} {last}"
    return _NEXT_STEPS.get(ClaimState(claim.state), "")


def _cause(reason: str) -> str:
    """The first sentence of a fault, which names the box; where to mend it is the link beside it."""
    return reason.partition(". ")[0].rstrip(".")


def _ordered(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    return (
        claims.select_related("patient", "payer", "encounter__practitioner")
        .defer("snapshot", "lineage")
        .order_by("-service_date", "-pk")
    )


def _from(claims: QuerySet[Claim], known: QuerySet[Claim], before: UUID | None) -> QuerySet[Claim]:
    """The claims after the given one in the list's order. The key alone is in the address, never a day of service."""
    last: date | None = known.filter(pk=before).values_list("service_date", flat=True).first() if before else None
    if last is None:
        return claims
    return claims.filter(Q(service_date__lt=last) | Q(service_date=last, pk__lt=before))
