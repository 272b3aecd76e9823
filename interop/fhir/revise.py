"""A resource that was imported before and has changed in its source."""

from __future__ import annotations

from django.apps import apps
from django.db import models

from interop.fhir.elements import Refused
from interop.fhir.mapped import Mapped
from interop.models import SourceRecord

#: Columns that belong to this clinic, not to the source.
_OURS = frozenset({"id", "mrn", "created_at", "created_by", "updated_at", "encounter", "report"})


def revise(origin: SourceRecord, mapped: Mapped) -> bool:
    """Bring the imported row up to date; True when something changed.

    Raises Refused when the row was changed here since, or has lost a part: a person must decide then.
    """
    model = apps.get_model(origin.model)
    if not isinstance(mapped.row, model):
        raise Refused("it became something else than it was when it was imported")
    row = model._default_manager.select_for_update(of=("self",)).get(pk=origin.object_id)
    # A row is written before its origin, so that one that is younger than its origin was changed by somebody here.
    updated_at = getattr(row, "updated_at", None)
    if updated_at is not None and updated_at > origin.imported_at:
        raise Refused("it was changed here since it was imported, so the new content was not taken over")
    if getattr(row, "patient_id", None) != getattr(mapped.row, "patient_id", None):
        raise Refused("it belonged to another patient when it was imported")
    changed = _copy(mapped.row, row, mapped)
    if mapped.parts_are_ours:
        return changed
    return _revise_parts(mapped, row) or changed


def _copy(fresh: models.Model, row: models.Model, mapped: Mapped) -> bool:
    fields = [
        field.name
        for field in row._meta.concrete_fields
        if field.name not in _OURS
        and (mapped.columns is None or field.name in mapped.columns)
        and getattr(fresh, field.attname) != getattr(row, field.attname)
    ]
    if not fields:
        return False
    for name in fields:
        setattr(row, name, getattr(fresh, name))
    row.save(update_fields=[*fields, *_stamp(row)])
    return True


def _stamp(row: models.Model) -> list[str]:
    return ["updated_at"] if any(field.name == "updated_at" for field in row._meta.concrete_fields) else []


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
        changed = _copy(part, old, mapped) or changed
    for part in mapped.parts[len(existing) :]:
        setattr(part, mapped.parent_field, row)
        part.save(force_insert=True)
        changed = True
    return changed
