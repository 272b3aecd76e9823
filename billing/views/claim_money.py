"""What is done to a claim's money, each on a small page of its own beside the claim."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from billing.actions.adjusting import refund_payer, transfer, undo, write_off
from billing.choices import Side
from billing.forms.claim_money import PayerRefundForm, TransferForm, UndoForm, WriteOffForm
from billing.models import Claim, LedgerTransaction
from billing.queries.claim_ledger import UNDOABLE
from billing.queries.claim_money import credit_of_payers, owed_by
from billing.queries.ledger import from_cents
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui import formats, htmx
from emr.ui.forms import Form, sent

_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
@chart_view(Permission.ADJUST_BALANCES, section="billing")
def claims_write_off(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponseBase:
    """Stop asking for a part of a claim, with a reason."""
    claim = _claim(patient, claim_id)
    owed = owed_by(claim)
    side = Side.PAYER if owed.insurance and not owed.patient else Side.PATIENT
    form = WriteOffForm(sent(request), initial={"side": side, "amount": owed.patient or owed.insurance or None})
    if form.is_valid():
        with form.refusals():
            write_off(by=request.user, claim=claim, **form.cleaned_data)
            return _done(request, claim, f"${formats.money(form.cleaned_data['amount'])} written off.")
    return _small(request, patient, claim, form, "Write off", "Write off", f"Owed: {owed.words}.")


@_page
@chart_view(Permission.ADJUST_BALANCES, section="billing")
def claims_transfer(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponseBase:
    """Ask the patient, or the next payer, for what the payer owes."""
    claim = _claim(patient, claim_id)
    after = {str(row.pk): row for row in Claim.objects.standing().on_ledger().filter(follows=claim, status="active")}
    owed = owed_by(claim)
    payers = [(key, f"{row.payer}, claim {row.number}") for key, row in after.items()]
    form = TransferForm(sent(request), payers=payers, initial={"amount": owed.insurance or None})
    if form.is_valid():
        said = {**form.cleaned_data, "to": after.get(form.cleaned_data["to"])}
        with form.refusals():
            transfer(by=request.user, claim=claim, **said)
            return _done(request, claim, f"${formats.money(said['amount'])} moved.")
    note = f"Owed: {owed.words}. What the patient paid ahead for the visit is used at once."
    return _small(request, patient, claim, form, "Move what the payer owes", "Move", note)


@_page
@chart_view(Permission.CLOSE_DAY, section="billing")
def claims_refund(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponseBase:
    """Give the payer back what it paid beyond what the claim owed."""
    claim = _claim(patient, claim_id)
    there = from_cents(max(credit_of_payers([claim.pk]).get(claim.pk, 0), 0))
    form = PayerRefundForm(sent(request), initial={"amount": there or None})
    if form.is_valid():
        with form.refusals():
            refund_payer(by=request.user, claim=claim, **form.cleaned_data)
            return _done(request, claim, f"${formats.money(form.cleaned_data['amount'])} given back to the payer.")
    note = f"{claim.payer or 'The payer'} has ${formats.money(there)} of unapplied money on this claim."
    return _small(request, patient, claim, form, "Refund to the payer", "Give back", note)


@_page
@chart_view(Permission.ADJUST_BALANCES, section="billing")
def ledger_undo(request: StaffRequest, patient: Patient, claim_id: UUID, transaction_id: UUID) -> HttpResponseBase:
    """Take a write-off, a transfer or a refund back by its reversal, with a reason."""
    claim = _claim(patient, claim_id)
    row = LedgerTransaction.objects.filter(claim=claim, pk=transaction_id, kind__in=UNDOABLE).first()
    if row is None:
        raise Http404
    form = UndoForm(sent(request))
    if form.is_valid():
        with form.refusals():
            undo(by=request.user, transaction=row, reason=form.cleaned_data["reason"])
            return _done(request, claim, "Taken back.")
    what = f"{row.get_kind_display()} of {formats.day(row.business_date)}"
    note = f"{what}. It stays on the ledger; a row of its own takes it back."
    return _small(request, patient, claim, form, "Take back", "Take back", note, kind="danger")


def _claim(patient: Patient, claim_id: UUID) -> Claim:
    claim = Claim.objects.on_ledger().filter(patient=patient, pk=claim_id).first()
    if claim is None:
        raise Http404
    return claim


def _address(claim: Claim) -> str:
    return reverse("billing:claims_detail", args=[claim.patient_id, claim.pk])


def _done(request: StaffRequest, claim: Claim, said: str) -> HttpResponse:
    return htmx.redirect(request, _address(claim), said)


def _small(
    request: StaffRequest,
    patient: Patient,
    claim: Claim,
    form: Form,
    title: str,
    button: str,
    note: str,
    kind: str = "primary",
) -> HttpResponse:
    context: dict[str, Any] = {**chart_context(request, patient, "billing"), "form": form, "button": button}
    context |= {"title": f"{title}: claim {claim.number}", "note": note, "kind": kind, "back": _address(claim)}
    return render(request, "billing/payments/small.html", context, status=form.http_status)
