"""Statements as they are listed: who would get one, the runs, and what was sent to a patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from billing.models import Invoice, InvoiceLine, StatementRun
from billing.queries.aging import BUCKETS
from billing.queries.billing_policy import billing_policy
from billing.queries.statement_accounts import Standing, StatementAccount, statement_accounts
from clinic.access import visible_to
from clinic.models import Patient, RelatedPerson
from clinic.queries.related_persons import guarantor_of
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats

PAGE_SIZE = 100
_RUNS_SHOWN = 20


@dataclass(frozen=True)
class AccountRow:
    """An account in words."""

    lead: UUID
    payer: str
    relationship: str
    patients: list[tuple[UUID, str, str]]
    amount: str
    aging: list[str]
    tier: int
    turn: int
    last: str
    why: str
    less: str


@dataclass(frozen=True)
class StatementsPage:
    """A page of accounts: how many stand how, the sums of all that are listed, and the rows of the ``page``."""

    rows: list[AccountRow]
    counts: Counter[Standing]
    tiers: Counter[int]
    listed: int
    total: Decimal
    aging: list[str]
    page: int
    pages: int


def accounts_for(user: User) -> list[StatementAccount]:
    """All accounts of patients of whom the user may know. About eleven queries."""
    return statement_accounts(visible_to(user), billing_policy(), clinic_today())


def account_of(user: User, patient: Patient) -> StatementAccount | None:
    """The account in which a patient's balance is asked for, if anything is: with the others for whom the same person
    answers. About fifteen queries.
    """
    # Whoever may be the same person was born on the same day.
    born = guarantor_of(patient).birth_date
    theirs = RelatedPerson.objects.filter(birth_date=born, guarantor=True, period_end=None, entered_in_error_at=None)
    alike = Q(pk=patient.pk) | Q(pk__in=theirs.values("patient")) | Q(birth_date=born)
    accounts = statement_accounts(visible_to(user).filter(alike), billing_policy(), clinic_today())
    return next((one for one in accounts if any(share.patient.pk == patient.pk for share in one.shares)), None)


def chosen_accounts(user: User, leads: Sequence[UUID]) -> list[StatementAccount]:
    """Those of the chosen accounts that a statement can be sent to now."""
    wanted = set(leads)
    return [one for one in accounts_for(user) if one.standing is Standing.READY and one.lead.pk in wanted]


def listed_accounts(user: User, tier: int | None) -> list[StatementAccount]:
    """All accounts to send to, of a tier where one is chosen."""
    return [one for one in accounts_for(user) if one.standing is Standing.READY and tier in (None, one.tier)]


def statements_page(user: User, standing: Standing, tier: int | None, page: int) -> StatementsPage:
    """A page of the accounts that stand so, the largest first; the last one where there are fewer by now."""
    accounts = accounts_for(user)
    stands = [one for one in accounts if one.standing is standing]
    listed = [one for one in stands if tier in (None, one.tier)]
    ages = [one.aging for one in listed]
    pages = max(1, -(-len(listed) // PAGE_SIZE))
    number = min(page, pages)
    begin = (number - 1) * PAGE_SIZE
    return StatementsPage(
        rows=[account_row(one) for one in listed[begin : begin + PAGE_SIZE]],
        counts=Counter(one.standing for one in accounts),
        tiers=Counter(one.tier for one in stands),
        listed=len(listed),
        total=sum((one.amount for one in listed), Decimal(0)),
        aging=[formats.money(sum((age[n] for age in ages), Decimal(0))) for n in range(len(BUCKETS))],
        page=number,
        pages=pages,
    )


def account_row(account: StatementAccount) -> AccountRow:
    """An account in words."""
    return AccountRow(
        lead=account.lead.pk,
        payer=account.addressee,
        relationship="" if account.payer.is_patient else account.payer.relationship,
        patients=[
            (share.patient.pk, share.patient.sort_name, formats.mrn(share.patient.mrn)) for share in account.shares
        ],
        amount=formats.money(account.amount),
        aging=[formats.money(amount) if amount else "" for amount in account.aging],
        tier=account.tier,
        turn=account.turn,
        last=formats.day(account.last),
        why=account.why,
        less=_less(account),
    )


def _less(account: StatementAccount) -> str:
    """Why less is asked for than is owed, as the ages of it say."""
    credit = any(share.credit for share in account.shares)
    put_off = any(share.put_off for share in account.shares)
    return ", ".join(words for words, is_so in (("after credit", credit), ("by the plan", put_off)) if is_so)


def runs(user: User) -> QuerySet[StatementRun]:
    """Runs, the latest first, with how many statements and how much: of patients of whom the user may know. One
    that is being made has none yet, and is shown to who asked for it.
    """
    known = Q(invoices__in=statements_visible_to(user).order_by())
    standing = known & Q(invoices__cancelled_at=None)
    rows = StatementRun.objects.select_related("created_by", "job")
    counted = rows.annotate(count=Count("invoices", filter=known), total=Sum("invoices__total", filter=standing))
    return counted.filter(Q(count__gt=0) | Q(created_by=user)).order_by("-pk")


def latest_runs(user: User) -> list[StatementRun]:
    """The latest runs. One query."""
    return list(runs(user)[:_RUNS_SHOWN])


def statements_visible_to(user: User) -> QuerySet[Invoice]:
    """The statements all of whose patients the user may know."""
    others = InvoiceLine.objects.filter(invoice=OuterRef("pk")).exclude(patient__in=visible_to(user).order_by())
    return Invoice.objects.filter(~Exists(others)).defer("snapshot")


def statements_of(user: User, patient: Patient) -> list[Invoice]:
    """A patient's statements that the user may read, the latest first. One query."""
    rows = statements_visible_to(user).filter(pk__in=InvoiceLine.objects.filter(patient=patient).values("invoice"))
    return list(rows.select_related("guarantor", "created_by", "cancelled_by").order_by("-number"))


def patients_of_run(run_id: UUID) -> list[UUID]:
    """The patients whom the statements of a run name."""
    return list(InvoiceLine.objects.filter(invoice__run=run_id).order_by().values_list("patient", flat=True).distinct())
