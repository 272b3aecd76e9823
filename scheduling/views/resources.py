"""Rooms and equipment, for the manager."""

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
from scheduling.actions.resources import add_equipment, add_room, change_equipment, change_room
from scheduling.forms.resources import EquipmentForm, RoomForm
from scheduling.models import Equipment, Room
from scheduling.queries.resources import equipment, rooms


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def rooms_list(request: StaffRequest) -> HttpResponse:
    """The rooms, and a new one."""
    form = RoomForm(sent(request))
    if form.is_valid():
        with form.refusals():
            add_room(by=request.user, name=form.cleaned_data["name"])
            return htmx.redirect(request, request.path, "Room added.", "success")
    context = {"form": form, "rooms": rooms()}
    return render(request, "scheduling/resources/rooms.html", context, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def rooms_edit(request: StaffRequest, room_id: UUID) -> HttpResponse:
    """Rename a room, or retire it."""
    row = get_object_or_404(Room, pk=room_id)
    form = RoomForm.of(row, sent(request))
    if form.is_valid():
        with form.refusals():
            change_room(by=request.user, room=row, **form.cleaned_data)
            return htmx.redirect(request, reverse("scheduling:rooms_list"), "Room saved.", "success")
    context = {"form": form, "rooms": rooms(), "editing": row}
    return render(request, "scheduling/resources/rooms.html", context, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def equipment_list(request: StaffRequest) -> HttpResponse:
    """The equipment, and a new piece."""
    form = EquipmentForm(sent(request))
    if form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("name", "needed_for")}
        with form.refusals():
            add_equipment(by=request.user, **wanted)
            return htmx.redirect(request, request.path, "Equipment added.", "success")
    context = {"form": form, "equipment": equipment()}
    return render(request, "scheduling/resources/equipment.html", context, status=form.http_status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def equipment_edit(request: StaffRequest, equipment_id: UUID) -> HttpResponse:
    """Rename a piece of equipment, retire it, say what needs it."""
    row = get_object_or_404(Equipment, pk=equipment_id)
    form = EquipmentForm.of(row, sent(request))
    if form.is_valid():
        with form.refusals():
            change_equipment(by=request.user, equipment=row, **form.cleaned_data)
            return htmx.redirect(request, reverse("scheduling:equipment_list"), "Equipment saved.", "success")
    context = {"form": form, "equipment": equipment(), "editing": row}
    return render(request, "scheduling/resources/equipment.html", context, status=form.http_status)
