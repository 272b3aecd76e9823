"""Many rows at once, with their entries: for imports, where a statement a row would be too slow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from typing import TypeVar

from auditlog.diff import model_instance_diff
from auditlog.registry import auditlog
from django.db import connection, models, transaction
from psycopg import sql

from emr.audit.models import LogEntry

M = TypeVar("M", bound=models.Model)


@transaction.atomic
def bulk_create_recorded(rows: Sequence[M], *, batch_size: int = 500) -> list[M]:
    """Insert rows of one recorded model, and one log entry for each, in one transaction."""
    if not rows:
        return []
    model = type(rows[0])
    created = model._default_manager.bulk_create(rows, batch_size=batch_size)
    for relation in model._meta.related_objects:
        if relation.one_to_one:
            # Nothing names a new row yet: the entry needn't ask the database for each.
            for row in created:
                relation.set_cached_value(row, None)
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                **LogEntry.objects.values_for(row),
                action=LogEntry.Action.CREATE,
                changes=model_instance_diff(None, row, use_json_for_changes=True),
            )
            for row in created
        ],
        batch_size=batch_size,
    )
    return list(created)


@transaction.atomic
def bulk_set_recorded(rows: Sequence[M], field: str, value: object) -> None:
    """Write one value into one field of many rows of one model, and one log entry for each, in two statements.

    Nothing else of the rows is written, not even when they were changed. A row of a model that isn't recorded gets no
    entry. ``rows`` carry the new value afterwards.
    """
    if not rows:
        return
    model = type(rows[0])
    before = [copy(row) for row in rows]
    model._base_manager.filter(pk__in=[row.pk for row in rows]).update(**{field: value})
    for row in rows:
        setattr(row, field, value)
    if not auditlog.contains(model):
        return
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                **LogEntry.objects.values_for(row),
                action=LogEntry.Action.UPDATE,
                changes=model_instance_diff(old, row, fields_to_check=[field], use_json_for_changes=True),
            )
            for old, row in zip(before, rows, strict=True)
        ],
        batch_size=500,
    )


@transaction.atomic
def bulk_save_recorded(rows: Sequence[M], fields: Collection[str], *, batch_size: int = 500) -> list[M]:
    """Write some fields of many rows of one recorded model, each its own values, and one log entry for each row that
    changed, in three statements; gives those. The rows must be locked. What was kept of them is read from the database.
    """
    if not rows:
        return []
    model = type(rows[0])
    before = model._base_manager.only(*fields).in_bulk([row.pk for row in rows])
    changes = {
        row.pk: model_instance_diff(before[row.pk], row, fields_to_check=list(fields), use_json_for_changes=True)
        for row in rows
    }
    changed = [row for row in rows if changes[row.pk]]
    for first in range(0, len(changed), batch_size):
        _write(changed[first : first + batch_size], fields)
    LogEntry.objects.bulk_create(
        [
            LogEntry(**LogEntry.objects.values_for(row), action=LogEntry.Action.UPDATE, changes=changes[row.pk])
            for row in changed
        ],
        batch_size=batch_size,
    )
    return changed


def _write(rows: Sequence[models.Model], fields: Collection[str]) -> None:
    """One statement for all of them: Django's own bulk_update says each value's row anew for each field."""
    meta = rows[0]._meta
    columns = [field for field in meta.concrete_fields if field.name in fields or getattr(field, "auto_now", False)]
    for row in rows:
        for field in columns:
            field.pre_save(row, add=False)
    values = [
        [meta.pk.get_db_prep_save(row.pk, connection)]
        + [field.get_db_prep_save(getattr(row, field.attname), connection) for field in columns]
        for row in rows
    ]
    of_row = sql.SQL("({})").format(
        sql.SQL(", ").join(sql.SQL("%s::" + str(field.db_type(connection))) for field in (meta.pk, *columns))
    )
    names = [sql.Identifier(str(field.column)) for field in (meta.pk, *columns)]
    statement = sql.SQL("UPDATE {} AS kept SET {} FROM (VALUES {}) AS new ({}) WHERE kept.{} = new.{}").format(
        sql.Identifier(meta.db_table),
        sql.SQL(", ").join(sql.SQL("{} = new.{}").format(name, name) for name in names[1:]),
        sql.SQL(", ").join([of_row] * len(rows)),
        sql.SQL(", ").join(names),
        names[0],
        names[0],
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in values for value in row])
