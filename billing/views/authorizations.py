"""A patient's authorizations, and what a press mends on a claim."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.authorizations import mark_authorization_wrong, save_authorization, use_authorization
from billing.actions.remedies import apply_remedy
from billing.choices import ClaimState
from billing.forms.charges import ReasonForm
from billing.forms.rules import AuthorizationForm, ChooseAuthorizationForm, RemedyForm
from billing.models import Authorization, Claim
from billing.queries.authorizations import authorization_rows
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent

_FIELDS = ("coverage", "kind", "number", "visits_allowed", "period_start", "period_end", "codes", "comment")


@require_safe
@chart_view(Permission.VIEW_COVERAGE, section="billing")
def authorizations_list(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All authorizations of a patient, with the visits that are used."""
    context = {
        **chart_context(request, patient, "coverages"),
        "rows": authorization_rows(patient),
        "may_change": request.user.has_perm(Permission.EDIT_COVERAGE),
        "insured": patient.coverages.filter(entered_in_error_at=None).exists(),
    }
    return render(request, "billing/authorizations/list.html", context)


@require_http_methods(["GET", "POST"])
@chart_view(Permission.EDIT_COVERAGE, section="billing")
def authorizations_add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Write down what a payer allowed."""
    return _edit(request, patient, None)


@require_http_methods(["GET", "POST"])
@chart_view(Permission.EDIT_COVERAGE, section="billing")
def authorizations_edit(request: StaffRequest, patient: Patient, authorization_id: UUID) -> HttpResponse:
    """Correct what was written down."""
    return _edit(request, patient, _of(patient, authorization_id))


@require_http_methods(["GET", "POST"])
@chart_view(Permission.EDIT_COVERAGE, section="billing")
def authorizations_error(request: StaffRequest, patient: Patient, authorization_id: UUID) -> HttpResponse:
    """Say that an authorization never was."""
    row = _of(patient, authorization_id)
    form = ReasonForm(sent(request))
    if form.is_valid():
        with form.refusals():
            mark_authorization_wrong(by=request.user, authorization=row, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, _list(patient), f"{row.number} is marked as entered in error.")
    context = {**chart_context(request, patient, "coverages"), "form": form, "row": row}
    return render(request, "billing/authorizations/error.html", context, status=form.http_status)


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def claims_authorize(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Put an authorization in box 23 of a draft, or none."""
    claim = get_object_or_404(Claim, patient=patient, pk=claim_id)
    form = ChooseAuthorizationForm(request.POST, patient=patient)
    if not form.is_valid():
        return htmx.redirect(request, _address(claim), "Choose one of the patient's authorizations.", "warning")
    chosen = form.cleaned_data["authorization"]
    try:
        use_authorization(by=request.user, claim=claim, authorization=chosen)
    except DomainError as error:
        return htmx.redirect(request, _address(claim), error.message, "warning")
    return htmx.redirect(request, _address(claim), f"Box 23 has {chosen.number}." if chosen else "Box 23 is empty.")


@require_POST
@chart_view(Permission.CREATE_CLAIMS, section="billing")
def claims_remedy(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Mend a fault at one press, and check the claim again."""
    claim = get_object_or_404(Claim, patient=patient, pk=claim_id)
    form = RemedyForm(request.POST)
    if not form.is_valid():
        return htmx.redirect(request, _address(claim), "Press a button of the list of faults.", "warning")
    try:
        fresh = apply_remedy(by=request.user, claim=claim, **form.cleaned_data)
    except DomainError as error:
        return htmx.redirect(request, _address(claim), error.message, "warning")
    held = fresh.state == ClaimState.HELD
    words = "Mended. Something else is still lacking." if held else "Mended: nothing holds the claim any more."
    return htmx.redirect(request, _address(claim), words, "warning" if held else "success")


def _edit(request: StaffRequest, patient: Patient, row: Authorization | None) -> HttpResponse:
    initial = {name: getattr(row, name) for name in _FIELDS} if row else {}
    form = AuthorizationForm(sent(request), patient=patient, initial=initial)
    if form.is_valid():
        with form.refusals():
            kept = save_authorization(by=request.user, authorization=row, **form.cleaned_data)
            return htmx.redirect(request, _list(patient), f"{kept.number} is kept.")
    context = {**chart_context(request, patient, "coverages"), "form": form, "row": row}
    return render(request, "billing/authorizations/form.html", context, status=form.http_status)


def _of(patient: Patient, authorization_id: UUID) -> Authorization:
    rows = Authorization.objects.select_related("coverage__payer", "patient")
    return get_object_or_404(rows, patient=patient, pk=authorization_id, entered_in_error_at=None)


def _list(patient: Patient) -> str:
    return reverse("billing:authorizations_list", args=[patient.pk])


def _address(claim: Claim) -> str:
    return reverse("billing:claims_detail", args=[claim.patient_id, claim.pk])
