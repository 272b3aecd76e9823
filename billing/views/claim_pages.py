"""The page of one claim, and what is done there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.claims import create_claim, refresh_claim, submit_claims
from billing.actions.resubmitting import replace_claim, void_claim
from billing.choices import ClaimState, ClaimStatus
from billing.claim_states import OVER
from billing.cms1500.draw import FormError, Margins, Style
from billing.forms.charges import ReasonForm
from billing.models import Claim, ClaimBatch
from billing.printouts.cms1500 import claim_pdf
from billing.queries.batches import last_print
from billing.queries.changed_diagnoses import changed_diagnoses
from billing.queries.claim_boxes import claim_page
from billing.queries.claim_family import relatives
from billing.queries.claim_ledger import explain
from billing.queries.claim_why import why
from billing.queries.claims import patient_claims
from billing.queries.discounts import self_pay_offer
from billing.queries.estimates import disputable_estimates
from billing.queries.leftovers import leftovers
from billing.queries.payment_plans import on_a_plan
from billing.queries.scrubbing import warnings_of
from billing.queries.standing_decisions import decided_on
from billing.queries.vaccine_charges import vaccine_proposals
from billing.views.work import work_context
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Encounter, Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent


@require_safe
@chart_view(Permission.VIEW_BILLING, section="billing")
def claims_detail(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """A claim, box by box, with what it lacks and what happened to it."""
    return _page(request, patient, _claim(patient, claim_id))


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def claims_create(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """Make the claim of a visit, or open the one that is there."""
    visit = Encounter.objects.filter(patient=patient, pk=encounter_id).first()
    if visit is None:
        raise Http404
    try:
        claim = create_claim(by=request.user, encounter=visit)
    except DomainError as error:
        back = reverse("billing:charges_edit", args=[patient.pk, visit.pk])
        return htmx.redirect(request, back, error.message, "warning")
    return htmx.redirect(request, _address(claim))


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def claims_refresh(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Bring a draft up to date and check it again."""
    claim = _claim(patient, claim_id)
    try:
        fresh = refresh_claim(by=request.user, claim=claim)
    except DomainError as error:
        return htmx.redirect(request, _address(claim), error.message, "warning")
    held = fresh.state == ClaimState.HELD
    words = "Checked: something is still lacking." if held else f"Checked: {fresh.get_state_display().lower()}."
    return htmx.redirect(request, _address(claim), words, "warning" if held else "success")


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def claims_submit_one(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Freeze the claim as it goes out."""
    claim = _claim(patient, claim_id)
    warned = warnings_of([claim])
    try:
        submit_claims(by=request.user, claims=[claim])
    except DomainError as error:
        return htmx.redirect(request, _address(claim), error.message, "error")
    words = f"Claim {claim.number} is submitted. It doesn't change any more.{warned}"
    return htmx.redirect(request, _address(claim), words)


@require_http_methods(["GET", "POST"])
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def claims_void(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Take the claim out of the running, with a reason."""
    claim = _claim(patient, claim_id)
    form = ReasonForm(sent(request))
    if form.is_valid():
        with form.refusals():
            void_claim(by=request.user, claim=claim, reason=form.cleaned_data["reason"])
            return htmx.redirect(
                request, _address(claim), f"Claim {claim.number} is void; its visit can be billed again."
            )
    context = {**chart_context(request, patient, "billing"), "form": form, "claim": claim, "back": _address(claim)}
    return render(request, "billing/claims/void.html", context, status=form.http_status)


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def claims_replace(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Begin the claim that takes the place of this one, or open the one that is begun."""
    claim = _claim(patient, claim_id)
    try:
        made = replace_claim(by=request.user, claim=claim)
    except DomainError as error:
        return htmx.redirect(request, _address(claim), error.message, "warning")
    return htmx.redirect(request, _address(made), "Look at its diagnoses and charges, check it again, then submit it.")


@require_safe
@chart_view(Permission.EXPORT_CLAIMS, section="billing", action=AccessAction.PRINT)
def claims_print(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """The claim as a PDF: a review copy at any time; what was printed on the red form, once more, with its shifts. It
    first goes out on paper in a batch, which is kept, so that a second time is told.
    """
    claim = _claim(patient, claim_id)
    style = Style.DATA_ONLY if request.GET.get("style") == Style.DATA_ONLY else Style.REVIEW
    if claim.coverage_id is None:
        return htmx.redirect(request, _address(claim), "The patient pays this claim, so it has no form.", "warning")
    printed = _printed(claim) if style is Style.DATA_ONLY else None
    if style is Style.DATA_ONLY and printed is None:
        words = "No claim in force was printed on the payer's form, so none is printed again. Print a review copy."
        return htmx.redirect(request, _address(claim), words, "warning")
    margins = Margins(left=float(printed.margin_left), top=float(printed.margin_top)) if printed else None
    try:
        content = claim_pdf(claim, style, margins)
    except FormError as error:
        return htmx.redirect(request, _address(claim), str(error), "error")
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="claim-{claim.number}.pdf"'
    return response


@require_safe
@chart_view(Permission.VIEW_BILLING, section="billing")
def patient_panel(request: StaffRequest, patient: Patient) -> HttpResponse:
    """A patient's claims: a fragment for the chart's summary, and a page of its own."""
    rows = patient_claims(request.user, patient.pk)
    context: dict[str, Any] = {"rows": rows, "patient_id": patient.pk}
    if not htmx.is_htmx(request):
        context |= chart_context(request, patient, "billing")
    return htmx.render(request, "billing/claims/patient.html", "billing/claims/_patient.html", context)


def _claim(patient: Patient, claim_id: UUID) -> Claim:
    claim = (
        Claim.objects.select_related("patient", "payer", "encounter__practitioner", "submitted_by", "assignee")
        .prefetch_related("items__charge_item__performer")
        .filter(patient=patient, pk=claim_id)
        .first()
    )
    if claim is None:
        raise Http404
    return claim


def _printed(claim: Claim) -> ClaimBatch | None:
    return last_print(claim) if claim.status == ClaimStatus.ACTIVE else None


def _address(claim: Claim) -> str:
    return reverse("billing:claims_detail", args=[claim.patient_id, claim.pk])


def _page(request: StaffRequest, patient: Patient, claim: Claim) -> HttpResponse:
    draft = claim.status == ClaimStatus.DRAFT
    may_change = request.user.has_perm(Permission.CREATE_CLAIMS)
    money = explain(claim)
    decided = decided_on(claim, money.owed)
    context = {
        **chart_context(request, patient, "billing"),
        "page": claim_page(claim, request.user),
        "money": money,
        "decided": decided,
        "why": why(claim, decided, money.owed),
        "changed": changed_diagnoses(claim),
        "relatives": relatives(claim),
        "may_post": request.user.has_perm(Permission.POST_REMITTANCES),
        "leftovers": leftovers(claim.encounter, vaccine_proposals(claim.encounter)),
        "offer": self_pay_offer(claim),
        "plan": on_a_plan(patient),
        "disputable": disputable_estimates(patient) if claim.coverage_id is None else [],
        **work_context(request, claim),
        "may_adjust": request.user.has_perm(Permission.ADJUST_BALANCES),
        "may_refund": request.user.has_perm(Permission.CLOSE_DAY),
        "claim": claim,
        "draft": draft,
        "may_change": may_change,
        "may_replace": claim.state not in OVER and claim.frequency != "8" and bool(claim.payer_control_number),
        "may_print": request.user.has_perm(Permission.EXPORT_CLAIMS) and claim.coverage_id is not None,
        "printed": _printed(claim) is not None,
        "may_set_rules": request.user.has_perm(Permission.MANAGE_FEES),
        "may_charge": request.user.has_perm(Permission.EDIT_CHARGES),
    }
    return render(request, "billing/claims/detail.html", context)
