"""The worklist of claims: filtered, counted, page by page, and as a table for a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count, Model, OuterRef, QuerySet, Subquery, Sum

from billing.choices import ClaimState
from billing.models import Claim
from billing.queries.claim_filter import Filter, after, awake, ordered
from billing.queries.claim_rows import ClaimRow, Column, claim_row, columns_of, look_up
from billing.queues import QUEUES
from clinic.access import visible_to
from clinic.models import Encounter, Payer
from clinic.queries.people import staff
from emr.access.permissions import Permission
from emr.access.roles import ROLES
from emr.accounts.models import Practitioner, User

M = TypeVar("M", bound=Model)
PAGE_SIZE = 100
#: How many claims one print run takes.
MAX_BATCH = 5000
#: So many claims of a file are looked up at once.
_PIECE = 500


@dataclass
class Counts:
    """How many claims lie in each queue and stand in each state; of all, how many are shown and what these charge.
    ``asleep`` would be shown, but for being snoozed.
    """

    queues: dict[str, int] = field(default_factory=lambda: dict.fromkeys((queue.key for queue in QUEUES), 0))
    states: dict[str, int] = field(default_factory=dict)
    everything: int = 0
    shown: int = 0
    asleep: int = 0
    total: Decimal = Decimal(0)


@dataclass(frozen=True)
class ClaimsPage:
    """A page of the worklist, and what its filters offer."""

    rows: list[ClaimRow]
    columns: list[Column]
    older: UUID | None
    counts: Counts
    payers: list[Payer]
    practitioners: list[Practitioner]
    people: list[User]


def claims_visible_to(user: User) -> QuerySet[Claim]:
    """The claims of patients of whom the user may know."""
    return Claim.objects.filter(patient__in=visible_to(user))


def claims_page(user: User, chosen: Filter, before: UUID | None = None) -> ClaimsPage:
    """A page of the worklist. Nine queries at most for what is shown by default; one more after the first page, and
    one for each of the columns with the last remittance and statement.
    """
    known, columns = claims_visible_to(user), columns_of(chosen.columns)
    found = _page(chosen.apply(known, user), known, chosen.order, before)
    claims = found[:PAGE_SIZE]
    looked = look_up(claims, columns)
    return ClaimsPage(
        rows=[claim_row(claim, user, looked) for claim in claims],
        columns=columns,
        older=claims[-1].pk if len(found) > PAGE_SIZE else None,
        counts=_counted(chosen.narrowed(known, user), chosen),
        payers=_named(Payer.objects.order_by("name"), known.filter(payer=OuterRef("pk"))),
        practitioners=_named(
            Practitioner.objects.all(),
            Encounter.objects.filter(practitioner=OuterRef("pk"), patient__in=visible_to(user)),
        ),
        people=billers(),
    )


def claim_rows(user: User, chosen: Filter) -> Iterator[ClaimRow]:
    """All rows of the worklist, for a file. Read in pieces of some hundred, each looked up by at most three queries."""
    columns = columns_of(chosen.columns)
    found = _whole(ordered(chosen.apply(claims_visible_to(user), user), chosen.order))
    claims = found.iterator(chunk_size=_PIECE)
    while piece := list(islice(claims, _PIECE)):
        looked = look_up(piece, columns)
        yield from (claim_row(claim, user, looked) for claim in piece)


def patient_claims(user: User, patient_id: UUID) -> list[ClaimRow]:
    """The claims of one patient, the latest first. One query; three more where the patient owes something."""
    claims = list(_latest(claims_visible_to(user).filter(patient_id=patient_id)))
    looked = look_up(claims, columns_of(["step"]))
    return [claim_row(claim, user, looked) for claim in claims]


def claims_chosen(user: User, keys: list[UUID]) -> list[Claim]:
    """The claims that a user chose on the worklist, in its order; those that aren't theirs to see are left out."""
    return list(_latest(claims_visible_to(user).filter(pk__in=keys)))


def printable(user: User, chosen: Filter) -> list[Claim]:
    """The submitted claims of the whole worklist, not only of its page; one more than a batch takes at most."""
    submitted = chosen.narrowed(claims_visible_to(user), user).filter(state=ClaimState.SUBMITTED)
    return list(_latest(submitted if chosen.snoozed else submitted.filter(awake()))[: MAX_BATCH + 1])


def billers() -> list[User]:
    """Those who may work on claims, by name. One query."""
    roles = [role.name for role in ROLES.values() if Permission.VIEW_BILLING in role.permissions]
    return list(staff().filter(groups__name__in=roles).distinct())


def _named(rows: QuerySet[M], by: QuerySet[Any]) -> list[M]:
    """Those of the rows that something of ``by`` names. One is looked for, for each row: asked whether any exists, the
    database reads all claims, or visits.
    """
    return list(rows.annotate(one=Subquery(by.order_by().values("pk")[:1])).exclude(one=None))


def _counted(claims: QuerySet[Claim], chosen: Filter) -> Counts:
    """The claims of a narrowed list, counted. One query."""
    up = awake()
    sums = (
        claims.order_by()
        .values_list("state", "order")
        .annotate(*(Count("pk"), Sum("total")), up=Count("pk", filter=up), charged_up=Sum("total", filter=up))
    )
    found = Counts()
    for state, order, whole, charged, awoken, charged_awoken in sums:
        there = whole if chosen.snoozed else awoken
        found.queues[next(queue.key for queue in QUEUES if queue.has(state, order))] += there
        found.states[state] = found.states.get(state, 0) + there
        found.everything += whole
        if chosen.wants(state, order):
            found.shown += there
            found.asleep += whole - awoken
            found.total += (charged if chosen.snoozed else charged_awoken) or Decimal(0)
    return found


def _page(fitting: QuerySet[Claim], known: QuerySet[Claim], order: str, before: UUID | None) -> list[Claim]:
    """One more than a page, after the given claim in the list's order. The key alone is in the address: what the order
    goes by is read anew, so that no day of service and no balance stands there. What a row names is joined to the
    page alone.
    """
    rows = ordered(fitting, order)
    last = ordered(known, order).filter(pk=before).defer("snapshot", "lineage").first() if before else None
    keys = (after(rows, order, last) if last else rows).values("pk")[: PAGE_SIZE + 1]
    return list(ordered(_whole(Claim.objects.filter(pk__in=keys)), order))


def _latest(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    return _whole(claims.order_by("-service_date", "-pk"))


def _whole(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    return claims.select_related("patient", "payer", "encounter__practitioner", "assignee").defer("snapshot", "lineage")
