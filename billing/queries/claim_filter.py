"""What of the claims a worklist shows, and in which order: the meaning of its address."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    DateField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from billing.choices import ClaimState, LedgerAccount
from billing.claim_states import DRAFTS
from billing.models import Claim, LedgerEntry
from billing.queries.asking import Asking
from billing.queues import BY_KEY, DONE
from emr.accounts.models import User
from emr.shared.dates import clinic_today

#: States in which the payer's clock still runs: it has nothing that it can decide on.
UNFILED = (*sorted(DRAFTS), ClaimState.REJECTED)
#: By what the list can be sorted, and the column that says it. Days in a state count against its day.
ORDERS = {"service": "service_date", "days": "state_since", "insurance": "insurance_cents"}
LATEST = "-service"

_OWED_BY_PAYERS = LedgerEntry.objects.filter(account=LedgerAccount.INSURANCE_RECEIVABLE).order_by()


@dataclass(frozen=True)
class Filter:
    """What the list shows; empty means all, but for claims that are done and those that somebody snoozed.

    ``payer`` may be ``self`` (the patient pays), ``assignee`` ``me`` or ``nobody``, ``asking`` one of the ways in which
    patients are asked for what is theirs. ``days`` is how long a claim stands where it stands, at least; ``filing``
    within how many days the payer's limit comes; ``owing``: the payer owes.
    """

    states: tuple[str, ...] = ()
    queue: str = ""
    payer: UUID | Literal["self"] | None = None
    practitioner: UUID | None = None
    assignee: UUID | str | None = None
    label: str = ""
    asking: str = ""
    since: date | None = None
    until: date | None = None
    days: int | None = None
    filing: int | None = None
    owing: bool = False
    snoozed: bool = False
    order: str = LATEST
    columns: tuple[str, ...] = ()

    def apply(self, claims: QuerySet[Claim], user: User) -> QuerySet[Claim]:
        """The claims that fit."""
        found = self.narrowed(claims, user).filter(self._standing())
        return found if self.snoozed else found.filter(awake())

    def narrowed(self, claims: QuerySet[Claim], user: User) -> QuerySet[Claim]:
        """The claims that fit wherever they stand, asleep or not: what the counts beside the queues count."""
        if self.payer:
            claims = claims.filter(payer=None) if self.payer == "self" else claims.filter(payer=self.payer)
        if self.practitioner:
            claims = claims.filter(encounter__practitioner_id=self.practitioner)
        if self.assignee:
            whose = {"me": user.pk, "nobody": None}
            claims = claims.filter(assignee=whose.get(str(self.assignee), self.assignee))
        if self.label:
            claims = claims.filter(labels__contains=[self.label])
        if self.asking:
            claims = claims.filter(Asking(self.asking).claims)
        return self._timed(claims)

    def wants(self, state: str, order: int) -> bool:
        """Whether claims of this state, to the payer of this order, are shown."""
        if self.states:
            return state in self.states
        return BY_KEY[self.queue].has(state, order) if self.queue else not DONE.has(state, order)

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the queue, the order and the columns is asked for."""
        beside = {"states", "queue", "order", "columns"}
        return any(getattr(self, field.name) != field.default for field in fields(self) if field.name not in beside)

    def parameters(self) -> list[tuple[str, str]]:
        """The filter as an address has it."""
        found: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                values = value if isinstance(value, tuple) else [value]
                found += [("state" if field.name == "states" else field.name, _spelled(one)) for one in values]
        return found

    def _standing(self) -> Q:
        if self.states:
            return Q(state__in=self.states)
        return BY_KEY[self.queue].fits if self.queue else ~DONE.fits

    def _timed(self, claims: QuerySet[Claim]) -> QuerySet[Claim]:
        today = clinic_today()
        if self.since:
            claims = claims.filter(service_date__gte=self.since)
        if self.until:
            claims = claims.filter(service_date__lte=self.until)
        if self.days is not None:
            claims = claims.filter(state_since__lte=today - timedelta(days=self.days))
        if self.filing is not None:
            last = Value(today + timedelta(days=self.filing), DateField()) - F("payer__timely_filing_days")
            claims = claims.filter(
                state__in=UNFILED, service_date__lte=ExpressionWrapper(last, output_field=DateField())
            )
        if self.owing:
            owing = _OWED_BY_PAYERS.values("claim").annotate(cents=Sum("amount")).filter(cents__gt=0)
            claims = claims.filter(pk__in=owing.values("claim"))
        return claims


def awake() -> Q:
    """Claims that nobody snoozed, or whose day has come."""
    return Q(snoozed_until=None) | Q(snoozed_until__lte=clinic_today())


def ordered(claims: QuerySet[Claim], order: str) -> QuerySet[Claim]:
    """In one of :data:`ORDERS`, with ``-`` the other way round; what is alike, by its key."""
    column, sign = _column(order)
    if column == "insurance_cents":
        owed = _OWED_BY_PAYERS.filter(claim=OuterRef("pk")).values("claim").annotate(cents=Sum("amount"))
        claims = claims.annotate(
            insurance_cents=Coalesce(Subquery(owed.values("cents")), 0, output_field=BigIntegerField())
        )
    return claims.order_by(f"{sign}{column}", f"{sign}pk")


def after(claims: QuerySet[Claim], order: str, last: Claim) -> QuerySet[Claim]:
    """What comes after a claim in the order, of claims that :func:`ordered` gave, as it did that one."""
    column, sign = _column(order)
    value, step = getattr(last, column), "lt" if sign else "gt"
    return claims.filter(Q((f"{column}__{step}", value)) | Q((column, value), (f"pk__{step}", last.pk)))


def _column(order: str) -> tuple[str, Literal["", "-"]]:
    name, down = order.removeprefix("-"), order.startswith("-")
    return ORDERS[name], "-" if down != (name == "days") else ""


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "on"
    return value.isoformat() if isinstance(value, date) else str(value)
