"""The checkout at the desk: what is settled before the patient leaves, and what they take home."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.ui import htmx
from emr.ui.forms import sent
from scheduling.actions.recalls import add_recall
from scheduling.forms.checkout import RecallForm
from scheduling.models import Appointment
from scheduling.printouts.visit_summaries import visit_summary_pdf
from scheduling.queries.checkout import checkout_page
from scheduling.queries.visits import appointment_of, describe
from scheduling.stages import Stage
from scheduling.views.ways_back import back_of, way_back

SECTION = "appointments"


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.CHECK_IN, section=SECTION)
def appointments_checkout(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """Go through what is open before the patient leaves; the form on it makes a recall."""
    row = appointment_of(patient, appointment_id)
    form = RecallForm(sent(request))
    if form.is_valid():
        with form.refusals():
            _recall(request, row, form)
            return htmx.redirect(request, request.get_full_path(), "The recall is made.", "success")
    context = {
        "form": form,
        "page": checkout_page(row),
        "visit": describe(row),
        "appointment": row,
        "stage": Stage(row.stage),
        "back": back_of(request),
        "back_url": way_back(request, row),
        "payments_url": _payments_url(request, row),
        "summary_url": _summary_url(request, row),
        **chart_context(request, patient, SECTION),
    }
    return render(request, "scheduling/appointments/checkout.html", context, status=form.http_status)


@require_safe
@chart_view(Permission.CHECK_IN, section=SECTION, action=AccessAction.PRINT)
def appointments_summary(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """What the patient takes home, as a PDF."""
    row = appointment_of(patient, appointment_id)
    response = HttpResponse(visit_summary_pdf(row, by=request.user), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="visit-summary.pdf"'
    return response


def _recall(request: StaffRequest, row: Appointment, form: RecallForm) -> None:
    add_recall(
        by=request.user,
        patient=row.patient,
        due_on=form.due_on(),
        reason=form.cleaned_data["reason"],
        practitioner=row.practitioner,
        type=row.type,
        encounter=row.encounter,
    )


def _summary_url(request: StaffRequest, row: Appointment) -> str:
    """The paper for the patient: the whole summary for who may read the chart, else what it says to do and when to
    come again."""
    if row.encounter_id is not None and request.user.has_perm(Permission.VIEW_CHART):
        return reverse("clinic:encounters_summary", args=[row.patient_id, row.encounter_id])
    return reverse("scheduling:appointments_summary", args=[row.patient_id, row.pk])


def _payments_url(request: StaffRequest, row: Appointment) -> str:
    """Where the visit is paid, for who may and as long as somebody answers to the name."""
    if not request.user.has_perm(Permission.TAKE_PAYMENTS):
        return ""
    try:
        return reverse("billing:payments_panel", args=[row.patient_id, row.pk])
    except NoReverseMatch:
        return ""
