"""Rows that are too many to keep: fetched by a cursor of the database, which is closed where the reading ends."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar, cast

from django.db.models import QuerySet

T = TypeVar("T")


@contextmanager
def streamed(rows: QuerySet[Any, T], size: int) -> Iterator[Iterator[T]]:
    """The rows, ``size`` fetched at a time; use it wherever what reads them may be refused or stopped.

    A cursor that is left open lives as long as the refusal's traceback, and so is closed after its savepoint is gone:
    the database says that there is no such cursor, and the transaction fails in place of the sentence.
    """
    with closing(cast(Generator[T, None, None], rows.iterator(chunk_size=size))) as found:
        yield found
