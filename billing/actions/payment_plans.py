"""Plans to pay a balance in monthly parts: agreed, ended, and paid by what the ledger says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from billing.actions.ledger import lock_patient
from billing.choices import PlanStatus
from billing.models import PaymentPlan
from billing.queries.ledger import balance_of
from billing.queries.payment_plans import MOST_PARTS, number_of_parts, owed_on, paid_on, plans_of
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.shared.money import cents
from emr.ui import formats

#: The first part is due within so many days.
FIRST_WITHIN = 92


@action
def agree_plan(*, by: User, patient: Patient, total: Decimal, part: Decimal, first_due: date, day: int) -> PaymentPlan:
    """Agree with a patient to pay what they owe in monthly parts; the same agreement sent twice is one.

    Raises DomainError for more than the patient owes, for parts that can't be, and for days that don't fit; Conflict
    while another plan runs.
    """
    lock_patient(patient)
    said = {"total": total, "part": part, "first_due": first_due, "day": day, "agreed_on": clinic_today()}
    there = PaymentPlan.objects.filter(patient=patient, status=PlanStatus.ACTIVE).first()
    if there is not None:
        if all(getattr(there, name) == value for name, value in said.items()):
            return there
        raise Conflict("This patient pays by a plan already. End that one first, then agree on another.")
    _check_amounts(patient, total, part)
    _check_days(first_due, day)
    return PaymentPlan.objects.create(created_by=by, patient=patient, **said)


@action
def end_plan(*, by: User, plan: PaymentPlan, reason: str) -> PaymentPlan:
    """End a plan before it is paid; what is owed is owed as before. Asked twice, it gives the first.

    Raises DomainError without a reason; Conflict for a plan that is paid.
    """
    if not reason.strip():
        raise DomainError("Say why the plan ends.", field="reason")
    lock_patient(plan.patient)
    row = PaymentPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if row.status == PlanStatus.COMPLETED:
        raise Conflict("This plan is paid.")
    if row.status == PlanStatus.ACTIVE:
        row.status, row.ended_reason = PlanStatus.ENDED, reason.strip()[:200]
        row.save(update_fields=["status", "ended_reason", "updated_at"])
    return row


@action
def follow_plan(*, by: User, patient: Patient, taken_back: Decimal = Decimal(0)) -> None:
    """Let the patient's plan stand where their money says: paid once its total is paid, or once nothing is owed of what
    it is about; and running again where what was ``taken_back``, a payment or a write-off, had completed it. The
    patient must be locked. One query without a plan.
    """
    plan = plans_of(patient).first()
    if plan is None or plan.status == PlanStatus.ENDED:
        return
    paid, owed = paid_on(plan), owed_on(plan)
    status = PlanStatus(plan.status)
    completed_it = plan.total <= paid + taken_back or owed <= taken_back
    if status is PlanStatus.ACTIVE and (paid >= plan.total or not owed):
        status = PlanStatus.COMPLETED
    elif status is PlanStatus.COMPLETED and owed and paid < plan.total and completed_it:
        status = PlanStatus.ACTIVE
    if status != plan.status:
        plan.status = status
        plan.save(update_fields=["status", "updated_at"])


def _check_amounts(patient: Patient, total: Decimal, part: Decimal) -> None:
    for name, amount in (("total", total), ("part", part)):
        if not amount.is_finite() or amount <= 0 or amount != cents(amount):
            raise DomainError("Enter an amount in dollars and cents, like 50.00.", field=name)
    due = balance_of(patient).due
    if total > due:
        raise DomainError(f"The patient owes ${formats.money(due)}; a plan can't be over more.", field="total")
    if part > total:
        raise DomainError("A part is no more than the whole.", field="part")
    if number_of_parts(total, part) > MOST_PARTS:
        raise DomainError(f"That would take more than {MOST_PARTS} months. Agree on a larger part.", field="part")


def _check_days(first_due: date, day: int) -> None:
    today = clinic_today()
    if not today <= first_due <= today + timedelta(days=FIRST_WITHIN):
        last = formats.day(today + timedelta(days=FIRST_WITHIN))
        raise DomainError(f"The first part is due between today and {last}.", field="first_due")
    if not 1 <= day <= 31:
        raise DomainError("Enter a day of the month, from 1 to 31.", field="day")
