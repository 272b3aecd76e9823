"""Good-faith estimates: what a visit is expected to cost, what was given, and how the bill compares with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet, Sum

from billing.choices import LedgerAccount
from billing.models import ChargeItem, Claim, GoodFaithEstimate, LedgerEntry
from billing.queries.discounts import discount_on
from billing.queries.fees import fee_of
from billing.queries.ledger import from_cents
from clinic.models import Patient
from emr.codes.coding import Coding
from emr.shared.errors import DomainError
from emr.shared.money import cents
from scheduling.choices import OCCUPYING
from scheduling.models import Appointment

#: From so much more than was estimated a patient may dispute a bill (45 CFR 149.620).
DISPUTED_FROM = Decimal(400)
#: How many visits of a kind are looked at for what is usually done there.
_LOOKED_AT = 50


@dataclass(frozen=True)
class Expected:
    """A service that is expected, with what it costs who pays themselves: before and after the clinic's discount."""

    coding: Coding
    units: Decimal
    fee: Decimal
    discount: Decimal

    @property
    def charge(self) -> Decimal:
        """What would be asked for it."""
        return self.fee - self.discount


def priced(services: Iterable[tuple[Coding, Decimal]], *, day: date, share: Decimal) -> list[Expected]:
    """Services with the clinic's own fees of a day, less a percentage. Raises DomainError for one without a fee."""
    found = []
    for coding, units in services:
        fee = fee_of(coding.system, coding.code, day=day)
        if fee is None:
            raise DomainError(f"{coding.code} has no fee. Enter it in the clinic's fee schedule first.")
        whole = cents(fee.amount * units)
        found.append(Expected(coding, units, whole, discount_on(whole, share)))
    return found


def usual_services(appointment: Appointment) -> list[Coding]:
    """What was charged at half or more of the latest visits of this kind, the most frequent first. Two queries."""
    kind = Appointment.objects.filter(type=appointment.type_id, encounter__charge_items__isnull=False)
    visits = list(kind.order_by("-start_at").values_list("encounter", flat=True).distinct()[:_LOOKED_AT])
    rows = ChargeItem.objects.filter(encounter__in=visits, entered_in_error_at=None).order_by()
    counted = rows.values_list("system", "code").annotate(
        words=Max("display"), visits=Count("encounter", distinct=True)
    )
    often = counted.filter(visits__gte=max((len(visits) + 1) // 2, 1)).order_by("-visits", "code")[:6]
    return [Coding(system, code, words) for system, code, words, _ in often]


def coming_visits(patient: Patient) -> QuerySet[Appointment]:
    """The visits for which an estimate may be given, the next first."""
    rows = Appointment.objects.filter(patient=patient, status__in=OCCUPYING, encounter=None)
    return rows.select_related("type", "practitioner", "patient").order_by("start_at")


@dataclass(frozen=True)
class Compared:
    """An estimate, with what was billed for its visit; None until something is."""

    estimate: GoodFaithEstimate
    billed: Decimal | None

    @property
    def beyond(self) -> Decimal:
        """How much more was billed than estimated; below zero where it was less."""
        return (self.billed or Decimal(0)) - self.estimate.total

    @property
    def disputable(self) -> bool:
        """Whether the patient may dispute the bill."""
        return self.billed is not None and self.beyond >= DISPUTED_FROM


def estimates_of(patient: Patient) -> list[Compared]:
    """A patient's estimates, the latest first, each with what was billed. Six queries at most."""
    rows = list(GoodFaithEstimate.objects.filter(patient=patient))
    billed = _billed(patient, rows)
    return [Compared(row, billed.get(row.pk)) for row in rows]


def disputable_estimates(patient: Patient) -> list[Compared]:
    """The patient's estimates whose bill they may dispute."""
    return [one for one in estimates_of(patient) if one.disputable]


def _billed(patient: Patient, rows: Sequence[GoodFaithEstimate]) -> dict[UUID, Decimal]:
    """What a patient is asked to pay for the visit of each estimate: the charges of the claims without insurance, less
    what the clinic took off. The visit is that of the appointment, wherever it was moved, else those of the estimate's
    day.
    """
    if not rows:
        return {}
    claims = Claim.objects.standing().filter(patient=patient, coverage=None, follows=None)
    facts = list(claims.values_list("pk", "encounter__appointment", "service_date", "total"))
    off, moved = _taken_off(key for key, *_ in facts), _moved(patient)
    found: dict[UUID, Decimal] = {}
    for row in rows:
        booked = row.snapshot.get("appointment", "")
        while booked in moved:
            booked = moved[booked]
        mine = [fact for fact in facts if booked and str(fact[1]) == booked]
        mine = mine or [fact for fact in facts if row.service_date and fact[2] == row.service_date]
        if mine:
            found[row.pk] = sum((fact[3] - off.get(fact[0], Decimal(0)) for fact in mine), Decimal(0))
    return found


def _moved(patient: Patient) -> dict[str, str]:
    """By the key of each visit that was moved, that of the visit that it was moved to. One query."""
    rows = Appointment.objects.filter(patient=patient, replaces__isnull=False).order_by()
    return {str(before): str(after) for before, after in rows.values_list("replaces", "pk")}


def _taken_off(claims: Iterable[UUID]) -> dict[UUID, Decimal]:
    off = (LedgerAccount.DISCOUNT, LedgerAccount.WRITE_OFF)
    rows = LedgerEntry.objects.filter(claim__in=list(claims), account__in=off)
    sums: Any = rows.order_by().values_list("claim").annotate(Sum("amount"))
    return {key: from_cents(amount) for key, amount in sums}
