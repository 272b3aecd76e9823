"""Reconciling medications, and the events of the past."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.reconciliations import reconcile
from clinic.chart import chart_context
from clinic.forms.reconciliations import ReconciliationForm
from clinic.models import Patient
from clinic.queries.encounters import open_visit
from clinic.queries.medications import going_on
from clinic.queries.reconciliations import latest_reconciliation, reconciliations
from clinic.views.safety import standing_context
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import sent


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.EDIT_CHART, section="medications")
def start(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Go through the list: each drug goes on, changes or stops; what is missing is added; one event is recorded."""
    form = ReconciliationForm(sent(request), patient, going_on(patient))
    if form.is_valid():
        with form.refusals():
            reconcile(by=request.user, patient=patient, encounter=open_visit(patient), **form.said())
            here = reverse("clinic:medications_list", args=[patient.pk])
            return htmx.redirect(request, here, "The medications are reconciled.")
    context = {
        **chart_context(request, patient, "medications"),
        "form": form,
        "latest": latest_reconciliation(patient),
    }
    return render(request, "clinic/medications/reconcile.html", context, status=form.http_status)


@require_safe
@chart_view(Permission.VIEW_CHART, section="medications")
def events(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What was decided, when and by whom."""
    context = {**chart_context(request, patient, "medications"), "events": reconciliations(patient)}
    return render(request, "clinic/medications/reconciliations.html", context)


def list_context(patient: Patient) -> dict[str, Any]:
    """For the medication list: the warnings, and when it was gone through last."""
    return {**standing_context(patient), "line": latest_reconciliation(patient) or "Never reconciled."}
