"""Who gets a statement now, over what, and who doesn't and why: one account for each who answers for the bills.

Nothing of it is stored: what stands here is the ledger, the chart's guarantors, and the statements that went out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet

from billing.choices import InvoiceStatus, PlanStatus
from billing.models import BillingAccount, BillingPolicy, InvoiceLine, PaymentPlan
from billing.queries.aging import BUCKETS, bucket
from billing.queries.billing_policy import tier_on
from billing.queries.ledger import from_cents, to_cents
from billing.queries.patient_due import DueItem, due_items, unapplied_of
from billing.queries.payment_plans import PlanState, plan_states
from clinic.models import Patient
from clinic.queries.related_persons import Guarantor, guarantors_of


class Standing(StrEnum):
    """Whether an account gets a statement now; each but the first says why it doesn't."""

    READY = "ready"
    RECENT = "recent"
    SMALL = "small"
    NO_ADDRESS = "no-address"
    HELD = "held"
    COLLECTIONS = "collections"

    @property
    def label(self) -> str:
        """The word of the filter."""
        return _LABELS[self]


_LABELS = {
    Standing.READY: "To send",
    Standing.RECENT: "Sent lately",
    Standing.SMALL: "Below the minimum",
    Standing.NO_ADDRESS: "No address",
    Standing.HELD: "Held",
    Standing.COLLECTIONS: "At collections",
}


@dataclass(frozen=True)
class PatientShare:
    """What one patient is asked for, in cents: what they owe, less what they paid ahead and what a plan puts off."""

    patient: Patient
    items: Sequence[DueItem]
    credit: int = 0
    put_off: int = 0

    @property
    def owed(self) -> int:
        """What the ledger says of the items."""
        return sum(item.cents for item in self.items)

    @property
    def asked(self) -> int:
        """What the statement asks for."""
        return self.owed - self.credit - self.put_off


@dataclass(frozen=True)
class Said:
    """What earlier statements said about a debt: the day of the first, and how many there were."""

    first: date
    count: int


@dataclass(frozen=True)
class StatementAccount:
    """Everything for which one person answers. ``said`` tells of its debts by their keys, ``last`` when it was last
    asked for; ``day`` is today.
    """

    payer: Guarantor
    shares: Sequence[PatientShare]
    day: date
    standing: Standing
    said: Mapping[str, Said] = field(default_factory=dict)
    last: date | None = None
    tier_days: Sequence[int] = ()
    why: str = ""

    @property
    def lead(self) -> Patient:
        """The patient by whose chart the statement is filed."""
        return self.shares[0].patient

    @property
    def addressee(self) -> str:
        """Whom the envelope names."""
        if self.payer.is_patient and self.lead.deceased_at is not None:
            return f"Estate of {self.lead.full_name}"
        return self.lead.full_name if self.payer.is_patient else self.payer.name

    @property
    def amount(self) -> Decimal:
        """What is asked for."""
        return from_cents(sum(share.asked for share in self.shares))

    @property
    def aging(self) -> list[Decimal]:
        """What is owed by age in days since it became theirs: one amount for each of the buckets, without credits."""
        sums = [0] * len(BUCKETS)
        for item in self._items():
            sums[bucket(max(0, (self.day - item.since).days))] += item.cents
        return [from_cents(cents) for cents in sums]

    @cached_property
    def _oldest(self) -> Said | None:
        """What was said about the debt that has been asked for the longest."""
        known = [self.said[item.key] for item in self._items() if item.key in self.said]
        return min(known, key=lambda said: said.first, default=None)

    @property
    def tier(self) -> int:
        """How the statement speaks, from 1: by the days since the first statement about the oldest unpaid amount."""
        return tier_on((self.day - self._oldest.first).days if self._oldest else None, self.tier_days)

    @property
    def turn(self) -> int:
        """The how-manieth statement about the oldest unpaid amount this one is."""
        return self._oldest.count + 1 if self._oldest else 1

    def _items(self) -> Iterator[DueItem]:
        return (item for share in self.shares for item in share.items)


def statement_accounts(
    patients: QuerySet[Patient] | Iterable[UUID], policy: BillingPolicy, day: date
) -> list[StatementAccount]:
    """The accounts of those among ``patients`` who owe, those to whom most is owed first. About twelve queries, however
    many they are.

    Who answers for several patients gets one account, where it is surely the same person: see :func:`same_person`.
    """
    shares = _shares(patients, day + timedelta(days=policy.due_days))
    payers = guarantors_of(share.patient for share in shares)
    kept = {row.patient_id: row for row in BillingAccount.objects.particular().filter(patient__in=payers)}
    said, last = _history(payers)
    apart = [share for share in shares if _kept_back(kept.get(share.patient.pk))]
    together = [share for share in shares if not _kept_back(kept.get(share.patient.pk))]
    groups = [[share] for share in apart] + _grouped(together, payers)
    accounts = []
    for group in groups:
        payer = payers[group[0].patient.pk]
        sent = max((last[share.patient.pk] for share in group if share.patient.pk in last), default=None)
        back = kept.get(group[0].patient.pk)
        standing = _kept_back(back) or _standing(payer, group, sent, policy, day)
        accounts.append(
            StatementAccount(
                payer=payer,
                shares=group,
                day=day,
                standing=standing,
                said=said,
                last=sent,
                tier_days=policy.tier_days,
                why=_why(standing, back),
            )
        )
    return sorted(accounts, key=lambda one: (-one.amount, one.lead.sort_name, one.lead.pk))


def same_person(one: Guarantor, other: Guarantor) -> bool:
    """Whether two charts name the same person beyond doubt: name and date of birth are the same, however they are
    spelt, and so is the address or the telephone. Without a date of birth there is doubt.
    """
    if one.asked_for or other.asked_for or one.birth_date is None or one.birth_date != other.birth_date:
        return False
    if folded(one.name) != folded(other.name):
        return False
    places = [folded(f"{row.line1} {row.line2} {row.postal_code[:5]}") for row in (one, other) if row.line1]
    numbers = [re.sub(r"\D", "", row.phone)[-10:] for row in (one, other)]
    same_number = len(numbers[0]) == 10 and numbers[0] == numbers[1]
    return same_number or (len(places) == 2 and places[0] == places[1])


def folded(text: str) -> str:
    """Letters and digits alone, without accents, in small letters."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def _shares(patients: QuerySet[Patient] | Iterable[UUID], due_on: date) -> list[PatientShare]:
    """What each patient is asked for; who is asked for nothing is left out. Eight queries."""
    items = due_items(patients)
    credit = unapplied_of(items)
    plans = PaymentPlan.objects.filter(patient__in=items, status=PlanStatus.ACTIVE)
    states = {state.plan.patient_id: state for state in plan_states(plans)}
    shares = []
    for patient in Patient.objects.filter(pk__in=items).order_by("family_name", "given_name", "pk"):
        owed, ahead = sum(item.cents for item in items[patient.pk]), credit.get(patient.pk, 0)
        state = states.get(patient.pk)
        share = PatientShare(patient, items[patient.pk], ahead, _put_off(state, owed - ahead, due_on) if state else 0)
        if share.asked > 0:
            shares.append(share)
    return shares


def _put_off(state: PlanState, owed: int, due_on: date) -> int:
    """Cents that a plan lets wait until after a day: never what it asks for by then, though less is owed than it says
    because something of it was forgiven.
    """
    by_then = to_cents(sum((part.left for part in state.parts if part.due_on <= due_on), Decimal(0)))
    return min(to_cents(state.left) - by_then, max(owed - by_then, 0))


def _history(patients: Iterable[UUID]) -> tuple[dict[str, Said], dict[UUID, date]]:
    """What the statements of these patients that stand said about each debt, and when each was last sent one. What a
    merged chart brought is a debt of the chart that it was merged into. Two queries.
    """
    patients = list(patients)
    merged = Patient.objects.filter(replaced_by__in=patients).values_list("pk", "replaced_by")
    now = {f"{kind}-{one}": f"{kind}-{other}" for one, other in merged for kind in ("before", "back")}
    rows = InvoiceLine.objects.filter(patient__in=patients, invoice__status=InvoiceStatus.ISSUED).order_by()
    said: dict[str, Said] = {}
    last: dict[UUID, date] = {}
    asked: dict[tuple[str, UUID], date] = {}
    for patient, invoice, day, keys in rows.values_list(
        "patient", "invoice", "invoice__issued_on", "invoice__snapshot__debts"
    ):
        last[patient] = max(day, last.get(patient, day))
        asked |= {(now.get(key, key), invoice): day for key in keys or ()}
    for (key, _), day in asked.items():
        before = said.get(key)
        said[key] = Said(min(day, before.first), before.count + 1) if before else Said(day, 1)
    return said, last


def _grouped(shares: Sequence[PatientShare], payers: Mapping[UUID, Guarantor]) -> list[list[PatientShare]]:
    """The shares for which the same person answers, together. Whoever would bring two patients' own accounts together
    is left out: two charts of one name are one person only where somebody has merged them.
    """
    alike: dict[tuple[str, date | None], list[PatientShare]] = {}
    for share in shares:
        payer = payers[share.patient.pk]
        alike.setdefault((folded(payer.name), payer.birth_date), []).append(share)
    found = []
    for candidates in alike.values():
        groups: list[list[PatientShare]] = []
        for share in candidates:
            payer = payers[share.patient.pk]
            joined = [group for group in groups if any(same_person(payer, payers[one.patient.pk]) for one in group)]
            groups = [group for group in groups if group not in joined]
            groups.append([*(one for group in joined for one in group), share])
        for group in groups:
            own = sum(payers[share.patient.pk].is_patient for share in group)
            found += [group] if own <= 1 else [[share] for share in group]
    return [sorted(group, key=lambda share: not payers[share.patient.pk].is_patient) for group in found]


def _kept_back(account: BillingAccount | None) -> Standing | None:
    if account is None:
        return None
    if account.collections_at is not None:
        return Standing.COLLECTIONS
    return Standing.HELD if account.statements_held else None


def _why(standing: Standing, account: BillingAccount | None) -> str:
    if account is None:
        return ""
    return {Standing.HELD: account.statements_held_reason, Standing.COLLECTIONS: account.collections_agency}.get(
        standing, ""
    )


def _standing(
    payer: Guarantor, shares: Sequence[PatientShare], last: date | None, policy: BillingPolicy, day: date
) -> Standing:
    if last is not None and (day - last).days < policy.repeat_days:
        return Standing.RECENT
    if from_cents(sum(share.asked for share in shares)) < policy.minimum_balance:
        return Standing.SMALL
    return Standing.READY if payer.line1 else Standing.NO_ADDRESS
