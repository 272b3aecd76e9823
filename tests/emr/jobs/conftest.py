"""People and processes for the tests of the jobs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from emr.accounts.models import User
from emr.audit.actor import acting
from emr.jobs import enqueue
from emr.jobs.execute import execute
from emr.jobs.models import Job
from tests.emr.jobs import handlers  # noqa: F401  registers the jobs of the tests
from tests.emr.jobs.machinery import Broker, Machinery

People = Callable[..., User]


@pytest.fixture
def person() -> People:
    """A function that makes a person with the named roles."""

    def make(*roles: str) -> User:
        user = User(email=f"{uuid.uuid4()}@clinic.example", first_name="Ana", last_name="Silva")
        user.set_unusable_password()
        with transaction.atomic(), acting(user):
            user.save()
            user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
        return user

    return make


@pytest.fixture
def biller(db: None, person: People) -> User:
    """A biller, who may see the tests' jobs."""
    return person("biller")


@pytest.fixture
def ask(biller: User) -> Callable[..., Job]:
    """A function that enqueues a job of the tests as the biller."""

    def make(name: str, *, by: User | None = None, **payload: Any) -> Job:
        return enqueue(name, key=f"{name}:{uuid.uuid4()}", by=by or biller, payload=payload)

    return make


@pytest.fixture
def run_job(ask: Callable[..., Job]) -> Callable[..., Job]:
    """A function that enqueues a job, runs one attempt in this process, and returns the job as it then is."""

    def run(name: str, **payload: Any) -> Job:
        job = ask(name, **payload)
        execute(job.pk)
        return Job.objects.get(pk=job.pk)

    return run


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """A folder of its own for the files that jobs make."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running broker that the test may hang and kill."""
    server = Broker(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def machinery(transactional_db: None, broker: Broker, tmp_path: Path) -> Iterator[Machinery]:
    """Relays and workers on demand."""
    machines = Machinery(broker, tmp_path)
    yield machines
    machines.stop()
