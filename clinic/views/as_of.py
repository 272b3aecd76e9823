"""The chart as it was known at an instant: on a page, and on paper."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.forms.history import AsOfForm
from clinic.models import Patient
from clinic.printouts.as_of import as_of_pdf
from clinic.queries.as_of import chart_as_of
from clinic.views import allergies, conditions, medications
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction

SECTION = "as_of"


@require_safe
@chart_view(Permission.VIEW_HISTORY, section=SECTION)
def chart_as_of_page(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Problems, medications, allergies, vitals and results as they were known on a day, at a time."""
    form = _form(request)
    known = chart_as_of(patient, form.instant())
    lists = [
        (conditions.ROOM, known.conditions),
        (medications.ROOM, known.medications),
        (allergies.ROOM, known.allergies),
    ]
    path = reverse("clinic:chart_as_of_print", args=[patient.pk])
    context: dict[str, Any] = {
        **chart_context(request, patient, "summary"),
        "filter": form,
        "known": known,
        "lists": lists,
        "past": form.is_bound and form.is_valid(),
        "print_url": f"{path}?{urlencode(_asked(form))}" if _asked(form) else path,
    }
    return render(request, "clinic/history/as_of.html", context, status=422 if form.is_bound and form.errors else 200)


@require_safe
@chart_view(Permission.VIEW_HISTORY, section=SECTION, action=AccessAction.PRINT)
def chart_as_of_print(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The same on paper."""
    known = chart_as_of(patient, _form(request).instant())
    return HttpResponse(
        as_of_pdf(patient, known, by=request.user, printed=timezone.now()),
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="chart-as-known.pdf"'},
    )


def _form(request: StaffRequest) -> AsOfForm:
    return AsOfForm(request.GET if "on" in request.GET else None)


def _asked(form: AsOfForm) -> dict[str, str]:
    """What was asked for, for the link to the same on paper."""
    names = ("on", "at") if form.is_bound and form.is_valid() else ()
    return {name: str(form.data[name]) for name in names if form.data.get(name)}
