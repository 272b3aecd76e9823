"""Prescriptions: written, signed, printed, brought to the pharmacy, taken back."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view
from clinic.actions import prescriptions as actions
from clinic.actions.lists import stamp
from clinic.chart import chart_context
from clinic.erx.adapter import is_electronic
from clinic.forms.prescriptions import PrescriptionForm, ReasonForm, SignForm, TransmitForm
from clinic.models import MedicationRequest, MedicationStatement, Patient
from clinic.models.prescriptions import PrescriptionMethod, PrescriptionStatus
from clinic.printouts.prescriptions import prescription_pdf
from clinic.queries.encounters import open_visit
from clinic.queries.medications import GOING_ON
from clinic.queries.prescriptions import prescription_of, prescriptions_of, refills_of, ways_of
from clinic.queries.safety import Checked
from clinic.views.lists import row_of
from emr.access.decorators import StaffRequest, fresh_login
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.codes.coding import Coding
from emr.ui import htmx
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@chart_view(Permission.VIEW_CHART, section="medications")
def prescriptions(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What was prescribed, and what is asked for."""
    context = {
        **chart_context(request, patient, "medications"),
        "rows": prescriptions_of(patient),
        "refills": refills_of(patient),
        "may_edit": request.user.has_perm(Permission.EDIT_CHART),
        "may_sign": request.user.has_perm(Permission.SIGN_ORDERS),
    }
    return render(request, "clinic/prescriptions/list.html", context)


@_page
@chart_view(Permission.EDIT_CHART, section="medications")
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Prescribe a drug that is not on the list yet."""
    return _write(request, patient, None)


@_page
@chart_view(Permission.EDIT_CHART, section="medications")
def prescribe(request: StaffRequest, patient: Patient, medication_id: UUID) -> HttpResponse:
    """Prescribe a drug of the list."""
    row = row_of(MedicationStatement, patient, medication_id)
    if row.status not in GOING_ON or row.entered_in_error_at is not None:
        raise Http404
    return _write(request, patient, row)


@_page
@chart_view(Permission.EDIT_CHART, section="medications")
def edit(request: StaffRequest, patient: Patient, prescription_id: UUID) -> HttpResponse:
    """Change a draft."""
    row = _found(patient, prescription_id)
    if row.status != PrescriptionStatus.DRAFT:
        said = f"It is {row.get_status_display().lower()}: take it back, and write another."
        return htmx.redirect(request, _url("detail", row), said, "error")
    return _write(request, patient, row.medication, row)


@require_safe
@chart_view(Permission.VIEW_CHART, section="medications")
def detail(request: StaffRequest, patient: Patient, prescription_id: UUID) -> HttpResponse:
    """One prescription: what it says, where it went, what can be done with it."""
    return _detail(request, patient, _found(patient, prescription_id))


@chart_view(Permission.SIGN_ORDERS, section="medications")
@fresh_login("sign this prescription")
@_page
def sign(request: StaffRequest, patient: Patient, prescription_id: UUID) -> HttpResponseBase:
    """Exactly what will be signed, for whom, and what speaks against it."""
    row = _found(patient, prescription_id)
    form = SignForm(sent(request), initial={"seen": stamp(row)})
    if form.is_valid():
        with form.refusals():
            actions.sign_prescription(by=request.user, prescription=row, seen=form.cleaned_data["seen"])
            return htmx.redirect(request, _url("detail", row), "The prescription is signed.")
    drug = row.medication
    context = {
        **chart_context(request, patient, "medications"),
        "rx": row,
        "form": form,
        "check": Checked(patient, []).of_drug(Coding(drug.system, drug.code, drug.display), besides=drug.pk),
        "obstacle": actions.obstacle_to_signing(by=request.user, prescription=row),
    }
    return render(request, "clinic/prescriptions/sign.html", context, status=form.http_status)


@require_POST
@chart_view(Permission.EDIT_CHART, section="medications", action=AccessAction.PRINT)
def print_one(request: StaffRequest, patient: Patient, prescription_id: UUID) -> HttpResponse:
    """The paper. Each print is recorded; from the second on it says why it is printed again."""
    row, form = _found(patient, prescription_id), ReasonForm(sent(request))
    if form.is_valid():
        with form.refusals():
            printed = actions.print_prescription(by=request.user, prescription=row, reason=form.cleaned_data["reason"])
            pdf = prescription_pdf(_found(patient, prescription_id), printed, by=request.user)
            response = HttpResponse(pdf, content_type="application/pdf")
            response.headers["Content-Disposition"] = 'inline; filename="prescription.pdf"'
            return response
    return _detail(request, patient, row, form)


@require_POST
@chart_view(Permission.EDIT_CHART, section="medications")
def transmit(request: StaffRequest, patient: Patient, prescription_id: UUID) -> HttpResponse:
    """Say that it was phoned or faxed, or send it."""
    row, form = _found(patient, prescription_id), TransmitForm(sent(request))
    if form.is_valid():
        with form.refusals():
            method = PrescriptionMethod(form.cleaned_data["method"])
            said = actions.transmit_prescription(by=request.user, prescription=row, method=method)
            return htmx.redirect(request, _url("detail", row), said)
    return _detail(request, patient, row, form)


@require_POST
@chart_view(Permission.EDIT_CHART, section="medications")
def end(request: StaffRequest, patient: Patient, prescription_id: UUID) -> HttpResponse:
    """Take it back."""
    row, form = _found(patient, prescription_id), ReasonForm(sent(request))
    if form.is_valid():
        with form.refusals():
            said = actions.end_prescription(by=request.user, prescription=row, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, _url("detail", row), said or "The prescription is taken back.")
    return _detail(request, patient, row, form)


@require_POST
@chart_view(Permission.EDIT_CHART, section="medications")
def error(request: StaffRequest, patient: Patient, prescription_id: UUID) -> HttpResponse:
    """Mark it as entered in error."""
    row, form = _found(patient, prescription_id), ReasonForm(sent(request))
    if form.is_valid():
        with form.refusals():
            actions.prescription_in_error(by=request.user, prescription=row, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, _url("detail", row), "The prescription is marked as entered in error.")
    return _detail(request, patient, row, form)


def _write(
    request: StaffRequest,
    patient: Patient,
    medication: MedicationStatement | None,
    draft: MedicationRequest | None = None,
) -> HttpResponse:
    form = PrescriptionForm(sent(request))
    form.prepare_for(patient, request.user, medication)
    if draft is not None:
        form.show_draft(draft)
    if form.is_valid():
        with form.refusals():
            row = _written(request, patient, form, draft)
            own = request.user.has_perm(Permission.SIGN_ORDERS) and row.prescriber.user_id == request.user.pk
            return htmx.redirect(request, _url("sign" if own else "detail", row))
    check = form.check
    if medication is not None:
        drug = Coding(medication.system, medication.code, medication.display)
        check = Checked(patient, []).of_drug(drug, besides=medication.pk)
    context = {
        **chart_context(request, patient, "medications"),
        "form": form,
        "medication": medication,
        "draft": draft,
        "check": check,
    }
    return render(request, "clinic/prescriptions/form.html", context, status=form.http_status)


def _written(
    request: StaffRequest, patient: Patient, form: PrescriptionForm, draft: MedicationRequest | None
) -> MedicationRequest:
    said = {"by": request.user, "encounter": open_visit(patient), **form.written()}
    if draft is not None:
        return actions.change_draft(prescription=draft, seen=form.cleaned_data["seen"], **said)
    token = form.cleaned_data["request_token"]
    return actions.draft_prescription(patient=patient, coding=form.drug, request_token=token, **said)


def _detail(
    request: StaffRequest, patient: Patient, row: MedicationRequest, form: ReasonForm | TransmitForm | None = None
) -> HttpResponse:
    context = {
        **chart_context(request, patient, "medications"),
        "rx": row,
        "form": form,
        "prints": list(row.prints.all()),
        "ways": ways_of(row, electronic=is_electronic()),
        "may_edit": request.user.has_perm(Permission.EDIT_CHART),
        "may_sign": request.user.has_perm(Permission.SIGN_ORDERS),
    }
    return render(request, "clinic/prescriptions/detail.html", context, status=form.http_status if form else 200)


def _found(patient: Patient, key: UUID) -> MedicationRequest:
    return get_object_or_404(prescription_of(patient), pk=key)


def _url(verb: str, row: MedicationRequest) -> str:
    return reverse(f"clinic:prescriptions_{verb}", args=[row.patient_id, row.pk])
