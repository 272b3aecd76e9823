"""A patient's account: statements, every movement, and what is particular in asking for the money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.billing_accounts import (
    hold_statements,
    release_statements,
    send_to_collections,
    take_from_collections,
)
from billing.forms.statements import CollectionsForm, HoldForm, StatementRunForm
from billing.models import BillingAccount
from billing.printouts.accounts import account_pdf
from billing.queries.account_history import account_history
from billing.queries.ledger import balance_of
from billing.queries.payment_plans import on_a_plan
from billing.queries.statement_accounts import Standing
from billing.queries.statements import account_of, account_row, statements_of
from billing.views.lists import link, page_number
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.ui import htmx
from emr.ui.forms import Form, sent

_form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@chart_view(Permission.VIEW_BILLING, section="billing")
def account_detail(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What is owed, the statements that were sent, and each movement with the balance after it."""
    asked = account_of(request.user, patient)
    history = account_history(patient, page_number(request.GET.get("page")))
    here = reverse("billing:account_detail", args=[patient.pk])
    context = {
        **chart_context(request, patient, "billing"),
        "balance": balance_of(patient),
        "account": BillingAccount.objects.particular().select_related("collections_by").filter(patient=patient).first(),
        "plan": on_a_plan(patient),
        "asked": account_row(asked) if asked else None,
        "standing": asked.standing.label if asked else "",
        "ready": asked is not None and asked.standing is Standing.READY,
        "statements": statements_of(request.user, patient),
        "history": history,
        "newer_url": link(here, page=history.page - 1) if history.page > 1 else None,
        "older_url": link(here, page=history.page + 1) if history.page < history.pages else None,
        "form": StatementRunForm(),
        "may_send": request.user.has_perm(Permission.SEND_STATEMENTS),
    }
    return render(request, "billing/accounts/detail.html", context)


@require_safe
@chart_view(Permission.VIEW_BILLING, section="billing", action=AccessAction.PRINT)
def account_print(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The account as a PDF: each visit in a line, and every movement."""
    response = HttpResponse(account_pdf(patient, by=request.user), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="account.pdf"'
    return response


@_form_page
@chart_view(Permission.SEND_STATEMENTS, section="billing")
def account_hold(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Send this patient no statements, with a reason."""
    form = HoldForm(sent(request))
    if form.is_valid():
        with form.refusals():
            hold_statements(by=request.user, patient=patient, reason=form.cleaned_data["reason"])
            return _back(request, patient, "No statements are sent until you let them go again.")
    note = "The balance stays; only statements aren't sent."
    return _small(request, patient, form, "Hold statements", note)


@_form_page
@chart_view(Permission.SEND_STATEMENTS, section="billing")
def account_collect(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Give the account to a collections agency."""
    form = CollectionsForm(sent(request))
    if form.is_valid():
        with form.refusals():
            send_to_collections(by=request.user, patient=patient, agency=form.cleaned_data["reason"])
            return _back(request, patient, "The account is marked as at collections. No statements are sent.")
    note = f"{balance_of(patient).words}. The clinic sends no statements while an agency has the account."
    return _small(request, patient, form, "Send to collections", note)


@require_POST
@chart_view(Permission.SEND_STATEMENTS, section="billing")
def account_release(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Let statements go again."""
    return _plain(request, patient, release_statements, "Statements are sent again.")


@require_POST
@chart_view(Permission.SEND_STATEMENTS, section="billing")
def account_take_back(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Take the account back from its agency."""
    return _plain(request, patient, take_from_collections, "The account is the clinic's again.")


def _plain(request: StaffRequest, patient: Patient, act: Callable[..., BillingAccount], said: str) -> HttpResponseBase:
    if Form(request.POST).is_valid():
        act(by=request.user, patient=patient)
    return _back(request, patient, said)


def _small(request: StaffRequest, patient: Patient, form: Form, title: str, note: str) -> HttpResponse:
    context: dict[str, Any] = {**chart_context(request, patient, "billing"), "form": form, "title": title}
    context |= {"button": title, "kind": "primary", "note": note, "back": _address(patient)}
    return render(request, "billing/payments/small.html", context, status=form.http_status)


def _back(request: StaffRequest, patient: Patient, said: str) -> HttpResponseBase:
    return htmx.redirect(request, _address(patient), said)


def _address(patient: Patient) -> str:
    return reverse("billing:account_detail", args=[patient.pk])
