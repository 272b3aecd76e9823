"""One patient's payments, and what a visit still asks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from billing.choices import PaymentKind
from billing.models import Payment
from billing.queries.claim_money import insurance_of
from billing.queries.ledger import Balance, balance_of
from billing.queries.payment_plans import PlanState, on_a_plan
from billing.queries.payments_day import PaymentRow, payment_row
from clinic.models import Patient
from clinic.queries.coverages import first_coverage_on
from clinic.queries.eligibility import latest_answer
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui import formats
from scheduling.models import Appointment
from scheduling.queries.chains import ids_of_chain

_SHOWN = 50
_TOWARDS_THE_COPAY = (PaymentKind.COPAY, PaymentKind.PREPAYMENT)


@dataclass(frozen=True)
class CopayDue:
    """The copay of a visit: how much (None where nobody said), what was paid of it, and whose word that is."""

    amount: Decimal | None
    paid: Decimal
    said: str

    @property
    def left(self) -> Decimal:
        """What is still to be paid."""
        return max((self.amount or Decimal(0)) - self.paid, Decimal(0))


@dataclass(frozen=True)
class PaymentLine:
    """A payment in the patient's list, and whether the reader may take it back."""

    row: PaymentRow
    day: str
    visit: str
    here: bool
    may_reverse: bool


@dataclass(frozen=True)
class PaymentsPanel:
    """What the panel of payments shows: of ``count`` payments the latest."""

    balance: Balance
    insurance: Decimal
    copay: CopayDue | None
    visit: str
    encounter: UUID | None
    plan: PlanState | None
    lines: list[PaymentLine]
    count: int

    @property
    def suggestion(self) -> tuple[str, Decimal | None]:
        """The kind and the amount that the form begins with: the visit's copay, else what is due and not here as
        credit, of a plan the part of it."""
        if self.copay is not None and self.copay.left:
            return PaymentKind.COPAY, self.copay.left
        if self.balance.net > 0:
            part = self.plan.asked_for if self.plan and self.plan.left else self.balance.net
            return PaymentKind.PAYMENT, min(part, self.balance.net)
        not_said = self.copay is not None and self.copay.amount is None
        return (PaymentKind.COPAY if not_said else PaymentKind.PREPAYMENT), None


def payments_panel(user: User, patient: Patient, appointment: Appointment | None) -> PaymentsPanel:
    """The panel of a patient, for a visit where one is given. At most eleven queries."""
    found = _payments(patient)
    lines = [_line(row, user, appointment) for row in found[:_SHOWN]]
    return PaymentsPanel(
        balance=balance_of(patient),
        insurance=insurance_of(patient),
        copay=copay_due(appointment) if appointment else None,
        visit=f"{appointment.type.name}, {formats.instant(appointment.start_at)}" if appointment else "",
        encounter=appointment.encounter_id if appointment else None,
        plan=on_a_plan(patient),
        lines=lines,
        count=len(lines) if len(lines) < _SHOWN else found.count(),
    )


def copay_due(appointment: Appointment) -> CopayDue:
    """The copay of the policy in force on the day of the visit; without one there, what the payer answered.

    What was paid ahead for the visit counts, and what was paid for it where it stood before it was moved. Four queries
    at most. The appointment must come with its type and patient.
    """
    paid = _paid_for(appointment)
    if not appointment.type.takes_copay:
        return CopayDue(Decimal(0), paid, "This kind of visit takes no copay.")
    day = appointment.start_at.astimezone(clinic_zone()).date()
    policy = first_coverage_on(appointment.patient, day)
    if policy is None:
        return CopayDue(None, paid, f"No policy is in force on {formats.day(day)}, so the patient pays the visit.")
    if policy.copay is not None:
        return CopayDue(policy.copay, paid, f"Copay of {policy.payer.name}, as it stands on the policy.")
    answer = latest_answer(policy)
    if answer is not None and answer.copay is not None:
        return CopayDue(answer.copay, paid, f"Copay that {policy.payer.name} gave on {formats.day(answer.created_at)}.")
    return CopayDue(None, paid, f"No copay is on file for {policy.payer.name}.")


def _paid_for(appointment: Appointment) -> Decimal:
    taken = Payment.objects.filter(appointment__in=ids_of_chain(appointment), patient=appointment.patient_id)
    sums = taken.filter(kind__in=_TOWARDS_THE_COPAY).aggregate(sum=Sum("amount"))
    return sums["sum"] or Decimal(0)


def copay_taken() -> Exists:
    """Of a row of appointments: money was taken for the visit, or where it stood before it was moved, and not all of
    it given back.
    """
    here = Q(appointment=OuterRef("pk")) | Q(appointment=OuterRef("replaces_id"))
    taken = Payment.objects.filter(here, patient=OuterRef("patient_id"), kind__in=_TOWARDS_THE_COPAY)
    return Exists(taken.order_by().values("patient").annotate(sum=Sum("amount")).filter(sum__gt=0))


def may_reverse(user: User, payment: Payment) -> bool:
    """Who closes days reverses any payment; who took one, as long as its day isn't over."""
    if payment.reversal_of_id is not None or getattr(payment, "reversal", None) is not None:
        return False
    if user.has_perm(Permission.CLOSE_DAY):
        return True
    own = payment.received_by_id == user.pk and payment.business_date >= clinic_today()
    return own and user.has_perm(Permission.TAKE_PAYMENTS)


def payments_of(patient: Patient) -> QuerySet[Payment]:
    """A patient's payments with all that a line needs, the latest first."""
    return _payments(patient)


def open_visits(patient: Patient) -> QuerySet[Appointment]:
    """The visits that a patient may pay for here."""
    return Appointment.objects.filter(patient=patient).select_related("type", "patient", "encounter")


def _payments(patient: Patient) -> QuerySet[Payment]:
    return (
        Payment.objects.filter(patient=patient)
        .select_related("patient", "received_by", "reversal_of", "reversal", "appointment__type")
        .defer("snapshot", "reversal_of__snapshot", "reversal__snapshot")
    )


def _line(row: Payment, user: User, appointment: Appointment | None) -> PaymentLine:
    visit = row.appointment
    return PaymentLine(
        row=payment_row(row),
        day=formats.day(row.business_date),
        visit=f"{visit.type.name}, {formats.day(visit.start_at)}" if visit else "",
        here=visit is not None and appointment is not None and visit.pk == appointment.pk,
        may_reverse=may_reverse(user, row),
    )
