"""Everything that is kept encrypted, so that no rotation of the keys forgets a part of it.

Files are found by their field: every file field of every model whose storage is EncryptedStorage. What is encrypted
in a column of the database registers itself with :func:`holding`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import cast

from django.apps import apps
from django.db import models, transaction

from emr.encryption.storage import EncryptedStorage
from emr.keys import Unreadable


class Turn(Enum):
    """What a rotation found one thing to be."""

    REWRITTEN = "rewritten"
    NEWEST = "under the newest key already"
    UNREADABLE = "unreadable"
    MISSING = "without its file"


@dataclass(frozen=True)
class Holding:
    """One kind of encrypted things. ``rotate`` brings each under the newest key, committing one by one, and tells of
    each; it may be stopped anywhere and begun again.
    """

    name: str
    count: Callable[[], int]
    rotate: Callable[[], Iterator[Turn]]


_REGISTERED: dict[str, Holding] = {}


def holding(name: str, *, count: Callable[[], int], rotate: Callable[[], Iterator[Turn]]) -> None:
    """Register what an app keeps encrypted in the database. Raises ValueError for a name that is taken."""
    if name in _REGISTERED:
        raise ValueError(f"Two holdings are called {name!r}.")
    _REGISTERED[name] = Holding(name, count, rotate)


def all_holdings() -> list[Holding]:
    """Every holding of the project: files first."""
    return [*_files(), *_REGISTERED.values()]


def encrypted_fields() -> list[models.FileField]:
    """Every file field whose content is sealed."""
    return [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.FileField) and isinstance(field.storage, EncryptedStorage)
    ]


def _files() -> list[Holding]:
    return [
        Holding(
            f"{field.model._meta.label}.{field.name}",
            lambda field=field: _named(field).count(),  # type: ignore[misc]
            partial(_rotate_files, field),
        )
        for field in encrypted_fields()
    ]


def _named(field: models.FileField) -> models.QuerySet[models.Model]:
    return field.model._base_manager.exclude(**{field.name: ""}).exclude(**{f"{field.name}__isnull": True})


def _rotate_files(field: models.FileField) -> Iterator[Turn]:
    for key in _named(field).order_by("pk").values_list("pk", flat=True).iterator(chunk_size=1000):
        yield _rotate_file(field, key)


@transaction.atomic
def _rotate_file(field: models.FileField, key: object) -> Turn:
    """One file. Its row is held meanwhile, so that nobody takes the file away between reading and writing it."""
    name = _named(field).select_for_update().filter(pk=key).values_list(field.name, flat=True).first()
    if name is None:
        return Turn.NEWEST
    storage = cast(EncryptedStorage, field.storage)
    try:
        return Turn.REWRITTEN if storage.rotate(name) else Turn.NEWEST
    except Unreadable:
        return Turn.UNREADABLE
    except FileNotFoundError:
        return Turn.MISSING
