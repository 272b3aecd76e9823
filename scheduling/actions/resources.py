"""Rooms and equipment: added, renamed, retired; what a kind of visit needs."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model, QuerySet
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui.formats import day
from scheduling.choices import MOVABLE
from scheduling.models import Appointment, AppointmentType, Equipment, EquipmentNeed, Room, Schedule


@action
def add_room(*, by: User, name: str) -> Room:
    """Add a room. Raises DomainError for a name in use."""
    return Room.objects.create(created_by=by, name=_name(Room, name, "room"))


@action
def change_room(*, by: User, room: Room, name: str, active: bool = True) -> Room:
    """Rename a room, or retire it. Raises DomainError for a name in use, and while somebody is to be there."""
    row = Room.objects.select_for_update().get(pk=room.pk)
    row.name, row.active = _name(Room, name, "room", without=row), active
    if not active:
        session = Schedule.objects.touching(clinic_today()).filter(room=row).select_related("practitioner").first()
        if session is not None:
            raise DomainError(
                f"{session.practitioner.short_name} has it on {session}. Give that session another room first.",
                field="active",
            )
        _refuse_booked(Appointment.objects.filter(room=row), row.name)
    row.save(update_fields=["name", "active", "updated_at"])
    return row


@action
def add_equipment(*, by: User, name: str, needed_for: Iterable[AppointmentType] = ()) -> Equipment:
    """Add a piece of equipment, and what can't be done without it. Raises DomainError for a name in use."""
    row = Equipment.objects.create(created_by=by, name=_name(Equipment, name, "equipment"))
    _need(row, needed_for, by)
    return row


@action
def change_equipment(
    *, by: User, equipment: Equipment, name: str, active: bool = True, needed_for: Iterable[AppointmentType] = ()
) -> Equipment:
    """Rename a piece of equipment, retire it, say what needs it.

    Raises DomainError for a name in use, and when what is booked or needed is to be retired.
    """
    row = Equipment.objects.select_for_update().get(pk=equipment.pk)
    row.name, row.active, kinds = _name(Equipment, name, "equipment", without=row), active, list(needed_for)
    if not active and kinds:
        raise DomainError(f"{kinds[0].name} needs it. Take that back first, or it can't be booked.", field="needed_for")
    if not active:
        _refuse_booked(Appointment.objects.filter(equipment__equipment=row, equipment__withdrawn=False), row.name)
    row.save(update_fields=["name", "active", "updated_at"])
    _need(row, kinds, by)
    return row


def _need(equipment: Equipment, kinds: Iterable[AppointmentType], by: User) -> None:
    wanted = {kind.pk: kind for kind in kinds}
    for need in EquipmentNeed.objects.filter(equipment=equipment):
        if wanted.pop(need.type_id, None) is None:
            need.delete()
    for kind in wanted.values():
        EquipmentNeed.objects.create(created_by=by, equipment=equipment, type=kind)


def _name(model: type[Model], name: str, word: str, *, without: Model | None = None) -> str:
    """The name, if it is one and nobody else's."""
    name = " ".join(name.split())
    if not name:
        raise DomainError(f"Give the {word} a name.", field="name")
    others = model._default_manager.filter(name__iexact=name)
    if without is not None:
        others = others.exclude(pk=without.pk)
    if others.exists():
        raise DomainError(f"There is {'a room' if word == 'room' else 'equipment'} of that name.", field="name")
    return name


def _refuse_booked(visits: QuerySet[Appointment], name: str) -> None:
    coming = visits.filter(status__in=MOVABLE, end_at__gt=timezone.now()).order_by("-start_at")
    last = coming.first()
    if last is not None:
        raise DomainError(
            f"Visits are booked with {name} until {day(last.start_at)}: {coming.count()}. Move them first.",
            field="active",
        )
