"""Vital signs and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.errors import enter_in_error
from clinic.actions.observations import codes_of, correct_vital, record_vitals
from clinic.chart import chart_context
from clinic.forms.lists import ErrorForm, ResultsFilterForm
from clinic.forms.observations import CorrectionForm, MomentsForm, VitalsForm
from clinic.growth import LAST_MONTH, age_in_months
from clinic.models import Observation, Patient
from clinic.queries.encounters import open_visit
from clinic.queries.flowsheets import COLUMNS, flowsheet, readings
from clinic.queries.observations import last_of_each, latest_vitals, vital_signs
from clinic.queries.reports import chart_reports
from clinic.queries.results import KINDS, latest_results, results
from clinic.views.lists import row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui import formats, htmx
from emr.ui.forms import Form, sent
from emr.ui.navigation import Tab

_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@chart_view(Permission.VIEW_CHART, section="vitals")
def vitals(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The latest values, the flowsheet, and each reading."""
    return _vitals_page(request, patient, vital_signs(patient))


@_page
@chart_view(Permission.RECORD_VITALS, section="vitals")
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Record a set of vital signs."""
    rows = vital_signs(patient)
    form = VitalsForm(sent(request), patient=patient, last=last_of_each(rows))

    def write(data: dict[str, Any]) -> object:
        return record_vitals(
            by=request.user,
            patient=patient,
            encounter=open_visit(patient),
            effective_at=data["effective_at"] or timezone.now(),
            readings=form.readings(),
        )

    done = _written(request, patient, form, write, "Vital signs are recorded.")
    return done or _vitals_page(request, patient, rows, form=form, panel="Record vital signs")


@_page
@chart_view(Permission.RECORD_VITALS, section="vitals")
def correct(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Put the right value in the place of a wrong one, which stays in sight."""
    row = row_of(Observation, patient, row_id)
    codes = codes_of(row)
    if not codes:
        raise Http404
    rows = vital_signs(patient)
    last = last_of_each(one for one in rows if one.effective_at < row.effective_at)
    form = CorrectionForm(
        sent(request), patient=patient, last=last, only=codes, at=row.effective_at, usual=row.value_unit
    )

    def write(data: dict[str, Any]) -> object:
        return correct_vital(by=request.user, row=row, readings=form.readings(), reason=data["reason"])

    done = _written(request, patient, form, write, "The value is corrected. The old one stays in sight.")
    panel = f"Correct {row.display.lower()} of {formats.instant(row.effective_at)}"
    return done or _vitals_page(request, patient, rows, form=form, panel=panel)


@_page
@chart_view(Permission.RECORD_VITALS, section="vitals")
def error(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Mark a value as entered in error."""
    row = row_of(Observation, patient, row_id)
    form = ErrorForm(sent(request))

    def write(data: dict[str, Any]) -> object:
        return enter_in_error(by=request.user, row=row, reason=data["reason"])

    done = _written(request, patient, form, write, "The value is marked as entered in error.")
    return done or _vitals_page(request, patient, vital_signs(patient), form=form, panel=f"Entered in error: {row}")


@require_safe
@chart_view(Permission.VIEW_CHART, section="results")
def results_list(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Of each test the latest result, and all of them by time."""
    kind, page = ResultsFilterForm(request.GET).chosen()
    found, older = results(patient, kind, page=page)
    base = reverse("clinic:results_list", args=[patient.pk])
    context = {
        **chart_context(request, patient, "results"),
        "reports": chart_reports(patient) if kind == "tests" and page == 1 else [],
        "may_edit": request.user.has_perm(Permission.EDIT_CHART),
        "latest": latest_results(patient, kind),
        "results": found,
        "kinds": [Tab(label, f"{base}?kind={name}", current=name == kind) for name, (label, _) in KINDS.items()],
        "newer_url": f"{base}?kind={kind}&page={page - 1}" if page > 1 else None,
        "older_url": f"{base}?kind={kind}&page={page + 1}" if older else None,
        "page": page,
    }
    return render(request, "clinic/observations/results.html", context)


def _written(
    request: StaffRequest, patient: Patient, form: Form, write: Callable[[dict[str, Any]], object], done: str
) -> HttpResponse | None:
    """Write what was sent and lead back to the vital signs; None as long as there is something to mend."""
    if not form.is_bound or not form.is_valid():
        return None
    with form.refusals():
        write(form.cleaned_data)
        return htmx.redirect(request, reverse("clinic:vitals_list", args=[patient.pk]), done)
    return None


def _vitals_page(
    request: StaffRequest, patient: Patient, rows: list[Observation], *, form: Form | None = None, panel: str = ""
) -> HttpResponse:
    before, after = MomentsForm(request.GET).chosen()
    context = {
        **chart_context(request, patient, "vitals"),
        "flow": flowsheet(patient, columns=COLUMNS // 2 if form else COLUMNS, before=before, after=after),
        "grows": age_in_months(patient.birth_date, timezone.localdate()) < LAST_MONTH,
        "latest": latest_vitals(rows, patient.birth_date),
        "readings": readings(patient),
        "may_record": request.user.has_perm(Permission.RECORD_VITALS),
        "form": form,
        "panel": panel,
    }
    status = form.http_status if form is not None else 200
    return render(request, "clinic/observations/vitals.html", context, status=status)
