"""The work on one claim: the card of its page on which it is held, snoozed, given away, labelled and talked about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from billing.actions.claim_life import know_payers_number
from billing.forms.worklist import NumberForm, WorkForm
from billing.models import Claim
from billing.queries.claims import billers
from billing.views.worklist import do, words_of
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui.forms import Form
from emr.ui.htmx import redirect


def work_context(request: StaffRequest, claim: Claim, **forms: Form) -> dict[str, Any]:
    """What the card shows; ``work`` and ``number`` are its forms, where something was sent already. Two queries."""
    people = billers()
    return {
        "work": WorkForm(people=people, user=request.user),
        "number": NumberForm(initial={"number": claim.payer_control_number}),
        "notes": list(claim.notes.select_related("created_by").order_by("-created_at")),
        "may_work": request.user.has_perm(Permission.CREATE_CLAIMS),
        **forms,
    }


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def claims_work_one(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Do one thing to the claim."""
    claim, form = _claim(patient, claim_id), WorkForm(request.POST, people=billers(), user=request.user)
    if form.is_valid():
        with form.refusals():
            do(request.user, claim, form)
            return _done(request, claim, f"Claim {claim.number} is {words_of(form)}.")
    return _again(request, patient, claim, work=form)


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def claims_number(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Write down the payer's own number of the claim."""
    claim, form = _claim(patient, claim_id), NumberForm(request.POST)
    if form.is_valid():
        with form.refusals():
            know_payers_number(by=request.user, claim=claim, number=form.cleaned_data["number"])
            return _done(request, claim, "The payer's number is written down.")
    return _again(request, patient, claim, number=form)


def _claim(patient: Patient, claim_id: UUID) -> Claim:
    rows = Claim.objects.on_ledger().select_related("assignee")
    claim = rows.filter(patient=patient, pk=claim_id).first()
    if claim is None:
        raise Http404
    return claim


def _done(request: StaffRequest, claim: Claim, said: str) -> HttpResponse:
    return redirect(request, reverse("billing:claims_detail", args=[claim.patient_id, claim.pk]), said)


def _again(request: StaffRequest, patient: Patient, claim: Claim, **sent: Form) -> HttpResponse:
    (form,) = sent.values()
    context = {**chart_context(request, patient, "billing"), **work_context(request, claim, **sent)}
    context |= {"claim": claim, "form": form}
    return render(request, "billing/claims/work.html", context, status=form.http_status)
