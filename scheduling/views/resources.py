"""Rooms and equipment, for the manager."""

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
from scheduling.actions.resources import add_equipment, add_room, change_equipment, change_room
from scheduling.forms.resources import EquipmentForm, RoomForm
from scheduling.models import Equipment, Room
from scheduling.queries.resources import equipment, rooms


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def rooms_list(request: StaffRequest) -> HttpResponse:
    """The rooms, and a new one."""
    form = RoomForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            add_room(by=request.user, name=form.cleaned_data["name"])
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, request.path, "Room added.", "success")
    context = {"form": form, "rooms": rooms()}
    return render(request, "scheduling/resources/rooms.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def rooms_edit(request: StaffRequest, room_id: UUID) -> HttpResponse:
    """Rename a room, or retire it."""
    row = get_object_or_404(Room, pk=room_id)
    form = RoomForm.of(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            change_room(by=request.user, room=row, **form.cleaned_data)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, reverse("scheduling:rooms_list"), "Room saved.", "success")
    context = {"form": form, "rooms": rooms(), "editing": row}
    return render(request, "scheduling/resources/rooms.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def equipment_list(request: StaffRequest) -> HttpResponse:
    """The equipment, and a new piece."""
    form = EquipmentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("name", "needed_for")}
        try:
            add_equipment(by=request.user, **wanted)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, request.path, "Equipment added.", "success")
    context = {"form": form, "equipment": equipment()}
    return render(request, "scheduling/resources/equipment.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def equipment_edit(request: StaffRequest, equipment_id: UUID) -> HttpResponse:
    """Rename a piece of equipment, retire it, say what needs it."""
    row = get_object_or_404(Equipment, pk=equipment_id)
    form = EquipmentForm.of(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            change_equipment(by=request.user, equipment=row, **form.cleaned_data)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, reverse("scheduling:equipment_list"), "Equipment saved.", "success")
    context = {"form": form, "equipment": equipment(), "editing": row}
    return render(request, "scheduling/resources/equipment.html", context, status=422 if form.is_bound else 200)
