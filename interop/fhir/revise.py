"""A resource that was imported before and has changed in its source."""

from __future__ import annotations

from datetime import timedelta

from django.apps import apps
from django.db import models

from interop.fhir.elements import Refused
from interop.fhir.mapped import Mapped
from interop.models import SourceRecord

#: Columns that belong to this clinic, not to the source.
_OURS = frozenset({"id", "mrn", "created_at", "created_by", "updated_at", "encounter", "report"})

#: A row saved later than this after its import was changed here by somebody.
_SAME_MOMENT = timedelta(seconds=5)


def revise(origin: SourceRecord, mapped: Mapped) -> bool:
    """Bring the imported row up to date; True when something changed.

    Raises Refused when the row was changed here since, or has lost a part: a person must decide then.
    """
    model = apps.get_model(origin.model)
    row = model._default_manager.select_for_update().get(pk=origin.object_id)
    updated_at = getattr(row, "updated_at", None)
    if updated_at is not None and updated_at > origin.imported_at + _SAME_MOMENT:
        raise Refused("it was changed here since it was imported, so the new content was not taken over")
    changed = _copy(mapped.row, row)
    if mapped.parts_are_ours:
        return changed
    return _revise_parts(mapped, row) or changed


def _copy(fresh: models.Model, row: models.Model) -> bool:
    fields = [
        field.name
        for field in row._meta.concrete_fields
        if field.name not in _OURS and getattr(fresh, field.attname) != getattr(row, field.attname)
    ]
    if not fields:
        return False
    for name in fields:
        setattr(row, name, getattr(fresh, name))
    row.save(update_fields=fields)
    return True


def _revise_parts(mapped: Mapped, row: models.Model) -> bool:
    """Parts are matched by their order."""
    model = mapped.part_model
    if model is None:
        return False
    existing = list(model._default_manager.filter(**{mapped.parent_field: row}).order_by("created_at", "id"))
    if len(existing) > len(mapped.parts):
        raise Refused("it has fewer parts than before; enter the correction by hand")
    changed = False
    for part, old in zip(mapped.parts, existing, strict=False):
        setattr(part, mapped.parent_field, row)
        changed = _copy(part, old) or changed
    for part in mapped.parts[len(existing) :]:
        setattr(part, mapped.parent_field, row)
        part.save(force_insert=True)
        changed = True
    return changed
