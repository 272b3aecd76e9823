"""What was written to the survivor of a merge since, and to which of the two charts each of it belongs by its parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import models

from clinic.models import PatientMerge, PatientMergeRow
from clinic.models.merges import MergeRowKind
from clinic.patient_columns import SIDES, PatientColumn, moving_columns
from clinic.queries.merge_plan import kind_of
from emr.audit.models import LogEntry

Key = tuple[str, UUID]


@dataclass(frozen=True)
class Since:
    """A row that was added to the survivor after the merge."""

    column: PatientColumn
    row: models.Model
    at: datetime
    by: str

    @property
    def key(self) -> Key:
        """The row by its table."""
        return self.column.table, self.row.pk

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return kind_of(self.column.model)


def added_since(merge: PatientMerge) -> list[Since]:
    """What was added to the survivor after the merge and is still the survivor's, in the order in which it was."""
    columns = {column.model: column for column in moving_columns() if column.key != "clinic.patient.replaced_by"}
    types = {ContentType.objects.get_for_model(model).pk: column for model, column in columns.items()}
    entries = LogEntry.objects.filter(
        patient_id=merge.survivor_id,
        timestamp__gt=merge.merged_at,
        action=LogEntry.Action.CREATE,
        content_type__in=list(types),
    ).select_related("actor")
    made = set(
        PatientMergeRow.objects.filter(merge__survivor=merge.survivor_id, kind=MergeRowKind.MADE).values_list(
            "object_id", flat=True
        )
    )
    told: dict[int, dict[UUID, LogEntry]] = {}
    for entry in entries.order_by("id"):
        if entry.object_pk not in made:
            told.setdefault(entry.content_type_id, {})[entry.object_pk] = entry
    return sorted(_still(types, told, merge.survivor_id), key=lambda one: (one.at, one.row.pk))


def _still(
    types: dict[int, PatientColumn], told: dict[int, dict[UUID, LogEntry]], survivor_id: UUID
) -> Iterator[Since]:
    for kind, entries in told.items():
        column = types[kind]
        rows = column.model._base_manager.filter(pk__in=list(entries), **{column.field.attname: survivor_id})
        for row in rows:
            entry = entries[row.pk]
            yield Since(column, row, entry.timestamp, str(entry.actor))


def belonging(added: list[Since], moving: set[Key], staying_id: UUID) -> set[Key]:
    """Which of the added rows go with the rows of ``moving``, because they are parts of them and of nothing else.

    A note that was written in a visit goes with the visit; a visit goes with the appointment from which it was opened.
    A row that has to do with both charts stays, and is looked at by a person.
    """
    tables = {column.table: column for column in moving_columns()}
    going: set[Key] = set()
    open_rows = {one.key: one for one in added}
    while True:
        gone = moving | going
        more = {key for key, one in open_rows.items() if key not in going and _goes(one, gone, tables)}
        more |= _opened_by(gone, open_rows.keys() - going, tables)
        more |= {key for key, one in open_rows.items() if key not in going and _other_side(one, gone, tables)}
        if not more:
            return going
        going |= more


def _goes(one: Since, gone: set[Key], tables: dict[str, PatientColumn]) -> bool:
    """Whether all that the row hangs on, and something, goes."""
    owners = list(_owners(one.row, tables))
    return bool(owners) and all(key in gone for key in owners)


def torn(added: list[Since], going: set[Key]) -> bool:
    """Whether of something with two sides one side would go and another stay."""
    return any(one.key in going and not sides_of(one) <= going for one in added)


def sides_of(one: Since) -> set[Key]:
    """The other rows of a patient with which this one makes one thing, as the entries of a transaction. One query."""
    name = SIDES.get(one.row._meta.label_lower)
    if name is None:
        return set()
    field = one.row._meta.get_field(name)
    about = {field.attname: getattr(one.row, field.attname), f"{one.column.field.attname}__isnull": False}  # type: ignore[union-attr]  # a foreign key
    rows = one.column.model._base_manager.filter(**about).exclude(pk=one.row.pk)
    return {(one.column.table, key) for key in rows.values_list("pk", flat=True)}


def _other_side(one: Since, gone: set[Key], tables: dict[str, PatientColumn]) -> bool:
    """Whether the row hangs on nothing of its own and is the other side of what goes."""
    sides = sides_of(one)
    return bool(sides) and sides <= gone and not list(_owners(one.row, tables))


def _owners(row: models.Model, tables: dict[str, PatientColumn]) -> Iterator[Key]:
    """The rows of a patient to which a row points, by itself or through a row that is nobody's: an entry of the ledger
    names its payment by its transaction alone."""
    for field in row._meta.local_concrete_fields:
        if not isinstance(field, models.ForeignKey) or getattr(row, field.attname) is None:
            continue
        target = field.related_model._meta.db_table
        if target in tables:
            if target != "clinic_patient":
                yield target, getattr(row, field.attname)
        elif any(_points_to(one, tables) for one in field.related_model._meta.local_concrete_fields):
            yield from _owners(getattr(row, field.name), tables)


def _points_to(field: models.Field[Any, Any], tables: dict[str, PatientColumn]) -> bool:
    """Whether a column names a row of a patient."""
    return isinstance(field, models.ForeignKey) and field.related_model._meta.db_table in tables


def _opened_by(gone: set[Key], waiting: Any, tables: dict[str, PatientColumn]) -> set[Key]:
    """Added rows to which a row that goes points, and none that stays: the visit of an appointment, the appointment of
    a recall."""
    found: set[Key] = set()
    kept: set[Key] = set()
    undecided = set(waiting)
    wanted: dict[str, set[UUID]] = {}
    for table, key in undecided:
        wanted.setdefault(table, set()).add(key)
    for table, column in tables.items():
        going = {key for name, key in gone if name == table}
        for field in column.model._meta.local_concrete_fields:
            if not isinstance(field, models.ForeignKey):
                continue
            target = field.related_model._meta.db_table
            if target not in wanted:
                continue
            pointing = column.model._base_manager.filter(**{f"{field.attname}__in": wanted[target]})
            for key, value in pointing.values_list("pk", field.attname):
                if (table, key) not in undecided:
                    (found if key in going else kept).add((target, value))
    return found - kept
