"""Charges of a visit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.actions.charges import add_charge, void_charge
from billing.forms.charges import ChargeForm, ReasonForm
from billing.forms.services import ServiceField
from billing.models import ChargeItem
from billing.queries.charges import VisitCharges, visit_charges
from billing.queries.services import find_services
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from clinic.queries.coverages import coverage_on
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@require_http_methods(["GET", "POST"])
@chart_view(Permission.EDIT_CHARGES, section="charges")
def charges_edit(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """What was done at a visit and what it costs. It shows no word of the note."""
    visit = _visit(patient, encounter_id)
    form = _form(request, patient, visit)
    if form.is_valid():
        with form.refusals():
            charge = add_charge(by=request.user, encounter=visit.encounter, **form.cleaned_data)
            return redirect(request, request.path, f"{charge.code} is charged.")
    return _page(request, patient, visit, form)


@require_http_methods(["GET", "POST"])
@chart_view(Permission.EDIT_CHARGES, section="charges")
def charges_void(request: StaffRequest, patient: Patient, encounter_id: UUID, charge_id: UUID) -> HttpResponse:
    """Take a charge back, with a reason."""
    charge = ChargeItem.objects.filter(patient=patient, encounter_id=encounter_id, pk=charge_id).first()
    if charge is None:
        raise Http404
    back = reverse("billing:charges_edit", args=[patient.pk, encounter_id])
    form = ReasonForm(sent(request))
    if form.is_valid():
        with form.refusals():
            void_charge(by=request.user, charge=charge, reason=form.cleaned_data["reason"])
            return redirect(request, back, f"{charge.code} is taken back.")
    context = {**chart_context(request, patient, "encounters"), "form": form, "charge": charge, "back": back}
    return render(request, "billing/charges/void.html", context)


@require_safe
@staff_view(Permission.EDIT_CHARGES)
def services_search(request: StaffRequest) -> HttpResponse:
    """Services for the text ``q``: options under the field of charge entry."""
    text = request.GET.get("q", "").strip()
    found = find_services(text, day=clinic_today(), limit=12)
    return render(request, "billing/charges/_services.html", {"services": found, "text": text})


def _visit(patient: Patient, encounter_id: UUID) -> VisitCharges:
    visit = visit_charges(patient, encounter_id)
    if visit is None:
        raise Http404
    return visit


def _form(request: StaffRequest, patient: Patient, visit: VisitCharges) -> ChargeForm:
    day = visit.encounter.period_start.astimezone(clinic_zone()).date()
    initial: dict[str, Any] = {"service_date": day}
    if not visit.diagnoses:
        initial["diagnosis_ranks"] = ""
    form = ChargeForm(sent(request), initial=initial)
    coverage = coverage_on(patient, day)
    coding = form.fields["coding"]
    if isinstance(coding, ServiceField):
        coding.on, coding.payer = day, coverage.payer if coverage else None
    form.fields["diagnosis_ranks"].required = bool(visit.diagnoses)
    return form


def _page(request: StaffRequest, patient: Patient, visit: VisitCharges, form: ChargeForm) -> HttpResponse:
    context = {
        **chart_context(request, patient, "encounters"),
        "visit": visit,
        "form": form,
        "may_bill": request.user.has_perm(Permission.CREATE_CLAIMS),
        "may_view": request.user.has_perm(Permission.VIEW_BILLING),
    }
    return render(request, "billing/charges/form.html", context)
