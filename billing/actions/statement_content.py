"""What a statement says, fixed in the moment in which it is made: a reprint years later says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import shorten
from typing import Any
from uuid import UUID

from django.utils import timezone

from billing.models import BillingPolicy, Invoice
from billing.queries.aging import BUCKETS
from billing.queries.billing_policy import pay_link, words_of
from billing.queries.ledger import from_cents
from billing.queries.patient_due import DueItem
from billing.queries.statement_accounts import PatientShare, StatementAccount
from billing.queries.visit_accounts import VisitAccount, visit_accounts
from clinic.models import Coverage
from clinic.queries.coverages import ORDER_LABELS, in_force
from emr.accounts.models import Clinic
from emr.shared.identifiers import format_mrn
from emr.ui import formats
from scheduling.choices import AppointmentStatus
from scheduling.models import Appointment

_COMING = (AppointmentStatus.PENDING, AppointmentStatus.BOOKED)
_MOST_COMING = 3
#: Services of a visit that are named, and how many letters of each; the others are counted.
_MOST_SERVICES, _MOST_LETTERS = 2, 60
_COLUMNS = ("seen_by", "insurance", "insurance_on", "adjusted", "paid", "pending")


@dataclass(frozen=True)
class Particulars:
    """What statements say beside the amounts, read at once for many of them."""

    clinic: Clinic
    policy: BillingPolicy
    visits: dict[UUID, VisitAccount]
    coverages: dict[UUID, list[str]]
    coming: dict[UUID, list[str]]


def particulars_of(accounts: Iterable[StatementAccount], policy: BillingPolicy, day: date) -> Particulars:
    """Read it for these accounts. Six queries."""
    shares = [share for account in accounts for share in account.shares]
    patients = [share.patient.pk for share in shares]
    visits = {item.encounter for share in shares for item in share.items if item.encounter}
    coverages: dict[UUID, list[str]] = {}
    for row in Coverage.objects.filter(in_force(day), patient__in=patients).select_related("payer").order_by("order"):
        coverages.setdefault(row.patient_id, []).append(f"{row.payer.name} ({ORDER_LABELS[row.order].lower()})")
    coming: dict[UUID, list[str]] = {}
    booked = Appointment.objects.filter(patient__in=patients, status__in=_COMING, start_at__gt=timezone.now())
    for patient, start in booked.order_by("start_at").values_list("patient", "start_at"):
        coming.setdefault(patient, []).append(f"{formats.day_long(start)} at {formats.clock(start)}")
    return Particulars(Clinic.objects.first() or Clinic(), policy, visit_accounts(visits), coverages, coming)


def content_of(
    account: StatementAccount, about: Particulars, *, number: int, due_on: date, logo: dict[str, Any]
) -> dict[str, Any]:
    """The statement in words. ``debts`` are the keys by which later statements know the same debts again."""
    shares, clinic, payer = account.shares, about.clinic, account.payer
    place = f"{clinic.city}, {clinic.state} {clinic.postal_code}"
    return {
        "debts": [item.key for share in shares for item in share.items],
        "clinic": [clinic.name, *filter(None, (clinic.line1, clinic.line2)), place],
        "phone": formats.phone(clinic.phone),
        "logo": logo,
        "addressee": [account.addressee, *payer.envelope[1:]],
        "account": ", ".join(format_mrn(share.patient.mrn) for share in shares),
        "issued_on": formats.day(account.day),
        "due_on": formats.day(due_on),
        "turn": f"{formats.ordinal(account.turn)} statement",
        "patients": [_share(share, about) for share in shares],
        "several": len(shares) > 1,
        "insurance": _told(shares, about.coverages),
        "coming": _told(shares, {key: rows[:_MOST_COMING] for key, rows in about.coming.items()}),
        "words": words_of(about.policy, account.tier),
        "aging": [[label, formats.money(cents)] for label, cents in zip(BUCKETS, account.aging, strict=True)],
        "owed": _money(sum(share.owed for share in shares)),
        "credit": _money(-sum(share.credit for share in shares)),
        "put_off": _money(-sum(share.put_off for share in shares)),
        "total": formats.money(account.amount),
        "pay_link": pay_link(about.policy, number),
    }


def logo_for(clinic: Clinic, number: int) -> dict[str, Any]:
    """The clinic's logo as the statements of a run from ``number`` on have it. The picture is kept once, by the first
    statement that has it; the others name that one. One query.
    """
    if not clinic.logo_sha256:
        return {}
    before = Invoice.objects.order_by("-number").values_list("snapshot__logo", flat=True).first() or {}
    if before.get("sha256") == clinic.logo_sha256:
        return {"sha256": clinic.logo_sha256, "number": before["number"]}
    return {"sha256": clinic.logo_sha256, "number": number, "picture": clinic.logo_url}


def without_picture(logo: dict[str, Any]) -> dict[str, Any]:
    """The logo as all statements but the first have it."""
    return {name: value for name, value in logo.items() if name != "picture"}


def _share(share: PatientShare, about: Particulars) -> dict[str, Any]:
    return {
        "name": share.patient.full_name,
        "mrn": format_mrn(share.patient.mrn),
        "visits": [_visit(item, about) for item in _by_visit(share.items)],
        "owed": _money(share.owed),
        "credit": _money(-share.credit),
        "put_off": _money(-share.put_off),
        "asked": _money(share.asked),
    }


def _by_visit(items: Sequence[DueItem]) -> list[DueItem]:
    """One for each visit, the earliest debt first: the line of the visit says what all its claims owe."""
    return list({item.encounter or item.key: item for item in reversed(items)}.values())[::-1]


def _visit(item: DueItem, about: Particulars) -> dict[str, str]:
    if item.encounter is None:
        due = _money(item.cents)
        what = "Payment that was taken back" if item.called_back else "Balance brought forward"
        row = {"day": formats.day(item.since), "what": what, "charge": due, "due": due}
        return dict.fromkeys(_COLUMNS, "") | row
    visit = about.visits[item.encounter]
    named = [shorten(words, _MOST_LETTERS, placeholder="…") for words in visit.services[:_MOST_SERVICES]]
    more = len(visit.services) - len(named)
    return {
        "day": formats.day(visit.serviced_on),
        "what": "; ".join(named) + (f"; and {more} more" if more else ""),
        "seen_by": visit.practitioner,
        "charge": _money(visit.charge),
        "insurance": _money(-visit.insurance_paid),
        "insurance_on": formats.day(visit.insurance_on) if visit.insurance_paid else "",
        "adjusted": _money(-visit.adjusted),
        "paid": _money(-visit.patient_paid),
        "pending": _money(-visit.pending),
        "due": _money(visit.due),
    }


def _told(shares: Sequence[PatientShare], rows: dict[UUID, list[str]]) -> list[str]:
    """The rows of all patients; where there are several, each with whose it is."""
    several = len(shares) > 1
    return [
        f"{share.patient.given_name}: {row}" if several else row
        for share in shares
        for row in rows.get(share.patient.pk, [])
    ]


def _money(cents: int) -> str:
    """An amount, empty for nothing."""
    return formats.money(from_cents(cents)) if cents else ""
