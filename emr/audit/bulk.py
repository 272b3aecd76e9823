"""Many rows at once, with their entries: for imports, where a statement a row would be too slow."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from typing import Any, TypeVar

from auditlog.diff import get_field_value, is_primitive, model_instance_diff
from auditlog.registry import auditlog
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.encoding import smart_str
from psycopg import sql

from emr.audit.models import LogEntry

M = TypeVar("M", bound=models.Model)
#: What an entry tells: fields from what to what.
Changes = dict[str, tuple[Any, Any]]
#: The columns of an entry that is copied in.
_TOLD = (
    "content_type_id",
    "object_pk",
    "object_repr",
    "patient_id",
    "action",
    "changes",
    "actor_id",
    "timestamp",
    "cid",
    "remote_addr",
    "reason",
)


@transaction.atomic
def bulk_create_recorded(rows: Sequence[M], *, batch_size: int = 500) -> list[M]:
    """Insert rows of one recorded model, and one log entry for each, in one transaction."""
    if not rows:
        return []
    created = type(rows[0])._default_manager.bulk_create(rows, batch_size=batch_size)
    _tell(created, LogEntry.Action.CREATE, _as_made(created))
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
    changes = [
        model_instance_diff(old, row, fields_to_check=[field], use_json_for_changes=True)
        for old, row in zip(before, rows, strict=True)
    ]
    _tell(rows, LogEntry.Action.UPDATE, changes)


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
    _tell(changed, LogEntry.Action.UPDATE, [changes[row.pk] for row in changed])
    return changed


def _as_made(rows: Sequence[models.Model]) -> list[Changes]:
    """What is told of new rows of a model: every column that has a value.

    As :func:`auditlog.diff.model_instance_diff` tells it, without looking at each row for what it was before, and for
    the rows of other models that will point to it.
    """
    model = type(rows[0])
    left_out = auditlog.get_model_fields(model)["exclude_fields"]
    fields = [field for field in model._meta.concrete_fields if field.name not in left_out]
    told = []
    for row in rows:
        values = ((field.name, get_field_value(row, field, use_json_for_changes=True)) for field in fields)
        plain = ((name, value if is_primitive(value) else smart_str(value)) for name, value in values)
        told.append({name: (None, value) for name, value in plain if value is not None})
    return told


def _tell(rows: Sequence[models.Model], action: int, changes: Iterable[Changes]) -> None:
    """One entry for each row, copied in. The entries' keys and their transaction are the database's to say."""
    now = timezone.now()
    # All before the copying begins: what a row is called may ask the database, which hears nothing else meanwhile.
    entries = []
    for row, said in zip(rows, changes, strict=True):
        values = LogEntry.objects.values_for(row)
        values["content_type_id"], values["actor_id"] = values["content_type"].pk, values["actor"].pk
        values["action"], values["changes"], values["timestamp"] = action, json.dumps(said), now
        entries.append([values[name] for name in _TOLD])
    quoted = connection.ops.quote_name
    copying = f"COPY {quoted(LogEntry._meta.db_table)} ({', '.join(map(quoted, _TOLD))}) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(copying) as copy_in:
        for entry in entries:
            copy_in.write_row(entry)


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
