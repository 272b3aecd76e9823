"""Kinds of visit and rooms: what the schedule is made of."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Max

from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.choices import TypeColor
from scheduling.models import AppointmentType

_FIELDS = (
    *("name", "duration_minutes", "note_type", "place_of_service", "takes_copay", "active", "rank"),
    *("color", "buffer_minutes", "online_bookable", "no_show_fee"),
)


@action
def add_appointment_type(
    *,
    by: User,
    name: str,
    duration_minutes: int,
    note_type: str = "",
    place_of_service: str = "11",
    takes_copay: bool = True,
    rank: int | None = None,
    color: TypeColor | str = TypeColor.SLATE,
    buffer_minutes: int = 0,
    online_bookable: bool = False,
    no_show_fee: Decimal = Decimal(0),
) -> AppointmentType:
    """Add a kind of visit, last in the list unless ``rank`` says otherwise. Raises DomainError for a name in use."""
    _check(name, duration_minutes, buffer_minutes)
    last = AppointmentType.objects.aggregate(last=Max("rank"))["last"] or 0
    return AppointmentType.objects.create(
        created_by=by,
        name=name.strip(),
        duration_minutes=duration_minutes,
        note_type=note_type,
        place_of_service=place_of_service,
        takes_copay=takes_copay,
        rank=rank if rank is not None else last + 1,
        color=TypeColor(color),
        buffer_minutes=buffer_minutes,
        online_bookable=online_bookable,
        no_show_fee=no_show_fee,
    )


@action
def change_appointment_type(*, by: User, appointment_type: AppointmentType, **fields: object) -> AppointmentType:
    """Change a kind of visit; booked visits keep their length. Raises DomainError for a name in use."""
    row = AppointmentType.objects.select_for_update().get(pk=appointment_type.pk)
    unknown = fields.keys() - set(_FIELDS)
    if unknown:
        raise TypeError(f"An appointment type has no {', '.join(sorted(unknown))}.")
    for name, value in fields.items():
        setattr(row, name, value)
    _check(row.name, row.duration_minutes, row.buffer_minutes, without=row)
    row.save(update_fields=[*fields, "updated_at"])
    return row


def _check(name: str, duration_minutes: int, buffer_minutes: int, *, without: AppointmentType | None = None) -> None:
    if not name.strip():
        raise DomainError("Give the type a name.", field="name")
    others = AppointmentType.objects.filter(name__iexact=name.strip())
    if without is not None:
        others = others.exclude(pk=without.pk)
    if others.exists():
        raise DomainError("There is a type of that name.", field="name")
    if duration_minutes % 5 or not 5 <= duration_minutes <= 480:
        raise DomainError("The length is in steps of five minutes, from 5 to 480.", field="duration_minutes")
    if buffer_minutes % 5 or not 0 <= buffer_minutes <= 120:
        raise DomainError("The time after it is in steps of five minutes, up to 120.", field="buffer_minutes")
