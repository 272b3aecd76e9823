"""Requests for more of a drug: taken down, decided."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view
from clinic.actions import refills as actions
from clinic.actions.safety import NONE_GIVEN
from clinic.chart import chart_context
from clinic.forms.prescriptions import ApproveForm, ReasonForm, RefillForm
from clinic.models import MedicationStatement, Patient, RefillRequest
from clinic.queries.encounters import open_visit
from clinic.queries.prescriptions import last_prescription, refills_waiting
from clinic.queries.safety import Checked
from clinic.views.lists import row_of
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.codes.coding import Coding
from emr.ui import htmx
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@staff_view(Permission.VIEW_CHART)
def refills(request: StaffRequest) -> HttpResponse:
    """What patients and pharmacies ask for, the longest waiting first."""
    decided = request.GET.get("show") == "decided"
    rows = refills_waiting(request.user, decided=decided)
    record_access(request, [row.patient_id for row in rows], section="medications", action=AccessAction.SEARCH)
    here = reverse("clinic:refills_list")
    chips = [
        {"label": "Waiting", "url": here, "current": not decided},
        {"label": "Decided", "url": f"{here}?show=decided", "current": decided},
    ]
    return render(request, "clinic/refills/list.html", {"rows": rows, "chips": chips, "decided": decided})


@_page
@chart_view(Permission.EDIT_CHART, section="medications")
def add(request: StaffRequest, patient: Patient, medication_id: UUID) -> HttpResponse:
    """Take a request down."""
    drug = row_of(MedicationStatement, patient, medication_id)
    form = RefillForm(sent(request))
    form.prepare(patient)
    if form.is_valid():
        with form.refusals():
            actions.request_refill(by=request.user, medication=drug, **form.cleaned_data)
            here = reverse("clinic:prescriptions_list", args=[patient.pk])
            return htmx.redirect(request, here, "The request waits for a prescriber.")
    context = {**chart_context(request, patient, "medications"), "form": form, "drug": drug}
    return render(request, "clinic/refills/form.html", context, status=form.http_status)


@chart_view(Permission.SIGN_ORDERS, section="medications")
@fresh_login("sign this prescription")
@_page
def decide(request: StaffRequest, patient: Patient, refill_id: UUID) -> HttpResponse:
    """Approve a request with a signed prescription."""
    row = _found(patient, refill_id)
    form = _approval(request, row)
    if form.is_valid():
        with form.refusals():
            data = dict(form.cleaned_data)
            data["reasons"] = data.get("reasons") or NONE_GIVEN
            decided = actions.approve_refill(by=request.user, refill=row, encounter=open_visit(patient), **data)
            assert decided.prescription_id  # noqa: S101  an approval has one
            path = reverse("clinic:prescriptions_detail", args=[patient.pk, decided.prescription_id])
            return htmx.redirect(request, path, "Approved and signed. It has yet to reach the pharmacy.")
    return _decision_page(request, patient, row, form, ReasonForm())


@require_POST
@chart_view(Permission.SIGN_ORDERS, section="medications")
def deny(request: StaffRequest, patient: Patient, refill_id: UUID) -> HttpResponse:
    """Deny a request."""
    row, form = _found(patient, refill_id), ReasonForm(sent(request))
    if form.is_valid():
        with form.refusals():
            actions.deny_refill(by=request.user, refill=row, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, reverse("clinic:refills_list"), "The request is denied.")
    return _decision_page(request, patient, row, _approval(request, row, shown=True), form)


@require_POST
@chart_view(Permission.EDIT_CHART, section="medications")
def withdraw(request: StaffRequest, patient: Patient, refill_id: UUID) -> HttpResponse:
    """It is not needed any more."""
    row, form = _found(patient, refill_id), ReasonForm(sent(request))
    here = reverse("clinic:prescriptions_list", args=[patient.pk])
    if form.is_valid():
        with form.refusals():
            actions.withdraw_refill(by=request.user, refill=row, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, here, "The request is taken back.")
    return htmx.redirect(request, here, "Somebody was first: the request is decided.", "error")


def _approval(request: StaffRequest, row: RefillRequest, *, shown: bool = False) -> ApproveForm:
    form = ApproveForm(None if shown else sent(request))
    form.prepare_for(row.medication, last_prescription(row.medication))
    if row.pharmacy_id:
        form.initial["pharmacy"] = row.pharmacy_id
    return form


def _decision_page(
    request: StaffRequest, patient: Patient, row: RefillRequest, form: ApproveForm, denial: ReasonForm
) -> HttpResponse:
    drug = row.medication
    context = {
        **chart_context(request, patient, "medications"),
        "row": row,
        "form": form,
        "denial": denial,
        "gone": actions.gone_from_list(drug),
        "last": form.last,
        "check": Checked(patient, []).of_drug(Coding(drug.system, drug.code, drug.display), besides=drug.pk),
    }
    status = form.http_status if denial.http_status == 200 else denial.http_status
    return render(request, "clinic/refills/decide.html", context, status=status)


def _found(patient: Patient, key: UUID) -> RefillRequest:
    rows = patient.refill_requests.select_related("medication__patient", "pharmacy", "created_by", "decided_by")
    return get_object_or_404(rows, pk=key)
