"""A patient's payments: taken at check-in and checkout, given back, taken back, and their receipts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.credits import apply_credit
from billing.actions.ledger import bring_forward
from billing.actions.payments import refund, reverse_payment, take_payment
from billing.forms.payments import BroughtForwardForm, PaymentForm, RefundForm, ReversalForm
from billing.models import Payment
from billing.printouts.receipts import receipt_pdf
from billing.queries.claim_money import insurance_of
from billing.queries.ledger import balance_of
from billing.queries.payments import PaymentsPanel, may_reverse, open_visits, payments_of, payments_panel
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.ui import formats, htmx
from emr.ui.forms import Form, sent
from scheduling.models import Appointment

_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
@chart_view(Permission.TAKE_PAYMENTS, section="billing")
def panel(request: StaffRequest, patient: Patient, appointment_id: UUID | None = None) -> HttpResponseBase:
    """Balance, copay of the visit, a form for a payment, and what was paid: a fragment, and a page of its own."""
    appointment = _appointment(patient, appointment_id)
    if request.method == "POST":
        return _take(request, patient, appointment)
    shown = payments_panel(request.user, patient, appointment)
    return _panel(request, patient, appointment, shown, _fresh_form(shown))


def _take(request: StaffRequest, patient: Patient, appointment: Appointment | None) -> HttpResponseBase:
    """Take the payment of the form; a refusal keeps what was typed."""
    form = PaymentForm(request.POST)
    made = None
    if form.is_valid():
        with form.refusals():
            made = take_payment(by=request.user, patient=patient, appointment=appointment, **form.cleaned_data)
    shown = payments_panel(request.user, patient, appointment)
    if made is None:
        return _panel(request, patient, appointment, shown, form)
    said = f"${formats.money(made.amount)} taken, receipt {made.receipt_number}."
    if not htmx.is_htmx(request):
        return htmx.redirect(request, _address(patient, appointment), said)
    answer = _panel(request, patient, appointment, shown, _fresh_form(shown), made)
    return htmx.trigger(htmx.toast(answer, said), "balance-changed", None)


@require_safe
@chart_view(Permission.VIEW_COVERAGE, section="billing")
def balance(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What the patient owes and has paid ahead: a fragment of one line, and a page of its own."""
    context: dict[str, Any] = {"balance": balance_of(patient), "patient_id": patient.pk}
    context["insurance"] = insurance_of(patient)
    context["may_take"] = request.user.has_perm(Permission.TAKE_PAYMENTS)
    context["may_see_account"] = request.user.has_perm(Permission.VIEW_BILLING)
    if not htmx.is_htmx(request):
        context |= chart_context(request, patient, "payments")
    return htmx.render(request, "billing/payments/balance.html", "billing/payments/_balance.html", context)


@require_safe
@chart_view(Permission.TAKE_PAYMENTS, section="billing", action=AccessAction.PRINT)
def receipt(request: StaffRequest, patient: Patient, payment_id: UUID) -> HttpResponse:
    """The receipt as a PDF, as it was given."""
    payment = _payment(patient, payment_id)
    response = HttpResponse(receipt_pdf(payment), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="receipt-{payment.receipt_number}.pdf"'
    return response


@_page
@chart_view(Permission.TAKE_PAYMENTS, section="billing")
def reverse_one(request: StaffRequest, patient: Patient, payment_id: UUID) -> HttpResponseBase:
    """Take a payment back, with a reason."""
    payment = _payment(patient, payment_id)
    if not may_reverse(request.user, payment):
        raise PermissionDenied
    form = ReversalForm(sent(request))
    if form.is_valid():
        with form.refusals():
            made = reverse_payment(by=request.user, payment=payment, reason=form.cleaned_data["reason"])
            said = f"Receipt {payment.receipt_number} is reversed by receipt {made.receipt_number}."
            return htmx.redirect(request, _address(patient), said)
    title = f"Reverse receipt {payment.receipt_number}"
    about = (
        f"{payment.get_kind_display()} of ${formats.money(payment.amount)}, {payment.get_method_display().lower()}, "
    )
    note = f"{about}{formats.day(payment.business_date)}. It stays on file; a row of its own takes it back."
    return _small(request, patient, form, title, "Reverse", note, kind="danger")


@_page
@chart_view(Permission.CLOSE_DAY, section="billing")
def give_back(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Give unapplied credit back."""
    credit = balance_of(patient).credit
    form = RefundForm(sent(request), initial={"amount": credit or None})
    if form.is_valid():
        with form.refusals():
            made = refund(by=request.user, patient=patient, **form.cleaned_data)
            said = f"${formats.money(-made.amount)} given back, receipt {made.receipt_number}."
            return htmx.redirect(request, _address(patient), said)
    note = f"${formats.money(credit)} of unapplied credit."
    return _small(request, patient, form, "Refund", "Give back", note)


@_page
@chart_view(Permission.CLOSE_DAY, section="billing")
def forward(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Write what the patient owed when this ledger began."""
    form = BroughtForwardForm(sent(request))
    if form.is_valid():
        with form.refusals():
            bring_forward(by=request.user, patient=patient, **form.cleaned_data)
            return htmx.redirect(request, _address(patient), "The balance is brought forward.")
    note = "From the system that was used before. What is charged here comes to the balance by itself."
    return _small(request, patient, form, "Bring a balance forward", "Write it", note)


@require_POST
@chart_view(Permission.TAKE_PAYMENTS, section="billing")
def use_credit(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Pay what is due from what was paid ahead."""
    form = Form(request.POST)
    if form.is_valid():
        with form.refusals():
            used = apply_credit(by=request.user, patient=patient)
            return htmx.redirect(request, _address(patient), f"${formats.money(used)} of credit paid what was due.")
    return htmx.redirect(request, _address(patient), " ".join(map(str, form.non_field_errors())), "warning")


def _fresh_form(shown: PaymentsPanel) -> PaymentForm:
    kind, amount = shown.suggestion
    return PaymentForm(initial={"kind": kind, "amount": f"{amount:.2f}" if amount else ""})


def _panel(
    request: StaffRequest,
    patient: Patient,
    appointment: Appointment | None,
    shown: PaymentsPanel,
    form: PaymentForm,
    made: Payment | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "panel": shown,
        "form": form,
        "made": made,
        "patient_id": patient.pk,
        "here": (here := _address(patient, appointment)),
        "alone": not htmx.is_htmx(request)
        or request.headers.get("HX-Current-URL", "").partition("?")[0].endswith(here),
        "may_close": request.user.has_perm(Permission.CLOSE_DAY),
        "may_view": request.user.has_perm(Permission.VIEW_BILLING),
    }
    if not htmx.is_htmx(request):
        context |= chart_context(request, patient, "payments")
    answer = htmx.render(request, "billing/payments/panel.html", "billing/payments/_panel.html", context)
    answer.status_code = form.http_status
    return answer


def _small(
    request: StaffRequest, patient: Patient, form: Form, title: str, button: str, note: str, kind: str = "primary"
) -> HttpResponse:
    context = {**chart_context(request, patient, "payments"), "form": form, "title": title, "button": button}
    context |= {"note": note, "kind": kind, "back": _address(patient)}
    return render(request, "billing/payments/small.html", context, status=form.http_status)


def _appointment(patient: Patient, key: UUID | None) -> Appointment | None:
    """The visit, if it is this patient's: one of somebody else gives 404."""
    if key is None:
        return None
    row = open_visits(patient).filter(pk=key).first()
    if row is None:
        raise Http404
    return row


def _payment(patient: Patient, key: UUID) -> Payment:
    row = payments_of(patient).defer(None).filter(pk=key).first()
    if row is None:
        raise Http404
    return row


def _address(patient: Patient, appointment: Appointment | None = None) -> str:
    keys = [patient.pk, appointment.pk] if appointment else [patient.pk]
    return reverse("billing:payments_panel", args=keys)
