"""Checks of policies with their payers: asked for, and looked back at."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinic.access import chart_view
from clinic.actions.eligibility import request_check
from clinic.chart import chart_context
from clinic.eligibility.words import benefit_words
from clinic.forms.coverages import EligibilityForm
from clinic.models import Coverage, CoverageEligibilityResponse, Patient
from clinic.queries.eligibility import eligibility_row
from clinic.queries.eligibility import history as checks_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx


@chart_view(Permission.EDIT_COVERAGE, section="coverages")
@require_POST
def ask(request: StaffRequest, patient: Patient, coverage_id: UUID) -> HttpResponseBase:
    """Ask the payer of a policy about a day of service; a worker does it, the list shows how it goes."""
    coverage = get_object_or_404(Coverage, pk=coverage_id, patient=patient)
    back = reverse("clinic:coverages_list", args=[patient.pk])
    form = EligibilityForm(request.POST)
    if not form.is_valid():
        said = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return htmx.redirect(request, back, said, "error")
    day = form.cleaned_data["service_date"]
    try:
        token = form.cleaned_data["token"]
        job = request_check(by=request.user, coverage=coverage, service_date=day, request_token=token)
    except DomainError as refusal:
        return htmx.redirect(request, back, refusal.message, "error")
    return htmx.redirect(request, f"{back}?job={job.pk}")


@require_safe
@chart_view(Permission.VIEW_COVERAGE, section="coverages")
def history(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All checks for a patient, the latest first, those that failed too."""
    context = {**chart_context(request, patient, "coverages"), "rows": checks_of(patient)}
    return render(request, "clinic/coverages/checks.html", context)


@require_safe
@chart_view(Permission.VIEW_COVERAGE, section="coverages")
def detail(request: StaffRequest, patient: Patient, check_id: UUID) -> HttpResponse:
    """One check: what the payer said, benefit by benefit, and what went over the line."""
    rows = CoverageEligibilityResponse.objects.select_related("coverage", "insurer", "created_by")
    row = rows.filter(patient=patient, pk=check_id).first()
    if row is None:
        raise Http404
    context = {
        **chart_context(request, patient, "coverages"),
        "row": eligibility_row(row),
        "benefits": [(benefit_words(item), item) for item in row.item],
        "sent": row.request.replace("~", "~\n"),
        "came": row.response.replace("~", "~\n"),
        "trace": row.trace_number,
    }
    return render(request, "clinic/coverages/check.html", context)
