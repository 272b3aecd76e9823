"""Rows as they stood at an instant, rebuilt from the log of changes and from nothing else.

The log tells every field of a new row and every later change with the value that was written, and no recorded change
can commit without it. So the rows of an instant are its entries until then, laid over each other in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import models

from emr.audit.models import LogEntry
from emr.audit.registry import patient_of
from emr.audit.values import as_python

M = TypeVar("M", bound=models.Model)
Rows = dict[type[models.Model], list[models.Model]]
_State = dict[str, Any]


def rows_as_of(
    kinds: Sequence[type[models.Model]], patient_id: UUID, at: datetime, linked: Iterable[UUID] = ()
) -> Rows:
    """The patient's rows of each kind as they stood at ``at``, in the order in which they were made: one query.

    Rows may have come from another chart, and gone there: ``linked`` are the charts that were ever merged with this
    one, in whose entries they are told too. What was another's at that instant is left out.
    The rows are not of the database: they can't be saved, and what they point to is not read. What the log leaves out
    (``updated_at``, columns that the database derives) is empty.
    """
    elsewhere = list(linked)
    types = ContentType.objects.get_for_models(*kinds)
    models_by_type = {types[kind].pk: kind for kind in kinds}
    entries = LogEntry.objects.filter(
        patient_id__in=[patient_id, *elsewhere], content_type__in=list(models_by_type), timestamp__lte=at
    ).order_by("id")
    states: dict[tuple[int, UUID], _State] = {}
    told = entries.values_list("content_type_id", "object_pk", "action", "changes")
    for content_type, key, action, changes in told.iterator():
        if action == LogEntry.Action.DELETE:
            states.pop((content_type, key), None)
        else:
            _lay(states.setdefault((content_type, key), {}), changes)
    found: Rows = {kind: [] for kind in kinds}
    for (content_type, key), state in states.items():
        kind = models_by_type[content_type]
        row = _row(kind, key, state)
        if not elsewhere or patient_of(row) == patient_id:
            found[kind].append(row)
    return found


def point(rows: Iterable[models.Model], names: Sequence[str]) -> None:
    """Let rebuilt rows point to whom they name: today's rows of those models, one query a model."""
    pairs = [(row, cast("models.ForeignKey[Any, Any]", row._meta.get_field(name))) for row in rows for name in names]
    wanted: dict[type[models.Model], set[Any]] = {}
    for row, field in pairs:
        wanted.setdefault(field.related_model, set()).add(getattr(row, field.attname))
    known = {model: model._base_manager.in_bulk(keys - {None}) for model, keys in wanted.items()}
    for row, field in pairs:
        setattr(row, field.name, known[field.related_model].get(getattr(row, field.attname)))


def attach(parents: Iterable[models.Model], name: str, children: Sequence[M], by: str) -> None:
    """Give rebuilt rows their rebuilt parts, as if they had been prefetched under ``name``."""
    groups: dict[Any, list[M]] = {}
    for child in children:
        groups.setdefault(getattr(child, by), []).append(child)
    for parent in parents:
        parts = groups.get(parent.pk, [])
        for child in parts:
            setattr(child, by.removesuffix("_id"), parent)
        manager = getattr(parent, name)
        queryset = manager.model._default_manager.none()
        queryset._result_cache = parts
        parent.__dict__.setdefault("_prefetched_objects_cache", {})[name] = queryset


def _lay(state: _State, changes: dict[str, Any] | None) -> None:
    """Lay what one entry wrote over what stood before."""
    for name, change in (changes or {}).items():
        if isinstance(change, list):
            state[name] = change[1]


def _row(kind: type[models.Model], key: UUID, state: _State) -> models.Model:
    values = {field.attname: as_python(field, state.get(field.name)) for field in kind._meta.concrete_fields}
    row = kind(**{name: value for name, value in values.items() if name not in _derived(kind)})
    row.pk = key
    return row


def _derived(kind: type[models.Model]) -> set[str]:
    return {field.attname for field in kind._meta.concrete_fields if field.generated}
