"""The clinic's services for vaccines."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from billing.actions.csv_files import FileError
from billing.actions.vaccine_services import (
    import_vaccine_services,
    remove_vaccine_service,
    set_vaccine_service,
)
from billing.forms.vaccine_services import RemoveVaccineForm, VaccineImportForm, VaccineServiceForm
from billing.queries.vaccine_charges import vaccine_rows
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_FEES)
def vaccines_list(request: StaffRequest) -> HttpResponse:
    """What is charged for each vaccine, and a form that sets one."""
    form = VaccineServiceForm(sent(request))
    if form.is_valid():
        with form.refusals():
            service = set_vaccine_service(by=request.user, **form.cleaned_data)
            return redirect(request, _address(), f"Vaccine {service.cvx} has its services.")
    return _page(request, form, VaccineImportForm(), [], form.http_status)


@require_POST
@staff_view(Permission.MANAGE_FEES)
def vaccines_remove(request: StaffRequest) -> HttpResponse:
    """Forget the services of a vaccine."""
    form = RemoveVaccineForm(request.POST)
    if form.is_valid():
        service = form.cleaned_data["service"]
        remove_vaccine_service(by=request.user, service=service)
        return redirect(request, _address(), f"Vaccine {service.cvx} has no services any more.")
    return redirect(request, _address(), "That vaccine has none.", "warning")


@require_POST
@staff_view(Permission.MANAGE_FEES)
def vaccines_import(request: StaffRequest) -> HttpResponse:
    """Take the clinic's own file, all of it or nothing."""
    form = VaccineImportForm(request.POST, request.FILES)
    complaints: list[str] = []
    if form.is_valid():
        try:
            count = import_vaccine_services(by=request.user, content=form.cleaned_data["file"].content)
        except FileError as error:
            complaints = error.complaints
            form.take(error)
        else:
            return redirect(request, _address(), f"{count} vaccines have their services.")
    return _page(request, VaccineServiceForm(), form, complaints, form.http_status)


def _address() -> str:
    return reverse("billing:vaccines_list")


def _page(
    request: StaffRequest, form: VaccineServiceForm, file: VaccineImportForm, complaints: list[str], status: int
) -> HttpResponse:
    context = {"rows": vaccine_rows(), "form": form, "file": file, "complaints": complaints}
    return render(request, "billing/vaccines/list.html", context, status=status)
