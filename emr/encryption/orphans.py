"""Sealed files that no row knows: their write was rolled back, or the process died before the row was there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.db.models import FileField

from emr.encryption.holdings import encrypted_fields


def orphans(before: datetime) -> Iterator[Path]:
    """Files in the folder of any sealed field, last written before an instant, that no row of any model names.

    One query for each field. Keep the instant further back than any write takes.
    """
    fields = encrypted_fields()
    known = {name for field in fields for name in field.model._base_manager.values_list(field.name, flat=True)}
    for folder in sorted({_folder(field) for field in fields}):
        for path in folder.glob("*/*"):
            name = path.relative_to(folder.parent).as_posix()
            if name not in known and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                yield path


def _folder(field: FileField) -> Path:
    """Where a field's files lie: names are ``folder/two signs/random``."""
    name = field.generate_filename(None, "any")  # type: ignore[arg-type]  # no name of ours tells of its row
    return Path(field.storage.path(name.partition("/")[0]))
