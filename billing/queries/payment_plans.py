"""Plans to pay: their parts, what was paid of each, and what is overdue. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from billing.choices import LedgerAccount, PlanStatus
from billing.models import LedgerEntry, PaymentPlan
from billing.queries.ledger import from_cents
from billing.queries.pages import Place
from clinic.access import visible_to
from clinic.models import Patient
from emr.accounts.models import User
from emr.shared.dates import add_months, clinic_today
from emr.shared.money import cents
from emr.ui import formats

#: What the list of plans has as a file.
COLUMNS = ["Patient", "MRN", "Agreed", "Total", "A month", "Paid", "Left", "Overdue", "Since", "Next", "Due", "State"]
#: Plans that are over on a page of their list.
PAGE_SIZE = 100
#: The longest plan: five years of monthly parts.
MOST_PARTS = 60


@dataclass(frozen=True)
class Part:
    """One monthly part: when it is due, how much it is, how much of it was paid, and how much isn't owed any more."""

    number: int
    due_on: date
    amount: Decimal
    paid: Decimal = Decimal(0)
    gone: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What is still to be paid of it."""
        return self.amount - self.paid - self.gone

    def overdue(self, today: date) -> bool:
        """Whether its day has passed and something of it is left: on the day itself it isn't."""
        return bool(self.left) and self.due_on < today

    def state(self, today: date) -> tuple[str, str]:
        """How it stands, in words and in the code of their tone."""
        if not self.left:
            return ("Not owed any more" if self.gone else "Paid"), "completed"
        if self.overdue(today):
            return "Overdue", "failed"
        return ("Paid in part", "partial") if self.paid else ("To come", "draft")


def parts_of(plan: PaymentPlan, paid: Decimal = Decimal(0), gone: Decimal = Decimal(0)) -> list[Part]:
    """The parts of a plan, the first due first; together they are its total to the cent. ``paid`` pays them in order;
    what isn't owed any more (``gone``) comes off the last ones.

    The first is due on its own day, each further one a month later, on the plan's day of the month: on the last day of
    a month that has no such day. The last part is what is left.
    """
    parts, rest, paid = [], plan.total, max(paid, Decimal(0))
    for number in range(number_of_parts(plan.total, plan.part)):
        amount = min(plan.part, rest)
        there = min(paid, amount)
        rest, paid = rest - amount, paid - there
        here = min(max(gone - max(rest - paid, Decimal(0)), Decimal(0)), amount - there)
        parts.append(Part(number + 1, _due(plan, number), amount, there, here))
    return parts


def number_of_parts(total: Decimal, part: Decimal) -> int:
    """How many parts pay a total, the last of which may be smaller."""
    return int((total / part).to_integral_value(ROUND_CEILING))


def _due(plan: PaymentPlan, number: int) -> date:
    if number == 0:
        return plan.first_due
    # Counted from a January, which has every day of the month.
    return add_months(date(plan.first_due.year, 1, plan.day), plan.first_due.month - 1 + number)


@dataclass(frozen=True)
class PlanState:
    """A plan, and how it stands today."""

    plan: PaymentPlan
    parts: list[Part]
    paid: Decimal
    today: date

    @property
    def left(self) -> Decimal:
        """What is still to be paid of it."""
        return sum((part.left for part in self.parts), Decimal(0))

    @property
    def gone(self) -> Decimal:
        """What isn't owed any more, though nobody paid it by the plan: written off, discounted, asked of a payer."""
        return sum((part.gone for part in self.parts), Decimal(0))

    @property
    def overdue(self) -> Decimal:
        """What should have been paid before today, and wasn't."""
        return sum((part.left for part in self.parts if part.overdue(self.today)), Decimal(0))

    @property
    def since(self) -> date | None:
        """The day on which the oldest part was due that is overdue."""
        return next((part.due_on for part in self.parts if part.overdue(self.today)), None)

    @property
    def next_part(self) -> Part | None:
        """The first part that isn't paid and isn't overdue."""
        return next((part for part in self.parts if part.left and not part.overdue(self.today)), None)

    @property
    def asked_for(self) -> Decimal:
        """What the patient is asked for now: what is overdue, else the next part."""
        return self.overdue or (self.next_part.left if self.next_part else self.left)

    @property
    def running(self) -> bool:
        """Whether it is still being paid."""
        return self.plan.status == PlanStatus.ACTIVE

    @property
    def words(self) -> str:
        """How it stands, in a few words."""
        if not self.running:
            return str(self.plan.get_status_display())
        if self.since:
            return f"${formats.money(self.overdue)} overdue since {formats.day(self.since)}"
        part = self.next_part
        if part is None:
            return "nothing of it is owed any more" if self.gone else "Paid"
        return f"${formats.money(part.left)} due {formats.day(part.due_on)}"

    def cells(self) -> list[object]:
        """The plan as the file has it, in the order of :data:`COLUMNS`."""
        plan, part = self.plan, self.next_part if self.running else None
        overdue, since = (self.overdue, self.since) if self.running else (Decimal(0), None)
        state = " ".join(filter(None, (plan.get_status_display(), plan.ended_reason)))
        return [
            *(plan.patient.sort_name, formats.mrn(plan.patient.mrn), formats.day(plan.agreed_on)),
            *(plan.total, plan.part, cents(self.paid), self.left, overdue or None, formats.day(since)),
            *(part.left if part else None, formats.day(part.due_on) if part else "", state),
        ]


@dataclass(frozen=True)
class PlanSums:
    """What running plans come to: the last line of their list and of its file."""

    count: int
    total: Decimal
    part: Decimal
    paid: Decimal
    left: Decimal
    overdue: Decimal

    @classmethod
    def of(cls, states: Sequence[PlanState]) -> PlanSums:
        """The sums of the listed plans."""
        facts = [(one.plan.total, one.plan.part, one.paid, one.left, one.overdue) for one in states]
        return cls(len(states), *(sum(column, Decimal(0)) for column in zip(*facts, strict=True)))

    @property
    def words(self) -> str:
        """How many there are."""
        return "1 plan" if self.count == 1 else f"{formats.number(self.count)} plans"

    def cells(self) -> list[object]:
        """The line as the file has it, in the order of :data:`COLUMNS`."""
        amounts = (self.total, self.part, self.paid, self.left, self.overdue)
        return [self.words, "", "", *map(cents, amounts), "", "", "", ""]


def plan_states(plans: Iterable[PaymentPlan]) -> list[PlanState]:
    """The plans with what was paid of them, and of those that run what isn't owed any more, in their order. Two
    queries.
    """
    rows, today = list(plans), clinic_today()
    paid, owed = _paid(rows), _owed(one for one in rows if one.status == PlanStatus.ACTIVE)
    states = []
    for plan in rows:
        amount = min(max(paid.get(plan.pk, Decimal(0)), Decimal(0)), plan.total)
        # One that is over was paid whole, be it by what was forgiven.
        if plan.status == PlanStatus.COMPLETED:
            amount = plan.total
        left = plan.total - amount
        gone = left - min(owed.get(plan.pk, Decimal(0)), left) if plan.status == PlanStatus.ACTIVE else Decimal(0)
        states.append(PlanState(plan, parts_of(plan, amount, gone), amount, today))
    return states


def plan_state(plan: PaymentPlan) -> PlanState:
    """One plan with what was paid of it. Two queries."""
    return plan_states([plan])[0]


def paid_on(plan: PaymentPlan) -> Decimal:
    """What the patient paid on a plan. One query."""
    return _paid([plan]).get(plan.pk, Decimal(0))


def owed_on(plan: PaymentPlan) -> Decimal:
    """What the patient owes of what a plan is about. One query."""
    return _owed([plan]).get(plan.pk, Decimal(0))


def _owed(plans: Iterable[PaymentPlan]) -> dict[UUID, Decimal]:
    """Of each plan, what its patient owes of what was owed up to the day on which it was agreed: a later visit is none
    of it. One query, and none without plans.
    """
    keys = [one.pk for one in plans]
    if not keys:
        return {}
    plan = "patient__payment_plans"
    about = Q(claim=None) | Q(claim__service_date__lte=F(f"{plan}__agreed_on"))
    theirs = Q(about, account=LedgerAccount.PATIENT_RECEIVABLE)
    overdrawn = Q(account=LedgerAccount.PATIENT_CREDIT)
    rows = LedgerEntry.objects.filter(theirs | overdrawn, **{f"{plan}__in": keys}).order_by().values_list(plan)
    sums = rows.annotate(owed=Sum("amount", filter=theirs), credit=Sum("amount", filter=overdrawn))
    return {key: from_cents(max(owed or 0, 0) + max(credit or 0, 0)) for key, owed, credit in sums if key}


def _paid(plans: Iterable[PaymentPlan]) -> dict[UUID, Decimal]:
    """Of each plan, the patient's money that was laid, since it was agreed, on what they owed up to that day: less
    what was taken back of it. Neither a copay of a later visit nor the taking back of an earlier payment is any of it.
    One query.
    """
    plan = "patient__payment_plans"
    agreed, made = F(f"{plan}__agreed_on"), F(f"{plan}__created_at")
    about = Q(claim=None) | Q(claim__service_date__lte=agreed)
    since = Q(transaction__business_date__gt=agreed) | Q(
        transaction__business_date=agreed, transaction__created_at__gt=made
    )
    back = Q(transaction__reverses=None) | Q(transaction__reverses__created_at__gt=made)
    until = Q(**{f"{plan}__status__in": [PlanStatus.ACTIVE, PlanStatus.COMPLETED]}) | Q(
        transaction__created_at__lte=F(f"{plan}__updated_at")
    )
    whose = Q(**{f"{plan}__in": [one.pk for one in plans]})
    rows = LedgerEntry.objects.filter(whose & about & since & back & until, account=LedgerAccount.PATIENT_RECEIVABLE)
    sums = rows.of_patients_money().order_by().values_list(plan).annotate(Sum("amount"))
    return {key: from_cents(-cents) for key, cents in sums if key}


def plans_of(patient: Patient) -> QuerySet[PaymentPlan]:
    """A patient's plans, the latest first."""
    return PaymentPlan.objects.filter(patient=patient).order_by("-agreed_on", "-created_at")


def on_a_plan(patient: Patient) -> PlanState | None:
    """The plan that a patient is paying, if any. Three queries at most."""
    plan = plans_of(patient).filter(status=PlanStatus.ACTIVE).first()
    return plan_state(plan) if plan else None


def running_plans(user: User) -> list[PlanState]:
    """The plans that run of patients of whom the user may know, those overdue longest first, then by what is due next.
    Three queries.
    """
    states = plan_states(_known(user).filter(status=PlanStatus.ACTIVE))
    return sorted(states, key=lambda one: (one.since or date.max, _next(one), one.plan.patient.sort_name))


def plans_over(user: User, page: int) -> tuple[list[PlanState], Place]:
    """A page of the plans that are over, the latest first, of patients of whom the user may know. Three queries."""
    plans = _over(user)
    place = Place.of(page, plans.count(), PAGE_SIZE)
    return plan_states(plans[place.rows]), place


def all_plans_over(user: User) -> list[PlanState]:
    """All of them, for a file. Two queries."""
    return plan_states(_over(user))


def _over(user: User) -> QuerySet[PaymentPlan]:
    return _known(user).exclude(status=PlanStatus.ACTIVE).order_by("-updated_at", "-pk")


def _known(user: User) -> QuerySet[PaymentPlan]:
    return PaymentPlan.objects.filter(patient__in=visible_to(user)).select_related("patient")


def _next(state: PlanState) -> date:
    return state.next_part.due_on if state.next_part else date.max
