"""How a merge writes: each row's patient, each changed value, each row made, with a row of the merge for every one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

from clinic.models import PatientMerge, PatientMergeRow
from clinic.models.merges import MergeRowKind, MergeStep
from clinic.patient_columns import PatientColumn
from clinic.queries.merge_choices import Change, Make
from emr.audit.bulk import bulk_set_recorded


def said(field: models.Field[Any, Any], value: Any) -> Any:
    """A column's value as the rows of a merge keep it, to the last digit."""
    if isinstance(field, models.JSONField) or value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, list):
        return [said(field, one) for one in value]
    raise TypeError(f"{field} has a value that a merge can't keep: {type(value).__name__}")


def move_rows(
    merge: PatientMerge,
    step: MergeStep,
    column: PatientColumn,
    rows: Sequence[models.Model],
    to: UUID | None,
    why: str = "",
) -> None:
    """Give rows of one table to another chart. The rows of the merge come first: the database asks for them."""
    name, field = column.field.attname, column.field
    PatientMergeRow.objects.bulk_create(
        [
            PatientMergeRow(
                merge=merge,
                step=step,
                kind=MergeRowKind.MOVED,
                table_name=column.table,
                object_id=row.pk,
                column=str(field.column),
                before=said(field, getattr(row, name)),
                after=said(field, to),
                why=why,
            )
            for row in rows
        ],
        batch_size=500,
    )
    bulk_set_recorded(rows, name, to)


def change_row(merge: PatientMerge, step: MergeStep, change: Change) -> None:
    """Write the values of one change, after a row of the merge for each."""
    row = change.row
    fields = {name: row._meta.get_field(_field_name(row, name)) for name in change.values}
    PatientMergeRow.objects.bulk_create(
        [
            PatientMergeRow(
                merge=merge,
                step=step,
                kind=MergeRowKind.CHANGED,
                table_name=row._meta.db_table,
                object_id=row.pk,
                column=str(fields[name].column),  # type: ignore[union-attr]  # a column of a table
                before=said(fields[name], getattr(row, name)),  # type: ignore[arg-type]
                after=said(fields[name], value),  # type: ignore[arg-type]
                why=change.why,
            )
            for name, value in change.values.items()
        ]
    )
    for name, value in change.values.items():
        setattr(row, name, value)
    row.save(update_fields=[field.name for field in fields.values()])


def make_row(merge: PatientMerge, step: MergeStep, make: Make) -> None:
    """Add a row, and a row of the merge that says so."""
    make.row.save(force_insert=True)
    PatientMergeRow.objects.create(
        merge=merge,
        step=step,
        kind=MergeRowKind.MADE,
        table_name=make.row._meta.db_table,
        object_id=make.row.pk,
        why=make.why,
    )


def by_table(rows: Iterable[PatientMergeRow]) -> dict[tuple[str, str], list[PatientMergeRow]]:
    """Rows of a merge by table and column."""
    found: dict[tuple[str, str], list[PatientMergeRow]] = defaultdict(list)
    for row in rows:
        found[row.table_name, row.column].append(row)
    return found


def _field_name(row: models.Model, attname: str) -> str:
    return next(field.name for field in row._meta.concrete_fields if field.attname == attname or field.name == attname)
