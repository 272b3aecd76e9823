"""Several queries as one statement: for pages that show a little of many tables.

The ORM says what each asks, once; the database is asked for all of them at once, from then on with other values in the
gaps (see ``emr.shared.statements``). What a journey to the database and the building of a query cost is paid once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model, QuerySet

from emr.shared.statements import Kind, compiled, fill, stand_ins

Build = Callable[..., QuerySet[Any]]


class Bundle:
    """Named queries of rows of models, each with ``only()`` of its table's own columns and annotations beside them.

    Each is called once, with a stand-in for every gap. ``select_related`` can't be: annotate what is wanted of others.
    """

    def __init__(self, queries: Mapping[str, Build], **gaps: Kind) -> None:
        self._queries = queries
        self._stand_ins = stand_ins(gaps)

    def rows(self, **values: UUID | date) -> dict[str, list[Any]]:
        """The rows of each query for these values of the gaps. One query."""
        readers, sql, params = self._compiled
        with connection.cursor() as cursor:
            cursor.execute(sql, fill(params, values))
            found = cursor.fetchone()
        return {name: reader.read(text) for (name, reader), text in zip(readers.items(), found or (), strict=True)}

    @cached_property
    def _compiled(self) -> tuple[dict[str, Reader], str, list[Any]]:
        readers: dict[str, Reader] = {}
        columns, params = [], []
        for name, build in self._queries.items():
            query = build(**self._stand_ins)
            sql, needs = compiled(query, self._stand_ins)
            annotated = {name: one.output_field for name, one in query.query.annotations.items()}
            readers[name] = Reader(query.model, annotated)
            columns.append(f"(SELECT json_agg(t)::text FROM ({sql}) t)")  # noqa: S608  the ORM's own SQL
            params += needs
        return readers, f"SELECT {', '.join(columns)}", params


class Reader:
    """Makes rows of a model of what the database tells as JSON."""

    def __init__(self, model: type[Model], annotated: Mapping[str, Field[Any, Any]] | None = None) -> None:
        self._model = model
        self._fields: dict[str, Field[Any, Any]] = {str(field.column): field for field in model._meta.concrete_fields}
        self._annotated = annotated or {}

    def read(self, text: str | None) -> list[Any]:
        """The rows; numbers keep their digits."""
        return [self._row(told) for told in json.loads(text, parse_float=Decimal)] if text else []

    def _row(self, told: dict[str, Any]) -> Any:
        own = [(field, told[name]) for name, field in self._fields.items() if name in told]
        row = self._model.from_db(
            None, [field.attname for field, _ in own], [field.to_python(value) for field, value in own]
        )
        for name, field in self._annotated.items():
            if name in told:
                setattr(row, name, field.to_python(told[name]))
        return row
