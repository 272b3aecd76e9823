"""Kinds of visit, for the manager."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import sent
from scheduling.actions.appointment_types import add_appointment_type, change_appointment_type
from scheduling.forms.availability import AppointmentTypeForm
from scheduling.models import AppointmentType
from scheduling.queries.availability import appointment_types


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def types_list(request: StaffRequest) -> HttpResponse:
    """The kinds of visit, and a new one."""
    form = AppointmentTypeForm(sent(request), initial={"takes_copay": True, "duration_minutes": 20})
    if form.is_valid():
        wanted = {name: value for name, value in form.cleaned_data.items() if name != "active"}
        with form.refusals():
            add_appointment_type(by=request.user, **wanted)
            return htmx.redirect(request, request.path, "Type added.", "success")
    context = {"form": form, "types": appointment_types()}
    return render(request, "scheduling/availability/types.html", context, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def types_edit(request: StaffRequest, type_id: UUID) -> HttpResponse:
    """Change a kind of visit."""
    row = get_object_or_404(AppointmentType, pk=type_id)
    form = AppointmentTypeForm.of(row, sent(request))
    if form.is_valid():
        with form.refusals():
            change_appointment_type(by=request.user, appointment_type=row, **form.cleaned_data)
            return htmx.redirect(request, reverse("scheduling:types_list"), "Type saved.", "success")
    context = {"form": form, "types": appointment_types(), "editing": row}
    return render(request, "scheduling/availability/types.html", context, status=form.http_status)
