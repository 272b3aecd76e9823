"""Appeals of a claim: begun, written, printed, sent, answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.appeals import begin_appeal, decide_appeal, send_appeal, write_appeal
from billing.choices import AppealStatus
from billing.forms.appeals import AnswerForm, AppealForm, SendForm
from billing.models import Appeal, Claim
from billing.printouts.appeals import appeal_pdf
from billing.queries.appeals import appeal_facts
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import Form, sent


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def appeals_begin(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Begin the letter, or open the one that is begun."""
    claim = Claim.objects.select_related("patient").filter(patient=patient, pk=claim_id).first()
    if claim is None:
        raise Http404
    try:
        made = begin_appeal(by=request.user, claim=claim)
    except DomainError as error:
        back = reverse("billing:claims_detail", args=[patient.pk, claim.pk])
        return htmx.redirect(request, back, error.message, "warning")
    return htmx.redirect(request, _address(patient, made))


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def appeals_edit(request: StaffRequest, patient: Patient, claim_id: UUID, appeal_id: UUID) -> HttpResponse:
    """The letter: written while it is a draft, read after."""
    appeal = _appeal(patient, claim_id, appeal_id)
    form = AppealForm(sent(request), initial={"text": appeal.text})
    if form.is_valid():
        with form.refusals():
            write_appeal(by=request.user, appeal=appeal, text=form.cleaned_data["text"])
            return htmx.redirect(request, _address(patient, appeal), "The letter is saved.")
    return _page(request, patient, appeal, write=form)


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def appeals_send(request: StaffRequest, patient: Patient, claim_id: UUID, appeal_id: UUID) -> HttpResponse:
    """Say that it went out, as it is written on the page."""
    appeal, form = _appeal(patient, claim_id, appeal_id), SendForm(request.POST)
    if form.is_valid():
        text = form.cleaned_data["text"]
        with form.refusals():
            if appeal.status == AppealStatus.DRAFT and text != appeal.text:
                write_appeal(by=request.user, appeal=appeal, text=text)
            send_appeal(by=request.user, appeal=appeal, sent_on=form.cleaned_data["sent_on"])
            return htmx.redirect(request, _address(patient, appeal), "It is marked as sent, and stays as it is.")
    return _page(request, patient, appeal, sending=form)


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def appeals_decide(request: StaffRequest, patient: Patient, claim_id: UUID, appeal_id: UUID) -> HttpResponse:
    """Write down what the payer answered."""
    appeal, form = _appeal(patient, claim_id, appeal_id), AnswerForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        won = said.pop("answer") == "won"
        with form.refusals():
            decide_appeal(by=request.user, appeal=appeal, won=won, **said)
            words = (
                "Granted: the claim waits for its payment." if won else "Refused: the claim is open to the next level."
            )
            return htmx.redirect(request, _address(patient, appeal), words)
    return _page(request, patient, appeal, answer=form)


@require_safe
@chart_view(Permission.EXPORT_CLAIMS, section="billing", action=AccessAction.PRINT)
def appeals_print(request: StaffRequest, patient: Patient, claim_id: UUID, appeal_id: UUID) -> HttpResponse:
    """The letter as a PDF."""
    appeal = _appeal(patient, claim_id, appeal_id)
    response = HttpResponse(appeal_pdf(appeal), content_type="application/pdf")
    name = f"appeal-{appeal.claim.number}-{appeal.level}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _appeal(patient: Patient, claim_id: UUID, appeal_id: UUID) -> Appeal:
    rows = Appeal.objects.select_related("claim__patient", "claim__payer", "claim__coverage")
    row = rows.filter(claim__patient=patient, claim=claim_id, pk=appeal_id).first()
    if row is None:
        raise Http404
    return row


def _address(patient: Patient, appeal: Appeal) -> str:
    return reverse("billing:appeals_edit", args=[patient.pk, appeal.claim_id, appeal.pk])


def _page(
    request: StaffRequest,
    patient: Patient,
    appeal: Appeal,
    *,
    write: AppealForm | None = None,
    sending: SendForm | None = None,
    answer: AnswerForm | None = None,
) -> HttpResponse:
    faulty: Form | None = next((form for form in (write, sending, answer) if form is not None and form.is_bound), None)
    today = clinic_today()
    context: dict[str, Any] = {
        **chart_context(request, patient, "billing"),
        "appeal": appeal,
        "claim": appeal.claim,
        "facts": appeal_facts(appeal),
        "problem": faulty,
        "write_form": write or sending or AppealForm(initial={"text": appeal.text}),
        "send_form": sending or SendForm(initial={"sent_on": today}),
        "answer_form": answer or AnswerForm(initial={"decided_on": today}),
        "may_print": request.user.has_perm(Permission.EXPORT_CLAIMS),
    }
    status = faulty.http_status if faulty is not None else 200
    return render(request, "billing/appeals/edit.html", context, status=status)
