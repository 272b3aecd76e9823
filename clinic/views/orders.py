"""Orders: the list with its entry beside it, one order, its signature, its way, its end, its requisition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.orders import (
    Wanted,
    cancel_order,
    complete_order,
    hold_order,
    mark_order_wrong,
    move_order,
    place_order,
    sign_order,
)
from clinic.chart import chart_context
from clinic.forms.orders import CancelForm, DoneForm, HoldForm, MoveForm, OrderForm, SignForm, WrongForm
from clinic.models import Patient, ServiceRequest, ServiceRequestReason
from clinic.models.orders import OrderStatus
from clinic.printouts.orders import requisition_pdf
from clinic.queries.encounters import open_visit
from clinic.queries.orders import one_order, order_page, order_rows
from clinic.views.history import Kind, history_page, owned
from clinic.views.lists import Act, Room
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner, User
from emr.audit.models import AccessAction
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import Form, sent

_page = require_http_methods(["GET", "HEAD", "POST"])
_DETAILS = (
    *("category", "coding", "diagnoses", "reason", "priority", "performer", "performer_contact", "instructions"),
    *("occurrence_date", "follow_up_on"),
)


def _place(by: User, patient: Patient, data: dict[str, Any]) -> ServiceRequest:
    requester = data["requester"] or Practitioner.objects.filter(user=by).first()
    if requester is None or (data["requester"] is None and not by.has_perm(Permission.SIGN_ORDERS)):
        raise DomainError("Choose the clinician who orders it.", field="requester")
    return place_order(
        by=by,
        patient=patient,
        requester=requester,
        wanted=Wanted(**{name: data[name] for name in _DETAILS}),
        encounter=open_visit(patient),
        again=data["again"],
        request_token=data["request_token"],
    )


ROOM = Room(
    section="orders",
    path="orders",
    title="Orders",
    columns=("Order", "Kind", "For", "By", "On", "Number"),
    rows=order_rows,
    empty="Nothing is on order. Order a test, an image, a procedure, a referral: its result will close it.",
    noun="orders",
    one="an order",
    icon_name="send",
    detail_url="clinic:orders_detail",
    key="a o",
    add=Act(*("add", "Order", "plus", OrderForm), _place, "The order is placed.", title="Order", button="Order"),
)
history = history_page(
    Kind(
        *("History of an order", "orders", Permission.VIEW_CHART, "clinic:orders_list", owned(ServiceRequest)),
        parts=((ServiceRequestReason, "order"),),
        key="order_id",
    )
)


@require_safe
@chart_view(Permission.VIEW_CHART, section="orders")
def detail(request: StaffRequest, patient: Patient, order_id: UUID) -> HttpResponse:
    """One order with its diagnoses and its results."""
    return _shown(request, patient, _of(patient, order_id))


@_page
@chart_view(Permission.SIGN_ORDERS, section="orders")
def sign(request: StaffRequest, patient: Patient, order_id: UUID) -> HttpResponse:
    """Sign a draft."""
    return _done(
        *(request, patient, _of(patient, order_id), SignForm(sent(request)), "Sign this order", "Sign"),
        lambda order, data: sign_order(by=request.user, order=order),
        "The order is signed.",
    )


@_page
@chart_view(Permission.EDIT_CHART, section="orders")
def move(request: StaffRequest, patient: Patient, order_id: UUID) -> HttpResponse:
    """Say how far an order has come."""
    order = _of(patient, order_id)
    form = MoveForm(sent(request), initial={"step": order.step, "scheduled_on": order.scheduled_on})
    steps = order_page(order).steps
    form.offer("step", [(step.value, str(step.label)) for step in steps])
    return _done(
        *(request, patient, order, form, "How far it has come", "Save"),
        lambda order, data: move_order(by=request.user, order=order, **data),
        "The order has moved on.",
    )


@_page
@chart_view(Permission.EDIT_CHART, section="orders")
def done(request: StaffRequest, patient: Patient, order_id: UUID) -> HttpResponse:
    """Say that an order is done without a result that is kept here."""
    return _done(
        *(request, patient, _of(patient, order_id), DoneForm(sent(request)), "Done without a result here", "Done"),
        lambda order, data: complete_order(by=request.user, order=order, **data),
        "The order is done.",
    )


@_page
@chart_view(Permission.SIGN_ORDERS, section="orders")
def hold(request: StaffRequest, patient: Patient, order_id: UUID) -> HttpResponse:
    """Let an order rest, with the reason."""
    return _done(
        *(request, patient, _of(patient, order_id), HoldForm(sent(request)), "Put this order on hold", "Put on hold"),
        lambda order, data: hold_order(by=request.user, order=order, **data),
        "The order rests. Move it on when it goes on.",
    )


@_page
@chart_view(Permission.EDIT_CHART, section="orders")
def cancel(request: StaffRequest, patient: Patient, order_id: UUID) -> HttpResponse:
    """Cancel an order, with the reason."""
    return _done(
        *(request, patient, _of(patient, order_id), CancelForm(sent(request)), "Cancel this order", "Cancel the order"),
        lambda order, data: cancel_order(by=request.user, order=order, **data),
        "The order is cancelled.",
        dangerous=True,
    )


@_page
@chart_view(Permission.EDIT_CHART, section="orders")
def error(request: StaffRequest, patient: Patient, order_id: UUID) -> HttpResponse:
    """Mark an order as entered in error."""
    return _done(
        *(request, patient, _of(patient, order_id), WrongForm(sent(request)), "Entered in error", "Mark as an error"),
        lambda order, data: mark_order_wrong(by=request.user, order=order, **data),
        "The order is marked as entered in error.",
        dangerous=True,
    )


@require_safe
@chart_view(Permission.VIEW_CHART, section="orders", action=AccessAction.PRINT)
def requisition(request: StaffRequest, patient: Patient, order_id: UUID) -> HttpResponse:
    """The order on paper, for the patient to take along."""
    insured = request.user.has_perm(Permission.VIEW_COVERAGE)
    paper = requisition_pdf(_of(patient, order_id), by=request.user, printed=timezone.now(), insured=insured)
    headers = {"Content-Disposition": 'inline; filename="requisition.pdf"'}
    return HttpResponse(paper, content_type="application/pdf", headers=headers)


def _of(patient: Patient, order_id: UUID) -> ServiceRequest:
    order = one_order(patient).filter(pk=order_id).first()
    if order is None:
        raise Http404
    return order


def _done(
    request: StaffRequest,
    patient: Patient,
    order: ServiceRequest,
    form: Form,
    panel: str,
    button: str,
    write: Callable[[ServiceRequest, dict[str, Any]], object],
    message: str,
    *,
    dangerous: bool = False,
) -> HttpResponse:
    """Write what was sent and go back to the order; or show the form beside it."""
    if form.is_valid():
        with form.refusals():
            write(order, form.cleaned_data)
            return htmx.redirect(request, reverse("clinic:orders_detail", args=[patient.pk, order.pk]), message)
    return _shown(request, patient, order, form=form, panel=panel, button=button, dangerous=dangerous)


def _shown(
    request: StaffRequest, patient: Patient, order: ServiceRequest, *, form: Form | None = None, **extra: Any
) -> HttpResponse:
    page = order_page(order)
    user = request.user
    context = {
        **chart_context(request, patient, "orders"),
        "order": order,
        "page": page,
        "form": form,
        "may_edit": user.has_perm(Permission.EDIT_CHART) and order.entered_in_error_at is None,
        "may_sign": user.has_perm(Permission.SIGN_ORDERS) and page.is_draft,
        "may_cancel": page.is_open and (page.is_draft or user.has_perm(Permission.SIGN_ORDERS)),
        "may_hold": order.status == OrderStatus.ACTIVE and user.has_perm(Permission.SIGN_ORDERS),
        "may_mark": order.signed_at is None or user.has_perm(Permission.SIGN_ORDERS),
        "may_answer": page.is_open and order.status != OrderStatus.DRAFT,
        **extra,
    }
    return render(request, "clinic/orders/detail.html", context, status=form.http_status if form else 200)
