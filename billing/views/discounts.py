"""The discount for those who pay themselves: one click on the claim's page."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from billing.actions.discounts import give_self_pay_discount
from billing.models import Claim
from clinic.access import chart_view
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import Form


class DiscountForm(Form):
    """The percentage that the page offered."""

    share = forms.DecimalField(widget=forms.HiddenInput, max_digits=5, decimal_places=2)


@require_POST
@chart_view(Permission.ADJUST_BALANCES, section="billing")
def claims_discount(request: StaffRequest, patient: Patient, claim_id: UUID) -> HttpResponse:
    """Give the discount that the claim's page offers."""
    claim = Claim.objects.on_ledger().filter(patient=patient, pk=claim_id).first()
    if claim is None:
        raise Http404
    back = reverse("billing:claims_detail", args=[patient.pk, claim.pk])
    form = DiscountForm(request.POST)
    if form.is_valid():
        with form.refusals():
            given = give_self_pay_discount(by=request.user, claim=claim, share=form.cleaned_data["share"])
            return htmx.redirect(request, back, f"{given.reason}: taken off claim {claim.number}.")
    words = " ".join(map(str, form.non_field_errors())) or "Open the page again."
    return htmx.redirect(request, back, words, "warning")
