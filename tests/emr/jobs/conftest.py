"""People and processes for the tests of the jobs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emr.accounts.models import User
from emr.jobs import enqueue
from emr.jobs.execute import execute
from emr.jobs.models import Job
from tests.emr.jobs import handlers  # noqa: F401  registers the jobs of the tests
from tests.emr.jobs.machinery import Broker, Machinery


@pytest.fixture
def biller(person: Callable[..., User]) -> User:
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
def machinery(committed_db: str, broker: Broker, tmp_path: Path) -> Iterator[Machinery]:
    """Relays and workers on demand."""
    machines = Machinery(broker, tmp_path)
    yield machines
    machines.stop()
