"""What the page tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext


@pytest.fixture
def queries() -> Callable[[], object]:
    """Count the statements of a block, savepoints aside: ``with queries() as asked: …; len(asked())``."""

    @contextmanager
    def counting() -> Iterator[Callable[[], list[str]]]:
        with CaptureQueriesContext(connection) as caught:
            yield lambda: [query["sql"] for query in caught.captured_queries if "SAVEPOINT" not in query["sql"]]

    return counting
