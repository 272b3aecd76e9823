"""Asking for a job: once per key, with the caller's transaction, without free text."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from emr.accounts.models import User
from emr.jobs import enqueue
from emr.jobs.choices import JobStatus
from emr.jobs.models import Job
from emr.jobs.queue import CHANNEL
from tests.emr.jobs.machinery import database_url

pytestmark = pytest.mark.feature("M08")


@pytest.mark.django_db
def test_writes_a_row_that_waits(biller: User) -> None:
    """The row says what, by whom, and that it waits."""
    job = enqueue("test.effect", key="batch:1", by=biller, payload={"effect": "one"})

    stored = Job.objects.get(pk=job.pk)
    assert (stored.name, stored.key, stored.payload) == ("test.effect", "batch:1", {"effect": "one"})
    assert (stored.status, stored.created_by, stored.attempts, stored.max_attempts) == (JobStatus.QUEUED, biller, 0, 3)


@pytest.mark.django_db
def test_same_key_returns_the_first_job(biller: User) -> None:
    """Asking again changes nothing, whatever the payload."""
    first = enqueue("test.effect", key="batch:1", by=biller, payload={"effect": "one"})
    second = enqueue("test.effect", key="batch:1", by=biller, payload={"effect": "two"})

    assert second.pk == first.pk
    assert Job.objects.get().payload == {"effect": "one"}


@pytest.mark.usefixtures("committed_db")
def test_ten_threads_with_one_key_make_one_job(biller: User) -> None:
    """Ten people press the button at once; each gets the same job."""

    def press(_: int) -> uuid.UUID:
        try:
            with transaction.atomic():
                return enqueue("test.effect", key="batch:1", by=biller, payload={"effect": "one"}).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        got = set(pool.map(press, range(10)))

    assert got == {Job.objects.get().pk}


@pytest.mark.usefixtures("committed_db")
def test_rolls_back_with_its_transaction(biller: User) -> None:
    """A refused action leaves no job behind, and the key stays free."""
    with transaction.atomic():
        enqueue("test.effect", key="batch:1", by=biller)
        transaction.set_rollback(True)

    assert not Job.objects.exists()
    enqueue("test.effect", key="batch:1", by=biller)
    assert Job.objects.count() == 1


@pytest.mark.usefixtures("committed_db")
def test_tells_the_relay_when_it_commits_and_not_before(biller: User) -> None:
    """A listener hears of the job only after the commit."""
    with psycopg.connect(database_url(), autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with transaction.atomic():
            enqueue("test.effect", key="batch:1", by=biller)
            assert not list(listener.notifies(timeout=0.2, stop_after=1))
        assert len(list(listener.notifies(timeout=60, stop_after=1))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "payload",
    [{"patient": "LOPEZ Rosa"}, {"LOPEZ Rosa": 1}, {"claims": ["ok", "14 March"]}, {"effect": "é"}],
)
def test_refuses_free_text(biller: User, payload: dict[str, Any]) -> None:
    """What might be a person's data never reaches the table."""
    with pytest.raises(ValueError, match="identifiers"):
        enqueue("test.effect", key="batch:1", by=biller, payload=payload)
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_refuses_a_payload_that_is_no_list_of_identifiers_any_more(biller: User) -> None:
    """A file's content doesn't belong into the queue."""
    with pytest.raises(ValueError, match="too large"):
        enqueue("test.effect", key="batch:1", by=biller, payload={"claims": ["x" * 200] * 2000})


@pytest.mark.django_db
def test_refuses_an_unknown_job(biller: User) -> None:
    """A misspelt name fails where it is written, not in the worker."""
    with pytest.raises(LookupError, match=r"test\.efect"):
        enqueue("test.efect", key="batch:1", by=biller)


@pytest.mark.django_db
def test_refuses_a_key_of_another_kind_of_job(ask: Callable[..., Job], biller: User) -> None:
    """A key names one piece of work."""
    job = ask("test.effect")
    with pytest.raises(ValueError, match="belongs to"):
        enqueue("test.file", key=job.key, by=biller)
