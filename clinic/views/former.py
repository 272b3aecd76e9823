"""Other names and addresses of a patient: previous ones, aliases, where the patient stays for a time."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from clinic.access import chart_view
from clinic.actions import former as actions
from clinic.actions.errors import enter_in_error
from clinic.forms.lists import ErrorForm
from clinic.forms.related_persons import NameForm, OtherAddressForm
from clinic.models import Patient, PatientAddress, PatientName
from clinic.views.entries import small_page
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@_page
def add_name(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Add a previous name or an alias."""
    form = NameForm(sent(request))
    return small_page(
        request,
        patient,
        form,
        lambda: actions.add_name(by=request.user, patient=patient, **form.cleaned_data),
        title="Add another name",
        button="Save name",
        done="The name is saved.",
        widths={"family_name": 6, "given_name": 6, "middle_name": 6, "suffix": 3, "period_start": 6, "period_end": 6},
    )


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@_page
def add_address(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Add a previous or another address."""
    form = OtherAddressForm(sent(request))

    def write() -> object:
        data = form.cleaned_data
        period = {name: data[name] for name in ("period_start", "period_end")}
        return actions.add_address(by=request.user, patient=patient, use=data["use"], address=form.address(), **period)

    return small_page(
        request,
        patient,
        form,
        write,
        title="Add another address",
        button="Save address",
        done="The address is saved.",
        widths={"line1": 8, "line2": 4, "city": 5, "state": 3, "postal_code": 4, "period_start": 6, "period_end": 6},
    )


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@_page
def name_error(request: StaffRequest, patient: Patient, name_id: UUID) -> HttpResponse:
    """Say that the patient never had a name."""
    row = get_object_or_404(PatientName, pk=name_id, patient=patient, entered_in_error_at=None)
    return _error(request, patient, row)


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@_page
def address_error(request: StaffRequest, patient: Patient, address_id: UUID) -> HttpResponse:
    """Say that the patient never lived there."""
    row = get_object_or_404(PatientAddress, pk=address_id, patient=patient, entered_in_error_at=None)
    return _error(request, patient, row)


def _error(request: StaffRequest, patient: Patient, row: PatientName | PatientAddress) -> HttpResponse:
    form = ErrorForm(sent(request))
    return small_page(
        request,
        patient,
        form,
        lambda: enter_in_error(by=request.user, row=row, reason=form.cleaned_data["reason"]),
        title=f"Entered in error: {row}",
        button="Mark as wrong",
        done="It is marked as entered in error.",
        dangerous=True,
    )
