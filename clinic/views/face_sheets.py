"""Face sheet, labels and wristband of a patient."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.forms.labels import LabelForm
from clinic.models import Patient
from clinic.printouts.face_sheets import LabelStyle, face_sheet_pdf, labels_pdf
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="demographics", action=AccessAction.PRINT)
@require_GET
def face_sheet(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Identity, contacts, guarantor and insurance as a PDF."""
    insured = request.user.has_perm(Permission.VIEW_COVERAGE)
    pdf = face_sheet_pdf(patient, by=request.user, printed=timezone.now(), insured=insured)
    return _pdf(pdf, "face-sheet")


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="demographics")
@require_GET
def labels(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Ask what labels are printed on, and how many."""
    context = {**chart_context(request, patient, "details"), "form": LabelForm()}
    return render(request, "clinic/patients/labels.html", context)


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="demographics", action=AccessAction.PRINT)
@require_http_methods(["POST"])
def print_labels(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The labels as a PDF."""
    form = LabelForm(request.POST)
    if not form.is_valid():
        context = {**chart_context(request, patient, "details"), "form": form}
        return render(request, "clinic/patients/labels.html", context, status=422)
    data = form.cleaned_data
    style = LabelStyle(data["style"])
    return _pdf(labels_pdf(patient, style=style, count=data["count"], skip=data["skip"] or 0), style.value)


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response
