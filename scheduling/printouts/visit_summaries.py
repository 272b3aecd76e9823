"""The sheet that a patient takes home from a visit."""

from __future__ import annotations

from django.utils import timezone

from clinic.queries.visit_summaries import instructions_of
from emr.accounts.clinic import current_clinic
from emr.accounts.models import User
from emr.pdf import render_pdf
from emr.ui.formats import day, day_long, instant, mrn, phone
from emr.ui.markdown import to_html
from scheduling.models import Appointment
from scheduling.queries.checkout import next_visits, open_recalls


def visit_summary_pdf(row: Appointment, *, by: User) -> bytes:
    """Why the patient came, whom they saw, what they are to do, and when they come again, in their own words.

    Only what a clinician wrote for the patient and signed is on it; the findings stay in the chart.
    """
    patient, clinic = row.patient, current_clinic()
    context = {
        "patient_line": f"{patient.full_name}, born {day(patient.birth_date)}, MRN {mrn(patient.mrn)}",
        "day": day_long(timezone.localtime(row.start_at).date()),
        "practitioner": row.practitioner.short_name,
        "kind": row.type.name,
        "reason": row.reason,
        "instructions": to_html(instructions_of(row.encounter_id)),
        "next_visits": next_visits(row),
        "recalls": open_recalls(row),
        "clinic": str(clinic or ""),
        "clinic_phone": phone(clinic.phone) if clinic else "",
        "printed": f"Printed {instant(timezone.now())} by {by}",
    }
    return render_pdf("scheduling/appointments/visit_summary.html", context)
