"""How a child grows: charts, percentiles, and the same on paper."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.doubts import sex_of
from clinic.growth import age_in_months
from clinic.models import Patient
from clinic.printouts.growth import growth_pdf
from clinic.queries.growth_charts import SHEETS, days, drawing, measured
from clinic.queries.observations import gestation
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.ui.charts import Frame
from emr.ui.navigation import Tab

#: Months of age to which it is asked whether the child was born before term.
ASKED_UNTIL = 36.0
_FRAME = Frame(width=760, height=480, left=44, right=40, bottom=44)


@require_safe
@chart_view(Permission.VIEW_CHART, section="vitals")
def growth(request: StaffRequest, patient: Patient) -> HttpResponse:
    """One chart, the others as tabs, and all measurements with their percentiles."""
    female = _tables(request, patient)
    weeks = gestation(patient)
    found = measured(patient, weeks)
    young = not found or found[-1].months < 24
    asked = request.GET.get("chart", "")
    chosen = asked if asked in SHEETS else "who-weight" if young else "cdc-weight"
    base = reverse("clinic:growth_list", args=[patient.pk])
    own = "" if sex_of(patient) is not None or female is None else f"&sex={'female' if female else 'male'}"
    context = {
        **chart_context(request, patient, "vitals"),
        "drawing": drawing(chosen, found, female=female, frame=_FRAME) if found and female is not None else None,
        "days": days(found, female=female) if female is not None else [],
        "found": found,
        "weeks": weeks,
        "asked": age_in_months(patient.birth_date, timezone.localdate()) < ASKED_UNTIL,
        "sheets": [
            Tab(f"{sheet.short}, {sheet.reference}", f"{base}?chart={name}{own}", current=name == chosen)
            for name, sheet in SHEETS.items()
        ],
        "sex_known": female is not None,
        "own": own.replace("&", "?", 1),
    }
    return render(request, "clinic/growth/list.html", context)


@require_safe
@chart_view(Permission.VIEW_CHART, section="vitals", action=AccessAction.PRINT)
def growth_print(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Every chart that has a measurement on it, one a page, and the table, as a PDF."""
    female = _tables(request, patient)
    if female is None:
        return redirect("clinic:growth_list", patient.pk)
    pdf = growth_pdf(patient, female=female, by=request.user, printed=timezone.now())
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": 'inline; filename="growth-charts.pdf"'}
    )


def _tables(request: StaffRequest, patient: Patient) -> bool | None:
    """Whether the girls' tables are used: by the record, else as chosen on the page; None while neither says."""
    known = sex_of(patient)
    return known if known is not None else {"female": True, "male": False}.get(request.GET.get("sex", ""))
