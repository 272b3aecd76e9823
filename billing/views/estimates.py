"""Good-faith estimates of one patient: given, listed beside what was billed, printed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.actions.estimates import Request, give_estimate
from billing.forms.estimates import EstimateForm
from billing.models import GoodFaithEstimate
from billing.printouts.estimates import estimate_pdf
from billing.queries.discounts import self_pay_share
from billing.queries.estimates import DISPUTED_FROM, coming_visits, estimates_of, usual_services
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from clinic.queries.coverages import first_coverage_on
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.shared.dates import clinic_day, clinic_today
from emr.ui.forms import sent
from emr.ui.htmx import redirect
from scheduling.models import Appointment


@require_safe
@chart_view(Permission.TAKE_PAYMENTS, section="billing")
def estimates_patient(request: StaffRequest, patient: Patient) -> HttpResponse:
    """A patient's estimates beside what was billed, and the visits to come that one can be given for."""
    context: dict[str, Any] = {**chart_context(request, patient, "payments"), "visits": coming_visits(patient)[:10]}
    context |= {"estimates": estimates_of(patient), "disputed_from": DISPUTED_FROM}
    return render(request, "billing/estimates/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.TAKE_PAYMENTS, section="billing")
def estimates_give(request: StaffRequest, patient: Patient, appointment_id: UUID | None = None) -> HttpResponseBase:
    """Make an estimate, for a visit that is booked or for one that was asked about."""
    visit = _visit(patient, appointment_id)
    form = EstimateForm(sent(request), initial=_initial(visit))
    if form.is_valid():
        said = form.cleaned_data
        asked = Request(
            services=form.services(),
            practitioners=list(said["practitioners"]),
            diagnoses=said["diagnoses"],
            service_date=said["service_date"],
            appointment=visit,
            apart=said["apart"],
        )
        with form.refusals():
            made = give_estimate(by=request.user, patient=patient, asked=asked, request_token=said.get("request_token"))
            back = reverse("billing:estimates_patient", args=[patient.pk])
            return redirect(request, back, f"Estimate {made.number} is made. Print it and give it to the patient.")
    day = clinic_day(visit.start_at) if visit else clinic_today()
    context: dict[str, Any] = {**chart_context(request, patient, "payments"), "form": form, "visit": visit}
    context |= {"share": self_pay_share(), "coverage": first_coverage_on(patient, day)}
    return render(request, "billing/estimates/give.html", context, status=form.http_status)


@require_safe
@chart_view(Permission.TAKE_PAYMENTS, section="billing", action=AccessAction.PRINT)
def estimates_print(request: StaffRequest, patient: Patient, estimate_id: UUID) -> HttpResponse:
    """The estimate as a PDF, as it was given."""
    row = GoodFaithEstimate.objects.filter(patient=patient, pk=estimate_id).first()
    if row is None:
        raise Http404
    response = HttpResponse(estimate_pdf(row), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="estimate-{row.number}.pdf"'
    return response


def _visit(patient: Patient, key: UUID | None) -> Appointment | None:
    if key is None:
        return None
    row = coming_visits(patient).filter(pk=key).first()
    if row is None:
        raise Http404
    return row


def _initial(visit: Appointment | None) -> dict[str, Any]:
    if visit is None:
        return {}
    initial: dict[str, Any] = {"service_date": clinic_day(visit.start_at), "practitioners": [visit.practitioner_id]}
    return initial | {f"service_{n}": coding for n, coding in enumerate(usual_services(visit), 1)}
