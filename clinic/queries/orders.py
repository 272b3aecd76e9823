"""Orders: the list of a chart, and one with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from clinic.models import Condition, Patient, ServiceRequest, ServiceRequestReason
from clinic.models.orders import OrderCategory, OrderStatus, OrderStep
from clinic.queries.lists import LIMIT, ListRow, by_state, error_of, of_errors, people, state_of
from emr.access.permissions import Permission
from emr.access.roles import ROLES
from emr.accounts.models import Practitioner
from emr.ui import formats

OPEN = frozenset({OrderStatus.DRAFT, OrderStatus.ACTIVE, OrderStatus.ON_HOLD})
_TONES = {OrderStatus.DRAFT: "draft", OrderStatus.ACTIVE: "accent", OrderStatus.COMPLETED: "done"}

#: The steps that an open order of each kind goes through, beside "ordered" and "back".
STEPS: dict[str, tuple[OrderStep, ...]] = {
    OrderCategory.LABORATORY: (OrderStep.SENT, OrderStep.COLLECTED),
    OrderCategory.IMAGING: (OrderStep.SENT, OrderStep.SCHEDULED),
    OrderCategory.PROCEDURE: (OrderStep.SENT, OrderStep.SCHEDULED),
    OrderCategory.REFERRAL: (OrderStep.SENT, OrderStep.SCHEDULED),
    OrderCategory.EQUIPMENT: (OrderStep.SENT,),
}


def order_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """The orders of a chart, open ones first, then the newest first: two queries."""
    reasons = ServiceRequestReason.objects.only("order", "code", "display")
    rows = (
        patient.orders.select_related("requester")
        .prefetch_related(Prefetch("reasons", reasons))
        .only(
            *("patient", "display", "number", "category", "status", "status_reason", "step", "priority", "reason"),
            *("created_at", "scheduled_on", "entered_in_error_at", "entered_in_error_by", "entered_in_error_reason"),
            *people("requester"),
        )
    )
    return by_state(_row(row) for row in of_errors(rows, standing)[:LIMIT])


def _row(row: ServiceRequest) -> ListRow:
    return ListRow(
        key=str(row.pk),
        cells=(
            row.display,
            row.get_category_display(),
            what_for(row),
            str(row.requester),
            formats.day(row.created_at),
            row.number,
        ),
        state=state_of(row, state_words(row)),
        tone=tone_of(row),
        active=row.status in OPEN and row.entered_in_error_at is None,
        errored=row.entered_in_error_at is not None,
        mark="" if row.priority == "routine" else row.get_priority_display(),
        remark=error_of(row) or row.status_reason,
    )


def tone_of(row: ServiceRequest) -> str:
    """The tone of its state on screen."""
    return (
        "warning"
        if row.step == OrderStep.PARTIAL and row.status == OrderStatus.ACTIVE
        else _TONES.get(OrderStatus(row.status), "neutral")
    )


def state_words(row: ServiceRequest) -> str:
    """Where an order stands: an open one by how far it has come."""
    if row.status == OrderStatus.DRAFT:
        return "To be signed"
    if row.status != OrderStatus.ACTIVE:
        return row.get_status_display()
    if row.step == OrderStep.SCHEDULED and row.scheduled_on:
        return f"Scheduled for {formats.day(row.scheduled_on)}"
    return row.get_step_display()


def what_for(row: ServiceRequest) -> str:
    """Its diagnoses by code, else its reason in words."""
    codes = ", ".join(reason.code or reason.display for reason in row.reasons.all())
    return codes or row.reason


@dataclass(frozen=True)
class OrderPage:
    """One order in words. ``reports`` are its results: key, name, when, state."""

    title: str
    state: str
    tone: str
    error: str
    facts: tuple[tuple[str, str], ...]
    diagnoses: tuple[tuple[str, str], ...]
    reports: tuple[tuple[str, str, str, str], ...]
    steps: tuple[OrderStep, ...]
    is_draft: bool
    is_open: bool


def order_page(order: ServiceRequest) -> OrderPage:
    """An order as its page shows it: two queries beside the order's own."""
    reports = order.reports.filter(entered_in_error_at=None)
    errored = order.entered_in_error_at is not None
    is_open = order.status in OPEN and not errored
    return OrderPage(
        title=order.display,
        state=state_of(order, state_words(order)),
        tone="neutral" if errored else tone_of(order),
        error=error_of(order),
        facts=_facts(order),
        diagnoses=tuple((row.code, row.display) for row in order.reasons.all()),
        reports=tuple(
            (str(row.pk), row.display, formats.instant(row.effective_at), row.get_status_display()) for row in reports
        ),
        steps=STEPS[order.category] if is_open and order.status != OrderStatus.DRAFT else (),
        is_draft=order.status == OrderStatus.DRAFT and not errored,
        is_open=is_open,
    )


def _facts(order: ServiceRequest) -> tuple[tuple[str, str], ...]:
    pairs = (
        ("Number", order.number),
        ("Kind", order.get_category_display()),
        ("Code", order.code),
        ("Priority", order.get_priority_display()),
        ("Reason", order.reason),
        ("Instructions", order.instructions),
        ("To", ", ".join(filter(None, (order.performer, order.performer_contact)))),
        ("To be done on", formats.day(order.occurrence_date) if order.occurrence_date else ""),
        ("Scheduled for", formats.day(order.scheduled_on) if order.scheduled_on else ""),
        ("Ordered by", f"{order.requester}, {formats.instant(order.created_at)}"),
        ("Entered by", str(order.created_by) if order.created_by_id != order.requester.user_id else ""),
        ("Signed", f"{order.signed_by}, {formats.instant(order.signed_at)}" if order.signed_at else ""),
        ("Ended", f"{order.completed_by}, {formats.instant(order.completed_at)}" if order.completed_at else ""),
        ("Remark", order.status_reason),
    )
    return tuple(pair for pair in pairs if pair[1])


def one_order(patient: Patient) -> QuerySet[ServiceRequest]:
    """A patient's orders with all that a page of one shows."""
    return patient.orders.select_related(
        "requester__user", "created_by", "signed_by", "completed_by", "entered_in_error_by"
    ).prefetch_related("reasons")


def answerable(patient: Patient) -> QuerySet[ServiceRequest]:
    """The signed orders of a patient to which a result may still come."""
    return patient.orders.filter(status__in=[OrderStatus.ACTIVE, OrderStatus.ON_HOLD], entered_in_error_at=None)


def current_problems(patient: Patient) -> list[Condition]:
    """The problems for which something is ordered: those that have a code and are not over."""
    rows = patient.conditions.filter(entered_in_error_at=None).exclude(code="")
    return list(rows.exclude(clinical_status__in=["inactive", "remission", "resolved"]).order_by("display"))


def requesters() -> QuerySet[Practitioner]:
    """Who may answer for an order: practitioners with an account whose role may sign."""
    roles = [name for name, role in ROLES.items() if Permission.SIGN_ORDERS in role.permissions]
    rows = Practitioner.objects.filter(active=True, user__is_active=True, user__groups__name__in=roles)
    return rows.distinct().order_by("family_name", "given_name")
