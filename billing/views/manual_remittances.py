"""Explanations of benefits on paper: a payment begun, its decisions entered claim by claim."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from billing.actions.manual_remittances import (
    begin_remittance,
    enter_decision,
    enter_reversal,
    entered_total,
    take_out,
)
from billing.forms.manual_remittances import COLUMNS, BeginForm, DecisionForm, ReversalForm, TakeOutForm
from billing.forms.worklist import FindForm
from billing.models import Claim, ClaimResponse, PaymentReconciliation
from billing.queries.claims import claims_visible_to
from billing.queries.former_decisions import former_decisions, open_lines_then
from billing.queries.ledger import from_cents
from billing.views.lists import key_of
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.reads import record_access
from emr.shared.errors import DomainError
from emr.ui import formats
from emr.ui.forms import sent
from emr.ui.htmx import redirect

_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
@staff_view(Permission.POST_REMITTANCES)
def remittances_enter(request: StaffRequest) -> HttpResponse:
    """Begin a payment that came with paper."""
    form = BeginForm(sent(request))
    if form.is_valid():
        with form.refusals():
            row = begin_remittance(by=request.user, **form.cleaned_data)
            return redirect(request, _address(row), "Now add what it says, claim by claim.")
    return render(request, "billing/remittances/enter.html", {"form": form}, status=form.http_status)


@_page
@staff_view(Permission.POST_REMITTANCES)
def remittances_decision(request: StaffRequest, reconciliation_id: UUID) -> HttpResponse:
    """Choose a claim by its number, then enter what the paper says of its lines. The number is sent, not asked for: the
    claim's key stands in the address.
    """
    row, key = _manual(reconciliation_id), key_of(request.GET.get("claim"))
    find = FindForm(sent(request) if key is None else None)
    if find.is_valid():
        chosen = _claims(request, row).filter(number=find.cleaned_data["number"]).first()
        if chosen is not None:
            return redirect(request, f"{request.path}?claim={chosen.pk}")
        find.add_error("number", f"No claim with this number went out to {row.payer_name}. Look at it on the paper.")
    claim = _claims(request, row).filter(pk=key).first() if key else None
    context = {"row": row, "find": find, "claim": claim, "entered": formats.money(entered_total(row))}
    if claim is None:
        return render(request, "billing/remittances/decision.html", context, status=find.http_status)
    record_access(request, [claim.patient_id], section="billing")
    back = "takes_back" in request.POST
    form = DecisionForm(None if back else sent(request), items=list(claim.items.order_by("sequence")))
    reversal = ReversalForm(request.POST if back else None, former=former_decisions(claim, row))
    answer = _reversal(request, row, claim, reversal) if back else _decision(request, row, claim, form)
    if answer is not None:
        return answer
    context |= {
        "form": form,
        "reversal": reversal,
        "columns": ["Paid", *(label for _, label, _, _ in COLUMNS), "Other", "Its reason"],
        "open": {line.charge_item: formats.money(from_cents(line.open)) for line in open_lines_then(claim, row)},
    }
    status = (reversal if back else form).http_status
    return render(request, "billing/remittances/decision.html", context, status=status)


def _decision(
    request: StaffRequest, row: PaymentReconciliation, claim: Claim, form: DecisionForm
) -> HttpResponse | None:
    """Enter what the paper says of a claim's lines; None where nothing is sent, or it can't be."""
    if not form.is_valid():
        return None
    with form.refusals():
        enter_decision(
            by=request.user,
            reconciliation=row,
            claim=claim,
            lines=form.entered(),
            payer_control_number=form.cleaned_data["payer_control_number"],
            request_token=form.cleaned_data["request_token"],
        )
        return redirect(request, _address(row), f"What it says of claim {claim.number} is entered.")
    return None


def _reversal(
    request: StaffRequest, row: PaymentReconciliation, claim: Claim, form: ReversalForm
) -> HttpResponse | None:
    """Enter that the paper takes a decision back, and go on with what it says anew; None where that can't be."""
    if not form.is_valid():
        return None
    with form.refusals():
        enter_reversal(
            by=request.user,
            reconciliation=row,
            claim=claim,
            former=form.cleaned_data["former"],
            request_token=form.cleaned_data["request_token"],
        )
        words = f"It is entered that the decision on claim {claim.number} is taken back. Now enter the new one, if any."
        return redirect(request, f"{request.path}?claim={claim.pk}", words)
    return None


@require_POST
@staff_view(Permission.POST_REMITTANCES)
def remittances_take_out(request: StaffRequest, reconciliation_id: UUID, entered_id: UUID) -> HttpResponse:
    """Take a decision that was entered wrong out of a payment."""
    row = _manual(reconciliation_id)
    response = ClaimResponse.objects.select_related("reconciliation").filter(reconciliation=row, pk=entered_id).first()
    if response is None:
        raise Http404
    form = TakeOutForm(request.POST)
    if not form.is_valid():
        return redirect(request, _address(row), "Say what was wrong with it.", "warning")
    try:
        take_out(by=request.user, response=response, reason=form.cleaned_data["reason"])
    except DomainError as refusal:
        return redirect(request, _address(row), str(refusal), "warning")
    return redirect(request, _address(row), "It is taken out.")


def _manual(key: UUID) -> PaymentReconciliation:
    row = PaymentReconciliation.objects.select_related("payer").filter(pk=key, source="manual").first()
    if row is None:
        raise Http404
    return row


def _claims(request: StaffRequest, row: PaymentReconciliation) -> QuerySet[Claim]:
    """The claims that went to the payer, of patients of whom the user may know."""
    claims = claims_visible_to(request.user).filter(payer=row.payer, submitted_at__isnull=False)
    return claims.select_related("patient")


def _address(row: PaymentReconciliation) -> str:
    return reverse("billing:remittances_detail", args=[row.pk])
