"""What every list of the chart does with its rows: add one, change one, take the last change back.

Adding, changing and taking back lock the patient first, so that one writer at a time compares a row with the others.
``check`` is the noun's own rule about a row as it would stand: it raises DomainError with the field to mend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction

from clinic.actions.errors import is_duplicate, refuse_errored
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.models import LogEntry
from emr.audit.values import as_python
from emr.codes.coding import Coding
from emr.shared.errors import Conflict, DomainError

R = TypeVar("R", bound=models.Model)
Check = Callable[[Any], None]
#: Models whose rows belong to a row, each with its foreign key.
Parts = Sequence[tuple[type[models.Model], str]]

CHANGED = "Somebody else changed this row while the page was open. What you typed is kept here; look at the row again."


def coded(coding: Coding) -> dict[str, str]:
    """The three columns of a coded row."""
    return {"system": coding.system, "code": coding.code, "display": coding.display}


def add_row(*, by: User, row: R, check: Check, field: str = "coding") -> R:
    """Save a new row of a list. Raises DomainError, with ``field``, where the database has one like it."""
    _lock(row)
    check(row)
    row.created_by = by  # type: ignore[attr-defined]
    return _save(row, None, field)


def change_row(*, row: R, values: Mapping[str, Any], seen: str, check: Check, field: str = "coding") -> R:
    """Give a row new values. ``seen`` is its ``stamp`` when its form was shown; empty asks for no comparison.

    Raises DomainError for a row in error, Conflict for one that changed since. Nothing is written if nothing differs.
    """
    locked = _locked(row, seen)
    refuse_errored(locked)  # type: ignore[arg-type]
    changed = [name for name, value in values.items() if getattr(locked, name) != value]
    for name in changed:
        setattr(locked, name, values[name])
    check(locked)
    return _save(locked, changed, field) if changed else locked


@action
def undo_change(*, by: User, row: R, seen: str = "", check: Check = lambda row: None, parts: Parts = ()) -> R:
    """Take the last change of a row back, be it an end or the mark of an error: its values before stand again.

    They are read from the log, which keeps both. ``parts`` are the models whose rows belong to it. Raises
    DomainError where nothing was changed since it was recorded, where more than the row was changed with it, or where
    what stands beside it now is against it.
    """
    locked = _locked(row, seen)
    entry = _last_entry(locked)
    if entry is not None and _added_to(locked, entry, parts):
        raise DomainError(
            "What was added or struck out with the last change can't be taken back with it. Change the row instead."
        )
    before = {name: pair[0] for name, pair in ((entry and entry.changes) or {}).items() if isinstance(pair, list)}
    if entry is None or entry.action != LogEntry.Action.UPDATE or not before:
        raise DomainError("Nothing was changed since it was recorded. Mark it as entered in error if it is wrong.")
    if "patient" in before:
        raise DomainError("The last change is that two charts were merged: it is taken back with the merge.")
    for name, raw in before.items():
        column = type(row)._meta.get_field(name)
        assert isinstance(column, models.Field)  # noqa: S101  the log tells columns alone
        setattr(locked, column.attname, as_python(column, raw))
    check(locked)
    return _save(locked, list(before), None)


def can_undo(row: models.Model, parts: Parts) -> bool:
    """Whether the last change of a row, all of it, can be taken back."""
    entry = _last_entry(row)
    return entry is not None and entry.action == LogEntry.Action.UPDATE and not _added_to(row, entry, parts)


def _last_entry(row: models.Model) -> LogEntry | None:
    kind = ContentType.objects.get_for_model(type(row))
    return LogEntry.objects.filter(content_type=kind, object_pk=row.pk).order_by("-id").first()


def _added_to(row: models.Model, entry: LogEntry, parts: Parts) -> bool:
    """Whether something that belongs to the row was added, or struck out, with its last change or after it."""
    return any(
        part._default_manager.filter(**{key: row, "updated_at__gte": entry.timestamp}).exists() for part, key in parts
    )


def stamp(row: Any) -> str:
    """What a form keeps of the row that it shows, to tell whether it changed since."""
    return str(row.updated_at.isoformat())


def _lock(row: Any) -> None:
    Patient.objects.select_for_update().get(pk=row.patient_id)


def _locked(row: R, seen: str) -> R:
    _lock(row)
    locked = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if seen and seen != stamp(locked):
        raise Conflict(CHANGED)
    return locked


def _save(row: R, changed: list[str] | None, field: str | None) -> R:
    """Write a row; one that stands there already is refused in words."""
    try:
        with transaction.atomic():
            row.save(force_insert=changed is None, update_fields=None if changed is None else [*changed, "updated_at"])
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise DomainError(f"{row} is on the list already.", field=field) from error
    return row
