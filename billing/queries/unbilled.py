"""What payers weren't asked for yet: signed visits without a claim, and claims that didn't go out, by payer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from billing.choices import ClaimStatus
from billing.claim_states import DRAFTS
from billing.queries.charges import ready_to_bill
from billing.queries.claim_money import Owed, owed_by_claims
from billing.queries.claims import claims_visible_to
from clinic.access import visible_to
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.shared.money import cents
from emr.ui import formats

COLUMNS = ("Payer", "Visits", "Without charges", "Charged", "Claims", "Claimed", "Together", "Oldest service", "Days")


@dataclass
class Unbilled:
    """What one payer wasn't asked for; without a ``payer`` the patients pay. ``uncharged`` are among the visits."""

    name: str
    payer: UUID | None = None
    visits: int = 0
    uncharged: int = 0
    charged: Decimal = Decimal(0)
    claims: int = 0
    claimed: Decimal = Decimal(0)
    oldest: date | None = None

    @property
    def together(self) -> Decimal:
        """The charges of visits and claims."""
        return self.charged + self.claimed

    @property
    def days(self) -> int:
        """Since the oldest service."""
        return (clinic_today() - self.oldest).days if self.oldest else 0

    def cells(self) -> list[object]:
        """The row as the file has it, under :data:`COLUMNS`: what the screen shows, numbers as such."""
        claims = (self.claims, cents(self.claimed), cents(self.together))
        return [
            self.name,
            self.visits,
            self.uncharged,
            cents(self.charged),
            *claims,
            formats.day(self.oldest),
            self.days,
        ]

    def since(self, day: date) -> None:
        """Keep the older of the days."""
        self.oldest = min(day, self.oldest or day)


@dataclass
class UnbilledPage:
    """The payers, the most first, and their sum."""

    rows: list[Unbilled] = field(default_factory=list)
    sum: Unbilled = field(default_factory=lambda: Unbilled("Together"))


def unbilled(user: User) -> UnbilledPage:
    """By payer, of the patients of whom the user may know. A claim that follows or replaces another asks for what is
    still open there, not for the whole charge a second time. Three queries at most.
    """
    found: dict[UUID | None, Unbilled] = {}
    visits: QuerySet[Any] = ready_to_bill().filter(patient__in=visible_to(user)).order_by()
    for payer, name, day, lines, charged in visits.values_list(
        "payer_id", "payer_name", "day", "charge_count", "charge_total"
    ):
        row = found.setdefault(payer, Unbilled(name or "Self-pay", payer))
        row.visits, row.charged = row.visits + 1, row.charged + (charged or Decimal(0))
        row.uncharged += not lines
        row.since(day)
    drafts = claims_visible_to(user).filter(status=ClaimStatus.DRAFT, state__in=DRAFTS, coverage__isnull=False)
    columns = ("payer_id", "payer__name", "total", "service_date", "replaces_id", "follows_id")
    claims = list(drafts.order_by().values_list(*columns))
    still = owed_by_claims({before for *_, replaced, followed in claims if (before := replaced or followed)})
    for payer, name, total, day, replaced, followed in claims:
        before = replaced or followed
        row = found.setdefault(payer, Unbilled(name, payer))
        row.claims, row.claimed = row.claims + 1, row.claimed + (still.get(before, Owed()).total if before else total)
        row.since(day)
    return _summed(sorted(found.values(), key=lambda row: (-row.together, row.name)))


def _summed(rows: list[Unbilled]) -> UnbilledPage:
    page = UnbilledPage(rows)
    for row in rows:
        page.sum.visits += row.visits
        page.sum.uncharged += row.uncharged
        page.sum.charged += row.charged
        page.sum.claims += row.claims
        page.sum.claimed += row.claimed
        if row.oldest:
            page.sum.since(row.oldest)
    return page
