"""Growth charts on paper."""

from __future__ import annotations

from datetime import datetime

from clinic.models import Patient
from clinic.queries.growth_charts import SHEETS, days, drawing, measured
from clinic.queries.observations import gestation
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats
from emr.ui.charts import Frame

_FRAME = Frame(width=680, height=800, left=44, right=40, bottom=44)


def growth_pdf(patient: Patient, *, female: bool, by: User, printed: datetime) -> bytes:
    """Every chart that has a measurement on it, one a page, then all measurements with their percentiles."""
    weeks = gestation(patient)
    found = measured(patient, weeks)
    drawings = [drawing(name, found, female=female, frame=_FRAME) for name in SHEETS]
    context = {
        "patient": patient,
        "weeks": weeks,
        "drawings": [one for one in drawings if one.spots],
        "days": days(found, female=female),
        "born": formats.day(patient.birth_date),
        "mrn": formats.mrn(patient.mrn),
        "printed_by": str(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/growth/print.html", context)
