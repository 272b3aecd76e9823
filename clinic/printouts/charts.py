"""The whole chart on paper."""

from __future__ import annotations

from datetime import datetime

from clinic.models import Patient
from clinic.printouts.visits import note_on_paper
from clinic.queries.banner import allergies
from clinic.queries.charts import printed_chart
from clinic.queries.details import patient_details
from clinic.queries.notes import named
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats


def chart_pdf(patient: Patient, *, by: User, printed: datetime) -> bytes:
    """Lists, latest values, and each visit with its notes. Name, date of birth, MRN and page x of y on every page."""
    chart = printed_chart(patient, by)
    context = {
        "patient": patient,
        "details": patient_details(patient),
        "allergy_state": allergies(patient).state.value,
        "chart": chart,
        "visits": [(visit, [note_on_paper(note, by=by, at=printed) for note in visit.notes]) for visit in chart.visits],
        "printed_by": named(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/chart/print.html", context)
