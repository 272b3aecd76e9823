"""One small sample clinic for all tests of this folder: none of them changes what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache

from demo.seed import SIZES, seed_clinic
from tests import database
from tests.conftest import WORKER

#: The moment at which the sample clinic is written and looked at, on whatever day the tests run: a Wednesday, 10:20 in
#: Springfield. The database's own clock is later, by which grants end: those of the story ended before, or never do.
NOW = datetime(2026, 11, 18, 16, 20, tzinfo=UTC)


@pytest.fixture(scope="session")
def sample_database(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the small sample clinic, as it is at ``NOW``."""
    name = f"test_{WORKER}_sample_{uuid4().hex[:8]}"
    database.create(name)
    with django_db_blocker.unblock(), database.using(name), time_machine.travel(NOW, tick=False):  # type: ignore[attr-defined]
        seed_clinic(seed=1, size=SIZES["small"], say=lambda text: None, now=NOW)
    yield name
    database.drop(name)


@pytest.fixture
def sample(sample_database: str, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """The sample clinic as the database of a test, at ``NOW``."""
    cache.clear()
    with django_db_blocker.unblock(), database.using(sample_database), time_machine.travel(NOW, tick=False):  # type: ignore[attr-defined]
        yield sample_database
