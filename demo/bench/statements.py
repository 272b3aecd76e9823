"""What a page asks the database, and how long the database takes for that alone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from statistics import median
from typing import Any

from django.db import connection, transaction


class Heard:
    """An execute wrapper that writes down each reading statement with its parameters."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, tuple[Any, ...]]] = Counter()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if isinstance(sql, str) and sql.startswith(("SELECT", "WITH", "(SELECT")):
            self.asked[sql, tuple(_fixed(one) for one in params or ())] += 1
        return execute(sql, params, many, context)


def _fixed(value: Any) -> Any:
    """A parameter that can be counted: a list as a tuple says the same to nobody but us."""
    return _List(value) if isinstance(value, list) else value


class _List(tuple[Any, ...]):
    """A list among the parameters."""

    __slots__ = ()


def raw_seconds(asked: Counter[tuple[str, tuple[Any, ...]]], runs: int) -> float:
    """The median of the seconds that all these statements take together, prepared, without the object mapper."""
    cursor = connection.connection.cursor()
    took = []
    with transaction.atomic():
        for _ in range(runs):
            begun = time.perf_counter()
            for (statement, params), times in asked.items():
                values = [list(one) if isinstance(one, _List) else one for one in params]
                for _ in range(times):
                    cursor.execute(statement, values or None, prepare=True).fetchall()
            took.append(time.perf_counter() - begun)
    return median(took)
