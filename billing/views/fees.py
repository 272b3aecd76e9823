"""Fee schedules."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from billing.actions.csv_files import FileError
from billing.actions.fee_files import import_fees
from billing.actions.fees import add_fee_schedule, begin_version, end_fee_schedule, set_fee
from billing.forms.fees import EndForm, FeeForm, FeeImportForm, FeeScheduleForm, VersionForm
from billing.models import FeeSchedule
from billing.queries.fees import fee_history, fee_schedules, fees_of_payers, state_of
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_FEES)
def fees_list(request: StaffRequest) -> HttpResponse:
    """All lists of fees, and a form for a new one."""
    form = FeeScheduleForm(sent(request), initial={"effective_from": clinic_today()})
    if form.is_valid():
        with form.refusals():
            schedule = add_fee_schedule(by=request.user, **form.cleaned_data)
            return redirect(request, _address(schedule), f"{schedule.name} is there. Add its fees.")
    today, schedules = clinic_today(), list(fee_schedules())
    context = {
        "schedules": [(schedule, state_of(schedule, today)) for schedule in schedules],
        "payers": fees_of_payers(schedules, today),
        "form": form,
    }
    return render(request, "billing/fees/list.html", context, status=form.http_status)


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_FEES)
def fees_edit(request: StaffRequest, schedule_id: UUID) -> HttpResponse:
    """The fees of a list; the form sets one, new or known."""
    schedule = _schedule(schedule_id)
    form = FeeForm(sent(request))
    if form.is_valid():
        data = form.cleaned_data
        coding = Coding(data["system"], data["code"].strip().upper(), data["display"])
        with form.refusals():
            fee = set_fee(by=request.user, schedule=schedule, coding=coding, amount=data["amount"])
            return redirect(request, _address(schedule), f"{fee.code} costs {fee.amount} now.")
    return _page(request, schedule, form=form)


@require_POST
@staff_view(Permission.MANAGE_FEES)
def fees_end(request: StaffRequest, schedule_id: UUID) -> HttpResponse:
    """Give a list its last day."""
    schedule = _schedule(schedule_id)
    form = EndForm(request.POST)
    if form.is_valid():
        with form.refusals():
            end_fee_schedule(by=request.user, schedule=schedule, **form.cleaned_data)
            return redirect(request, _address(schedule), "The last day is set.")
    return _page(request, schedule, end=form)


@require_POST
@staff_view(Permission.MANAGE_FEES)
def fees_version(request: StaffRequest, schedule_id: UUID) -> HttpResponse:
    """Begin the next version of a list, with its fees."""
    schedule = _schedule(schedule_id)
    form = VersionForm(request.POST)
    if form.is_valid():
        with form.refusals():
            made = begin_version(by=request.user, schedule=schedule, **form.cleaned_data)
            return redirect(request, _address(made), f"The next version is there, from {made.effective_from:%d-%b-%Y}.")
    return _page(request, schedule, version=form)


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_FEES)
def fees_import(request: StaffRequest, schedule_id: UUID) -> HttpResponse:
    """Take the clinic's own file of fees, all of it or nothing."""
    schedule = _schedule(schedule_id)
    sent = request.method == "POST"
    form = FeeImportForm(request.POST if sent else None, request.FILES if sent else None)
    complaints: list[str] = []
    if sent and form.is_valid():
        try:
            count = import_fees(by=request.user, schedule=schedule, content=form.cleaned_data["file"].content)
        except FileError as error:
            complaints = error.complaints
            form.take(error)
        else:
            words = "1 fee of the file is in the list." if count == 1 else f"{count} fees of the file are in the list."
            return redirect(request, _address(schedule), words)
    context = {"schedule": schedule, "form": form, "complaints": complaints}
    return render(request, "billing/fees/import.html", context, status=form.http_status)


def _schedule(schedule_id: UUID) -> FeeSchedule:
    schedule = FeeSchedule.objects.select_related("payer").filter(pk=schedule_id).first()
    if schedule is None:
        raise Http404
    return schedule


def _address(schedule: FeeSchedule) -> str:
    return reverse("billing:fees_edit", args=[schedule.pk])


def _page(
    request: StaffRequest,
    schedule: FeeSchedule,
    *,
    form: FeeForm | None = None,
    end: EndForm | None = None,
    version: VersionForm | None = None,
) -> HttpResponse:
    fees = [(fee, "CPT" if "ama-assn" in fee.system else "HCPCS") for fee in schedule.items.all()]
    code = request.GET.get("code", "").replace("\x00", "")
    context = {
        "schedule": schedule,
        "state": state_of(schedule, clinic_today()),
        "fees": fees,
        "form": form or FeeForm(),
        "end": end or EndForm(),
        "version": version or VersionForm(),
        "code": code,
        "history": fee_history(code) if code else [],
    }
    sent = next((one for one in (form, end, version) if one is not None), None)
    return render(request, "billing/fees/edit.html", context, status=sent.http_status if sent else 200)
