"""Queries that are built once: for pages asked for all day, where building the query costs more than its answer.

Django's ORM says what is asked; from the second time on only what differs is put in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

_STAND_IN_UUID = 0xC0DE_0000_0000_7000_8000_0000_0000_0000
_STAND_IN_YEAR = 1201
Kind = type[UUID] | type[date]


class Statement:
    """A query of tuples with gaps, each a UUID, a day or an instant.

    ``build`` is called once, with a stand-in for each gap, and gives ``….values_list(…)``. What comes back is as the
    driver reads it: no field's own conversion is made, so it is for plain columns.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **gaps: Kind) -> None:
        self._build = build
        self._stand_ins = stand_ins(gaps)

    def rows(self, **values: UUID | date) -> Sequence[tuple[Any, ...]]:
        """The rows for these values of the gaps. One query."""
        sql, parts = self._compiled
        with connection.cursor() as cursor:
            cursor.execute(sql, fill(parts, values))
            found: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return found

    @cached_property
    def _compiled(self) -> tuple[str, list[Any]]:
        sql, parts = compiled(self._build(**self._stand_ins), self._stand_ins)
        missing = set(self._stand_ins) - {part.name for part in parts if isinstance(part, _Gap)}
        if missing:
            raise ValueError(f"The query has no place for {', '.join(sorted(missing))}.")
        return sql, parts


def stand_ins(gaps: Mapping[str, Kind]) -> dict[str, UUID | date]:
    """A value for each gap that no table holds."""
    return {name: _stand_in(kind, number) for number, (name, kind) in enumerate(gaps.items(), start=1)}


def compiled(query: QuerySet[Any, Any], values: Mapping[str, UUID | date]) -> tuple[str, list[Any]]:
    """A query's SQL with its parameters, gaps where the stand-ins were."""
    names = {stand_in: name for name, stand_in in values.items()}
    sql, params = query.query.sql_with_params()
    return sql, [_Gap(names[part]) if isinstance(part, UUID | date) and part in names else part for part in params]


def fill(parts: Sequence[Any], values: Mapping[str, UUID | date]) -> list[Any]:
    """The parameters with these values in the gaps."""
    return [values[part.name] if isinstance(part, _Gap) else part for part in parts]


class _Gap:
    """The place of a value in a statement's parameters."""

    def __init__(self, name: str) -> None:
        self.name = name


def _stand_in(kind: Kind, number: int) -> UUID | date:
    if kind is UUID:
        return UUID(int=_STAND_IN_UUID + number)
    if kind is date:
        return date(_STAND_IN_YEAR, 1, number)
    return datetime(_STAND_IN_YEAR, 1, number, tzinfo=UTC)
