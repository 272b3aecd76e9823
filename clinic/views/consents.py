"""What a patient signed or refused: taken back, entered in error, printed as it stands now."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.consents import enter_consent_in_error, withdraw_consent
from clinic.chart import chart_context
from clinic.forms.intake import ReasonForm
from clinic.forms.lists import ErrorForm
from clinic.models import Consent, Patient
from clinic.printouts.consents import standing_consent_pdf
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.ui.forms import sent
from emr.ui.htmx import redirect

SECTION = "intake"
_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
@chart_view(Permission.CHECK_IN, section=SECTION)
def withdraw(request: StaffRequest, patient: Patient, consent_id: UUID) -> HttpResponseBase:
    """Write down that the patient takes a consent back."""
    consent, form = _of(patient, consent_id), ReasonForm(sent(request))
    if form.is_valid():
        with form.refusals():
            withdraw_consent(by=request.user, consent=consent, reason=form.cleaned_data["reason"])
            return redirect(request, _home(patient), "The consent is taken back.")
    context = {**chart_context(request, patient, SECTION), "form": form, "consent": consent}
    return render(request, "clinic/consents/withdraw.html", context, status=form.http_status)


@_page
@chart_view(Permission.CHECK_IN, section=SECTION)
def error(request: StaffRequest, patient: Patient, consent_id: UUID) -> HttpResponseBase:
    """Say that an answer never was this patient's, or was taken wrongly."""
    consent, form = _of(patient, consent_id), ErrorForm(sent(request))
    if form.is_valid():
        with form.refusals():
            enter_consent_in_error(by=request.user, consent=consent, reason=form.cleaned_data["reason"])
            return redirect(request, _home(patient), "It is marked as entered in error, and asked again.")
    context = {**chart_context(request, patient, SECTION), "form": form, "consent": consent}
    return render(request, "clinic/consents/error.html", context, status=form.http_status)


@require_safe
@chart_view(Permission.REVIEW_INTAKE, section=SECTION, action=AccessAction.PRINT)
def print_one(request: StaffRequest, patient: Patient, consent_id: UUID) -> HttpResponse:
    """An answer on paper as it stands now: taken back or entered in error, where it is."""
    answer = HttpResponse(standing_consent_pdf(_of(patient, consent_id)), content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="consent.pdf"'
    return answer


def _of(patient: Patient, consent_id: UUID) -> Consent:
    """The answer, if it is this patient's: an id of somebody else's gives 404."""
    rows = Consent.objects.select_related("form", "patient", "taken_by", "entered_in_error_by")
    return get_object_or_404(rows, pk=consent_id, patient=patient)


def _home(patient: Patient) -> str:
    return reverse("clinic:intake_list", args=[patient.pk])
