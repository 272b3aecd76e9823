"""Safety checks: what speaks against the patient's drugs, why somebody went on, and what the clinic's checks know."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.safety import override_standing
from clinic.chart import chart_context
from clinic.forms.safety import OverrideForm
from clinic.models import Patient
from clinic.queries.encounters import open_visit
from clinic.queries.knowledge import knowledge_state
from clinic.queries.safety import overrides_of, standing_with_reasons
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import sent

_SHOWN = 100


@require_safe
@chart_view(Permission.VIEW_CHART, section="medications")
def safety(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What speaks against what the patient takes, what was not checked, and the reasons given so far."""
    return _page(request, patient, OverrideForm(None))


@require_http_methods(["POST"])
@chart_view(Permission.EDIT_CHART, section="medications")
def override(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Say why a drug stays in spite of a warning."""
    form = OverrideForm(sent(request))
    if form.is_valid():
        with form.refusals():
            override_standing(by=request.user, patient=patient, encounter=open_visit(patient), **form.cleaned_data)
            here = reverse("clinic:safety_list", args=[patient.pk])
            return htmx.redirect(request, here, "The reason is recorded.")
    return _page(request, patient, form)


@require_safe
@staff_view(Permission.SEARCH_CODES)
def knowledge(request: StaffRequest) -> HttpResponse:
    """What the safety checks of this clinic rest on, and what they lack."""
    return render(request, "clinic/safety/knowledge.html", {"state": knowledge_state()})


def standing_context(patient: Patient) -> dict[str, Any]:
    """For a list: the warnings that nobody has given a reason for, and what was not checked."""
    check, standing = standing_with_reasons(patient)
    return {"standing": [one for one in standing if one.passed is None], "check": check}


def _page(request: StaffRequest, patient: Patient, form: OverrideForm) -> HttpResponse:
    check, standing = standing_with_reasons(patient)
    context = {
        **chart_context(request, patient, "medications"),
        "check": check,
        "standing": standing,
        "overrides": overrides_of(patient)[:_SHOWN],
        "form": form,
        "may_edit": request.user.has_perm(Permission.EDIT_CHART),
    }
    return render(request, "clinic/safety/list.html", context, status=form.http_status)
