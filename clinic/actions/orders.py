"""Orders: placed, signed, moved on, cancelled with a reason, done when their result is back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.utils import timezone

from clinic.actions.errors import enter_in_error, refuse_errored
from clinic.actions.tasks import complete_tasks_about, create_task
from clinic.models import Condition, Encounter, Patient, ServiceRequest, ServiceRequestReason
from clinic.models.orders import OrderPriority, OrderStatus, OrderStep
from clinic.models.tasks import ORDER_FOLLOW_UP, ORDER_TO_SIGN
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.identifiers import make_mrn
from emr.shared.records import uuid7

_OPEN = (OrderStatus.DRAFT, OrderStatus.ACTIVE, OrderStatus.ON_HOLD)
_ENDED = ["status", "status_reason", "completed_at", "completed_by", "step", "updated_at"]


@dataclass(frozen=True)
class Wanted:
    """What is ordered, and what for: by diagnoses, in words, or both."""

    category: str
    coding: Coding
    diagnoses: Sequence[tuple[Coding, Condition | None]] = ()
    reason: str = ""
    priority: str = OrderPriority.ROUTINE
    performer: str = ""
    performer_contact: str = ""
    instructions: str = ""
    occurrence_date: date | None = None
    follow_up_on: date | None = None


@action
def place_order(
    *,
    by: User,
    patient: Patient,
    requester: Practitioner,
    wanted: Wanted,
    encounter: Encounter | None = None,
    again: bool = False,
    request_token: UUID | None = None,
) -> ServiceRequest:
    """Order something. Who may sign and orders for themselves signs with it; else it waits for the requester.

    The ``request_token`` becomes its key: the same form sent twice orders once. Raises DomainError without a diagnosis
    or reason, for a day that is past, and while the same is on order already, unless ``again``.
    """
    Patient.objects.select_for_update().only("pk").get(pk=patient.pk)
    known = ServiceRequest.objects.filter(pk=request_token, patient=patient).first() if request_token else None
    if known is not None:
        return known
    _check(patient, wanted, again)
    order = ServiceRequest.objects.create(
        id=request_token or uuid7(),
        created_by=by,
        patient=patient,
        encounter=encounter,
        number=next_order_number(),
        category=wanted.category,
        priority=wanted.priority,
        system=wanted.coding.system,
        code=wanted.coding.code,
        display=wanted.coding.display,
        reason=wanted.reason.strip(),
        instructions=wanted.instructions.strip(),
        performer=wanted.performer.strip(),
        performer_contact=wanted.performer_contact.strip(),
        occurrence_date=wanted.occurrence_date,
        requester=requester,
    )
    for rank, (coding, condition) in enumerate(wanted.diagnoses, 1):
        ServiceRequestReason.objects.create(
            created_by=by,
            order=order,
            condition=condition,
            rank=rank,
            system=coding.system,
            code=coding.code,
            display=coding.display,
        )
    if wanted.follow_up_on is not None:
        _remind(by, order, wanted.follow_up_on)
    if requester.user_id == by.pk and by.has_perm(Permission.SIGN_ORDERS):
        return sign_order(by=by, order=order)
    _ask_to_sign(by, order)
    return order


@action
def sign_order(*, by: User, order: ServiceRequest) -> ServiceRequest:
    """Sign a draft: from now on it stands. Who signs another's order becomes its requester.

    Raises DomainError for who may not sign, and for what is no draft any more.
    """
    locked = _locked(order)
    own = Practitioner.objects.filter(user=by).first()
    if own is None or not by.has_perm(Permission.SIGN_ORDERS):
        raise DomainError("Only a clinician who is listed as a practitioner signs orders.")
    if locked.status != OrderStatus.DRAFT:
        raise DomainError("This order is signed already, or ended.")
    locked.requester, locked.status = own, OrderStatus.ACTIVE
    locked.signed_at, locked.signed_by = timezone.now(), by
    locked.save(update_fields=["requester", "status", "signed_at", "signed_by", "updated_at"])
    complete_tasks_about(by=by, row=locked, code=ORDER_TO_SIGN)
    return locked


@action
def move_order(*, by: User, order: ServiceRequest, step: str, scheduled_on: date | None = None) -> ServiceRequest:
    """Say how far an open order has come. Raises DomainError for a draft, an ended one, and a step without its day."""
    locked = _locked(order)
    if locked.status not in {OrderStatus.ACTIVE, OrderStatus.ON_HOLD}:
        raise DomainError("Only an order that is signed and open moves on.")
    if step == OrderStep.SCHEDULED and scheduled_on is None:
        raise DomainError("Say for which day it is scheduled.", field="scheduled_on")
    if locked.status == OrderStatus.ON_HOLD:
        locked.status, locked.status_reason = OrderStatus.ACTIVE, ""
    locked.step, locked.scheduled_on = step, scheduled_on or locked.scheduled_on
    locked.save(update_fields=["step", "status", "status_reason", "scheduled_on", "updated_at"])
    return locked


@action
def hold_order(*, by: User, order: ServiceRequest, reason: str) -> ServiceRequest:
    """Let an open order rest, for a reason; as soon as it moves on, or its result comes, it rests no more.

    Raises DomainError without a reason, for one that isn't open, and for who may not sign.
    """
    locked = _locked(order)
    if not reason.strip():
        raise DomainError("Say why it rests.", field="reason")
    if locked.status != OrderStatus.ACTIVE:
        raise DomainError("Only an order that is signed and open can rest.")
    if not by.has_perm(Permission.SIGN_ORDERS):
        raise DomainError("A signed order is put on hold by a clinician.")
    locked.status, locked.status_reason = OrderStatus.ON_HOLD, reason.strip()[:300]
    locked.save(update_fields=["status", "status_reason", "updated_at"])
    return locked


@action
def cancel_order(*, by: User, order: ServiceRequest, reason: str) -> ServiceRequest:
    """Cancel an open order; its tasks are over. Raises DomainError without a reason, or when it has ended.

    A signed order is cancelled by who may sign.
    """
    locked = _locked(order)
    if not reason.strip():
        raise DomainError("Say why it is cancelled.", field="reason")
    if locked.status not in _OPEN:
        raise DomainError("This order has ended already.")
    if locked.signed_at is not None and not by.has_perm(Permission.SIGN_ORDERS):
        raise DomainError("A signed order is cancelled by a clinician.")
    locked.status, locked.status_reason = OrderStatus.REVOKED, reason.strip()[:300]
    locked.save(update_fields=["status", "status_reason", "updated_at"])
    complete_tasks_about(by=by, row=locked, comment="The order was cancelled.")
    return locked


@action
def complete_order(*, by: User, order: ServiceRequest, comment: str = "") -> ServiceRequest:
    """Say that an order is done: its result is back, or it was carried out. Its tasks are done with it.

    One that is done stays as it was. Raises DomainError for a draft and for one that was cancelled.
    """
    locked = _locked(order)
    if locked.status == OrderStatus.COMPLETED:
        return locked
    if locked.status not in {OrderStatus.ACTIVE, OrderStatus.ON_HOLD}:
        raise DomainError("Only an order that is signed and open can be done.")
    locked.status, locked.step, locked.status_reason = OrderStatus.COMPLETED, OrderStep.RECEIVED, comment.strip()[:300]
    locked.completed_at, locked.completed_by = timezone.now(), by
    locked.save(update_fields=_ENDED)
    complete_tasks_about(by=by, row=locked, comment=comment or "The result is back.")
    return locked


@action
def reopen_order(*, by: User, order: ServiceRequest, reason: str) -> ServiceRequest:
    """Open a done order again: what was taken for its answer was none. Whoever ordered is told.

    An order that isn't done stays as it is.
    """
    locked = _locked(order)
    if locked.status != OrderStatus.COMPLETED:
        return locked
    locked.status, locked.step, locked.status_reason = OrderStatus.ACTIVE, OrderStep.SENT, reason.strip()[:300]
    locked.completed_at = locked.completed_by = None
    locked.save(update_fields=_ENDED)
    _remind(by, locked, clinic_today())
    return locked


@action
def mark_order_wrong(*, by: User, order: ServiceRequest, reason: str) -> ServiceRequest:
    """Mark an order as entered in error; its tasks are over. One that is signed, by who may sign."""
    if order.signed_at is not None and not by.has_perm(Permission.SIGN_ORDERS):
        raise DomainError("A signed order is marked as an error by a clinician.")
    complete_tasks_about(by=by, row=order, comment="The order was entered in error.")
    return enter_in_error(by=by, row=order, reason=reason)


def next_order_number() -> str:
    """The next number of an order: a letter that no record number has, a running number, a check digit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('clinic_order_seq')")
        return f"L{make_mrn(cursor.fetchone()[0])}"


def _check(patient: Patient, wanted: Wanted, again: bool) -> None:
    if not wanted.diagnoses and not wanted.reason.strip():
        raise DomainError("Say what it is for: choose a diagnosis or write a reason.", field="reason")
    today = clinic_today()
    for name, day in (("occurrence_date", wanted.occurrence_date), ("follow_up_on", wanted.follow_up_on)):
        if day is not None and day < today:
            raise DomainError("Choose today or a later day.", field=name)
    same = patient.orders.filter(category=wanted.category, status__in=_OPEN, entered_in_error_at=None)
    coding = wanted.coding
    same = (
        same.filter(system=coding.system, code=coding.code)
        if coding.code
        else same.filter(display__iexact=coding.display)
    )
    known = same.order_by("-created_at").first()
    if known is not None and not again:
        raise DomainError(
            f"{known.display} is on order since {timezone.localtime(known.created_at):%d-%b-%Y} "
            f"({known.number}). Tick “order it again” if it is wanted twice.",
            field="again",
        )


def _remind(by: User, order: ServiceRequest, day: date) -> None:
    owner = order.requester.user
    task = create_task(
        by=by,
        code=ORDER_FOLLOW_UP,
        description="See what became of an order: no result is back.",
        owner=owner or by,
        patient=order.patient,
        about=order,
    )
    task.due_date = day
    task.save(update_fields=["due_date", "updated_at"])


def _ask_to_sign(by: User, order: ServiceRequest) -> None:
    if order.requester.user is None:
        raise DomainError("Choose a requester who has an account here, and so can sign.", field="requester")
    create_task(
        by=by,
        code=ORDER_TO_SIGN,
        description="An order waits for your signature.",
        owner=order.requester.user,
        patient=order.patient,
        about=order,
    )


def _locked(order: ServiceRequest) -> ServiceRequest:
    locked = ServiceRequest.objects.select_for_update(of=("self",)).select_related("requester__user").get(pk=order.pk)
    refuse_errored(locked)
    return locked
