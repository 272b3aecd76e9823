"""Vital signs and results."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.errors import enter_in_error
from clinic.actions.observations import record_vitals
from clinic.chart import chart_context
from clinic.forms.lists import ErrorForm, VitalsForm
from clinic.models import Observation, Patient
from clinic.queries.lists import open_visit
from clinic.queries.observations import body_mass_index, flowsheet, latest_vitals, results, vital_signs
from clinic.views.lists import row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import Form

_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@chart_view(Permission.VIEW_CHART, section="vitals")
def vitals(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The flowsheet and the trends."""
    return _vitals_page(request, patient)


@_page
@chart_view(Permission.RECORD_VITALS, section="vitals")
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Record a set of vital signs."""
    form = VitalsForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            record_vitals(
                by=request.user,
                patient=patient,
                encounter=open_visit(patient),
                effective_at=form.cleaned_data["effective_at"] or timezone.now(),
                readings=form.readings(),
            )
        except DomainError as error:
            form.take(error)
        else:
            return htmx.redirect(request, reverse("clinic:vitals_list", args=[patient.pk]), "Vital signs are recorded.")
    return _vitals_page(request, patient, form=form, panel="Record vital signs")


@_page
@chart_view(Permission.RECORD_VITALS, section="vitals")
def error(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Mark a value as entered in error."""
    row = row_of(Observation, patient, row_id)
    form = ErrorForm(request.POST or None)
    if form.is_bound and form.is_valid():
        enter_in_error(by=request.user, row=row, reason=form.cleaned_data["reason"])
        return htmx.redirect(request, reverse("clinic:vitals_list", args=[patient.pk]), "The value is marked.")
    return _vitals_page(request, patient, form=form, panel=f"Entered in error: {row}")


@require_safe
@chart_view(Permission.VIEW_CHART, section="results")
def results_list(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Results, newest first."""
    context = {**chart_context(request, patient, "results"), "results": results(patient)}
    return render(request, "clinic/observations/results.html", context)


def _vitals_page(request: StaffRequest, patient: Patient, *, form: Form | None = None, panel: str = "") -> HttpResponse:
    rows = vital_signs(patient)
    head, flow = flowsheet(rows)
    context = {
        **chart_context(request, patient, "vitals"),
        "head": head,
        "flow": flow,
        "latest": latest_vitals(rows),
        "bmi": body_mass_index(rows),
        "readings": rows[:12],
        "may_record": request.user.has_perm(Permission.RECORD_VITALS),
        "form": form,
        "panel": panel,
    }
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "clinic/observations/vitals.html", context, status=status)
