"""The particulars of a visit for its claims."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from billing.actions.supporting_info import save_supporting_info
from billing.forms.supporting_info import SupportingInfoForm
from billing.queries.supporting_info import referrers, supporting_info_of
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Encounter, Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@require_http_methods(["GET", "POST"])
@chart_view(Permission.EDIT_CHARGES, section="charges")
def particulars_edit(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """Boxes 10, 14 to 20 and 32 of the visit's claims, and what has no box."""
    encounter = Encounter.objects.filter(patient=patient, pk=encounter_id).first()
    if encounter is None:
        raise Http404
    back = reverse("billing:charges_edit", args=[patient.pk, encounter.pk])
    form = SupportingInfoForm(sent(request), instance=supporting_info_of(encounter), referrers=referrers())
    if form.is_valid():
        with form.refusals():
            save_supporting_info(by=request.user, encounter=encounter, **form.cleaned_data)
            return redirect(request, back, "The particulars are saved; a draft claim says them.")
    context = {
        **chart_context(request, patient, "encounters"),
        "form": form,
        "encounter": encounter,
        "back": back,
    }
    return render(request, "billing/charges/particulars.html", context, status=form.http_status)
