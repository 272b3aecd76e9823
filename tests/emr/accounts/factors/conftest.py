"""What each test of factors needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emr.accounts.factors.apps import standing_clock


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with standing_clock():
        yield
