"""Kinds of visit, for the manager."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx
from scheduling.actions.appointment_types import add_appointment_type, change_appointment_type
from scheduling.forms.availability import AppointmentTypeForm
from scheduling.models import AppointmentType
from scheduling.queries.availability import appointment_types


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def types_list(request: StaffRequest) -> HttpResponse:
    """The kinds of visit, and a new one."""
    form = AppointmentTypeForm(
        request.POST if request.method == "POST" else None, initial={"takes_copay": True, "duration_minutes": 20}
    )
    if request.method == "POST" and form.is_valid():
        wanted = {name: value for name, value in form.cleaned_data.items() if name != "active"}
        try:
            add_appointment_type(by=request.user, **wanted)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, request.path, "Type added.", "success")
    context = {"form": form, "types": appointment_types()}
    return render(request, "scheduling/availability/types.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def types_edit(request: StaffRequest, type_id: UUID) -> HttpResponse:
    """Change a kind of visit."""
    row = get_object_or_404(AppointmentType, pk=type_id)
    form = AppointmentTypeForm.of(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            change_appointment_type(by=request.user, appointment_type=row, **form.cleaned_data)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, reverse("scheduling:types_list"), "Type saved.", "success")
    context = {"form": form, "types": appointment_types(), "editing": row}
    return render(request, "scheduling/availability/types.html", context, status=422 if form.is_bound else 200)
