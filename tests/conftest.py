"""What every test can ask for. Nothing is mocked: PostgreSQL, Valkey, Celery and Chromium are real."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as examples

from emr.access.roles import ROLES
from emr.accounts.models import User
from tests import database

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
T = TypeVar("T")
Stages = dict[Callable[[], Any], tuple[str, Any]]
# The same examples each time, however slow the machine: nobody's change fails for an example that it doesn't touch. New
# ones are looked for with --hypothesis-profile=search (docs/testing.md).
examples.register_profile("fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.register_profile("search", examples.get_profile("fixed"), derandomize=False, print_blob=True)
examples.load_profile("fixed")
REAL_DATA = Path(os.environ.get("REAL_DATA_DIR", Path(settings.BASE_DIR).parent / "shared" / "data"))


def pytest_configure(config: pytest.Config) -> None:
    """Cheap password hashes and unhashed static files: neither is what these tests are about."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CACHES["default"]["KEY_PREFIX"] = f"test-{os.getpid()}"
    # A cache of its own for each worker: clearing one empties its whole numbered database. 0 and 1 are the clinic's.
    location, _, _ = str(settings.CACHES["default"]["LOCATION"]).rpartition("/")
    settings.CACHES["default"]["LOCATION"] = (
        f"{location}/{2 + int(WORKER.removeprefix('gw')) % 13 if WORKER != 'main' else 15}"
    )


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end, and needn't be looked through for garbage; nor the rest so
    often: a page makes more than 700 objects.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A database for this worker, cloned from the migrated template; the tests run as the app's role, not the owner."""
    name = f"test_{WORKER}_{os.getpid()}"
    database.drop_leftovers()
    database.create(name)
    with django_db_blocker.unblock(), database.using(name):  # type: ignore[attr-defined]
        yield
    database.drop(name)


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """A database of its own for a test that commits: races, deferred triggers, other processes. Gives its name."""
    name = f"test_{WORKER}_{os.getpid()}_{uuid4().hex[:8]}"
    database.create(name)
    with django_db_blocker.unblock(), database.using(name):  # type: ignore[attr-defined]
        yield name
    database.drop(name)


@pytest.fixture(scope="session")
def _stages(django_db_setup: None) -> Iterator[Stages]:
    """By what made it, each database in which tests begin, and what was made."""
    made: Stages = {}
    yield made
    for name, _ in made.values():
        database.drop(name)


def _made(stages: Stages, make: Callable[[], Any]) -> tuple[str, Any]:
    if make not in stages:
        name = f"test_{WORKER}_{os.getpid()}_stage{len(stages)}"
        stages[make] = (name, database.staged(name, make))
    return stages[make]


@pytest.fixture(scope="module")
def stage(_stages: Stages, django_db_blocker: pytest.FixtureRequest) -> Iterator[Callable[[Callable[[], T]], T]]:
    """What all tests of a module begin with: ``stage(make)`` gives what ``make`` returned.

    It stands in a database of its own, made once for all modules that give the same function, in which each test's
    writes are rolled back as ever. Give each test a copy of the objects: what it changes in them would reach the next.
    """
    with ExitStack() as stack:

        def begin(make: Callable[[], T]) -> T:
            stack.enter_context(django_db_blocker.unblock())  # type: ignore[attr-defined]
            name, made = _made(_stages, make)
            stack.enter_context(database.using(name))
            return cast(T, made)

        yield begin


@pytest.fixture
def committed_stage(
    _stages: Stages, django_db_blocker: pytest.FixtureRequest
) -> Iterator[Callable[[Callable[[], T]], T]]:
    """As ``stage``, for a test that commits: in a copy of that database, with copies of the objects, for it alone."""
    with ExitStack() as stack:

        def begin(make: Callable[[], T]) -> T:
            stack.enter_context(django_db_blocker.unblock())  # type: ignore[attr-defined]
            staged, made = _made(_stages, make)
            name = f"test_{WORKER}_{os.getpid()}_{uuid4().hex[:8]}"
            connections.close_all()
            database.create(name, staged)
            stack.callback(database.drop, name)
            stack.enter_context(database.using(name))
            return deepcopy(cast(T, made))

        yield begin


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> None:
    """Rate limits of one test don't reach the next."""
    marked = request.node.get_closest_marker("django_db") is not None
    if marked or {"db", "committed_db", "committed_stage"} & set(request.fixturenames):
        cache.clear()


@pytest.fixture(autouse=True)
def _young_observations() -> None:
    """What was measured by default was so one, two, three days ago, in a worker's thousandth test too."""
    from tests.factories.chart import ObservationFactory

    ObservationFactory.reset_sequence()


@pytest.fixture
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tries fall into one minute, however slow the machine and whenever the test runs."""
    monkeypatch.setattr("emr.access.limits._minute", lambda: 30_000_000)


@pytest.fixture
def person() -> Callable[..., User]:
    """Make a member of staff: ``person("nurse")``, ``person("clinician", "manager", email="a@example.org")``."""
    from tests.factories.accounts import make_person

    return make_person


@pytest.fixture
def as_role() -> Callable[..., Client]:
    """A browser logged in as a new member of staff of the given roles; ``client.user`` is the person."""
    from tests.factories.accounts import make_person

    def log_in(*roles: str) -> Client:
        assert set(roles) <= set(ROLES), f"no such role: {roles}"
        client = Client()
        client.user = make_person(*roles)  # type: ignore[attr-defined]
        client.force_login(client.user, backend="emr.accounts.backends.LoginBackend")  # type: ignore[attr-defined]
        return client

    return log_in


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real input; the test is skipped, and says so, where it isn't there."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real data at {REAL_DATA}; set REAL_DATA_DIR")
    return REAL_DATA
