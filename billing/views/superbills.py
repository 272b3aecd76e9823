"""Superbills: of one visit, and of the visits of some days.

They name diagnoses, which who only takes payments doesn't read: at the counter the receipt is the patient's paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from billing.forms.superbills import SuperbillForm
from billing.printouts.superbills import superbill_pdf
from billing.queries.superbills import VisitBill, bill_of, bills_between, visits_with_charges
from billing.views.lists import link, page_number
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Encounter, Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.ui import htmx


@require_safe
@chart_view(Permission.VIEW_BILLING, section="billing", action=AccessAction.PRINT)
def superbills_visit(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """The superbill of a visit as a PDF; without charges there is none, which the page of superbills says."""
    bills = bill_of(patient, encounter_id)
    if bills:
        return _pdf(request, patient, bills, timezone.now())
    if not Encounter.objects.filter(patient=patient, pk=encounter_id).exists():
        raise Http404
    words = "Nothing is charged for this visit yet, so there is no superbill of it."
    return htmx.redirect(request, reverse("billing:superbills_list", args=[patient.pk]), words, "warning")


@require_safe
@chart_view(Permission.VIEW_BILLING, section="billing")
def superbills_list(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The patient's charged visits, page by page, and the form for the superbill of some days."""
    return _page(request, patient)


@require_POST
@chart_view(Permission.VIEW_BILLING, section="billing", action=AccessAction.PRINT)
def superbills_print(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The superbill of some days as a PDF; the days are in no address."""
    form = SuperbillForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, form)
    bills = bills_between(patient, form.cleaned_data["first"], form.cleaned_data["last"])
    if bills:
        return _pdf(request, patient, bills, timezone.now())
    form.add_error(None, "Nothing is charged for a visit on these days. The charged visits are listed below.")
    return _page(request, patient, form)


def _pdf(request: StaffRequest, patient: Patient, bills: Sequence[VisitBill], now: datetime) -> HttpResponse:
    content = superbill_pdf(patient, bills, by=request.user, printed=now)
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="superbill.pdf"'
    return response


def _page(request: StaffRequest, patient: Patient, form: SuperbillForm | None = None) -> HttpResponse:
    visits = visits_with_charges(patient, page_number(request.GET.get("page")))
    form = form or SuperbillForm(initial={"first": visits.first, "last": visits.last})
    here, place = reverse("billing:superbills_list", args=[patient.pk]), visits.place
    context: dict[str, Any] = {**chart_context(request, patient, "payments"), "form": form, "rows": visits.rows}
    context |= {
        "place": place,
        "newer_url": link(here, page=place.page - 1) if place.page > 1 else None,
        "older_url": link(here, page=place.page + 1) if place.page < place.pages else None,
    }
    return render(request, "billing/superbills/list.html", context, status=form.http_status)
