"""The relay and the worker as real processes, and the faults that they have to survive."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from redis import Redis

from emr.accounts.models import User
from emr.jobs.actions.jobs import retry_job
from emr.jobs.choices import JobStatus
from emr.jobs.lifeline import Lifeline
from emr.jobs.models import Job
from emr.jobs.relay import POLL_EVERY
from emr.jobs.rescue import rescue_stranded
from tests.emr.jobs.handlers import effects
from tests.emr.jobs.machinery import Broker, Machinery, database_url, eventually

pytestmark = [pytest.mark.feature("M08"), pytest.mark.usefixtures("committed_db"), pytest.mark.timeout(300)]

Ask = Callable[..., Job]


def status(job: Job) -> str:
    """The job's state as stored."""
    return Job.objects.values_list("status", flat=True).get(pk=job.pk)


def reaches(job: Job, state: JobStatus, within: float = 90.0) -> float:
    """Wait for a state; returns the seconds it took."""
    return eventually(lambda: status(job) == state, within=within, what=f"{job.name} to be {state}")


def quickest(ask: Ask) -> float:
    """The least of the seconds, of four times, in which two jobs are handed over that are asked for one by one.

    One relay that only polls, or two of them, need its two seconds or more each time; and a busy machine hardly holds
    up those that are woken four times.
    """
    return min(
        sum(reaches(ask("test.effect", effect="late"), JobStatus.HANDED_OVER) for _ in range(2)) for _ in range(4)
    )


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The named pipe at which ``test.gate`` waits. Its folder goes into the payload."""
    os.mkfifo(tmp_path / "gate")
    return tmp_path / "gate"


def test_runs_a_job_and_shows_progress_meanwhile(machinery: Machinery, ask: Ask, gate: Path) -> None:
    """Progress is seen from another connection, while the effect is not: the handler's transaction is open."""
    machinery.worker()
    machinery.relay()
    job = ask("test.gate", effect="e", folder=str(gate.parent))

    eventually(lambda: Job.objects.get(pk=job.pk).progress_done == 1, what="progress")
    seen = Job.objects.get(pk=job.pk)
    assert (seen.status, seen.progress_total, seen.message) == (JobStatus.RUNNING, 2, "At the gate")
    assert effects("e") == 0

    gate.write_bytes(b"")
    reaches(job, JobStatus.SUCCEEDED)
    assert Job.objects.get().result == {"passed_by_attempt": 1}
    assert effects("e") == 1


def test_relay_delivers_at_once_and_two_relays_deliver_once(machinery: Machinery, ask: Ask) -> None:
    """Woken by the commit, not by the poll; each row is taken by one of them."""
    first, second = machinery.relay(), machinery.relay()
    warm_up = ask("test.effect", effect="w")
    reaches(warm_up, JobStatus.HANDED_OVER)
    jobs = [ask("test.effect", effect=f"e{number}") for number in range(30)]
    for job in jobs:
        reaches(job, JobStatus.HANDED_OVER)
    assert quickest(ask) < POLL_EVERY / 2

    machinery.worker()
    for job in jobs:
        reaches(job, JobStatus.SUCCEEDED)
    assert [effects(f"e{number}") for number in range(30)] == [1] * 30
    assert not first.said("Traceback")
    assert not second.said("Traceback")


def test_child_killed_in_the_middle_leaves_its_effect_once(machinery: Machinery, ask: Ask, gate: Path) -> None:
    """kill -9: the broker redelivers, the new attempt finds the lock free, the dead one's writes are gone."""
    machinery.worker()
    machinery.relay()
    job = ask("test.gate", effect="e", folder=str(gate.parent))
    eventually((gate.parent / "pid").exists, what="the handler to start")

    os.kill(int((gate.parent / "pid").read_text()), signal.SIGKILL)

    reaches(job, JobStatus.SUCCEEDED)
    assert Job.objects.get().result == {"passed_by_attempt": 2}
    assert effects("e") == 1


def test_whole_worker_killed_is_rescued_long_before_the_broker_would(
    machinery: Machinery, ask: Ask, gate: Path
) -> None:
    """Parent and children die together; another worker takes the job up without the visibility time-out."""
    worker = machinery.worker()
    machinery.relay()
    job = ask("test.gate", effect="e", folder=str(gate.parent))
    eventually((gate.parent / "pid").exists, what="the handler to start")

    worker.kill()
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=11))
    machinery.worker()
    machinery.relay()  # looks for stranded jobs as it starts; the first one would within 15 seconds

    reaches(job, JobStatus.SUCCEEDED)
    assert effects("e") == 1


def test_broker_killed_page_answers_and_job_runs_when_it_is_back(
    machinery: Machinery, broker: Broker, ask: Ask
) -> None:
    """Asking never touches the broker; relay and worker find it again by themselves."""
    machinery.worker()
    relay = machinery.relay()
    reaches(ask("test.effect", effect="before"), JobStatus.SUCCEEDED)

    broker.kill()
    job = ask("test.effect", effect="e")
    eventually(lambda: relay.said("The broker doesn't answer"), what="the relay to notice")
    assert status(job) == JobStatus.QUEUED

    broker.start()
    reaches(job, JobStatus.SUCCEEDED)
    assert effects("e") == 1
    assert relay.log.read_text().count("The broker doesn't answer") == 1


def test_broker_killed_under_a_job_that_runs_on_and_the_worker_takes_the_next(
    machinery: Machinery, broker: Broker, ask: Ask, gate: Path
) -> None:
    """The job's message can neither be put back nor acknowledged; the worker must outlive both failures."""
    worker = machinery.worker()
    machinery.relay()
    job = ask("test.gate", effect="e", folder=str(gate.parent))
    eventually((gate.parent / "pid").exists, what="the handler to start")

    broker.kill()
    eventually(lambda: worker.said("Connection to broker lost"), what="the worker to notice")
    broker.start()
    eventually(lambda: worker.log.read_text().count("Connected to redis") == 2, what="the worker to connect again")
    gate.write_bytes(b"")

    reaches(job, JobStatus.SUCCEEDED)
    following = ask("test.effect", effect="f")
    reaches(following, JobStatus.SUCCEEDED)
    assert Job.objects.get(pk=job.pk).result == {"passed_by_attempt": 1}
    assert (effects("e"), effects("f")) == (1, 1)
    assert not worker.said("Unrecoverable")


def test_broker_hung_page_answers_and_job_runs_when_it_goes_on(machinery: Machinery, broker: Broker, ask: Ask) -> None:
    """A broker that takes connections and says nothing is worse than none; it must not matter."""
    machinery.worker()
    relay = machinery.relay()
    reaches(ask("test.effect", effect="before"), JobStatus.SUCCEEDED)

    broker.hang()
    job = ask("test.effect", effect="e")  # whoever asked the broker would wait for it in vain
    eventually(lambda: relay.said("The broker doesn't answer"), what="the relay to notice")
    other = ask("test.effect", effect="f")

    broker.go_on()
    reaches(job, JobStatus.SUCCEEDED)
    reaches(other, JobStatus.SUCCEEDED)
    assert (effects("e"), effects("f")) == (1, 1)


def test_failing_handler_is_retried_then_dead_then_retried_by_hand(
    machinery: Machinery, ask: Ask, biller: User
) -> None:
    """The whole life of a dead letter, by the real processes."""
    machinery.worker()
    machinery.relay()
    job = ask("test.broken", effect="e")
    reaches(job, JobStatus.FAILED)
    assert Job.objects.get().attempts == 2

    retry_job(job_id=job.pk, by=biller)
    eventually(lambda: Job.objects.get().attempts == 4 and status(job) == JobStatus.FAILED, what="the retry to fail")
    assert effects("e") == 0


def test_relay_survives_the_loss_of_its_database_session(machinery: Machinery, ask: Ask) -> None:
    """As in a restart of the database: it connects again, listens again, delivers."""
    relay = machinery.relay()
    reaches(ask("test.effect", effect="before"), JobStatus.HANDED_OVER)

    end_other_sessions()
    eventually(lambda: relay.said("The database doesn't answer"), what="the relay to notice")
    eventually(lambda: relay.said("The database answers again"), what="the relay to come back")

    reaches(ask("test.effect", effect="e"), JobStatus.HANDED_OVER)
    assert quickest(ask) < POLL_EVERY / 2


def test_relay_survives_the_loss_of_both(machinery: Machinery, broker: Broker, ask: Ask) -> None:
    """The database goes while the relay waits for the broker."""
    relay = machinery.relay()
    reaches(ask("test.effect", effect="before"), JobStatus.HANDED_OVER)

    broker.kill()
    job = ask("test.effect", effect="e")
    eventually(lambda: relay.said("The broker doesn't answer"), what="the relay to miss the broker")
    end_other_sessions()
    eventually(lambda: relay.said("The database answers again"), what="the relay to come back")

    broker.start()
    reaches(job, JobStatus.HANDED_OVER)
    assert not relay.said("Traceback")


def test_relay_goes_round_a_row_that_is_locked(machinery: Machinery, ask: Ask) -> None:
    """Somebody holds the longest waiting job's row, in a form or in another relay; the next one doesn't wait."""
    held = ask("test.effect", effect="e")
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=held.pk)
        with ThreadPoolExecutor(1) as elsewhere:
            other = elsewhere.submit(on_own_connection, lambda: ask("test.effect", effect="f")).result()
        machinery.relay()
        reaches(other, JobStatus.HANDED_OVER)
    reaches(held, JobStatus.HANDED_OVER)


def on_own_connection(work: Callable[[], Job]) -> Job:
    """Do something in a thread, and close the thread's connection after it."""
    try:
        return work()
    finally:
        connection.close()


def end_other_sessions() -> None:
    """End every session of the test's database but this one's."""
    with psycopg.connect(database_url(), autocommit=True) as session, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = cursor.fetchone()[0]
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND pid NOT IN (%s, pg_backend_pid())",
            [mine],
        )


def test_relay_stops_when_told(machinery: Machinery, ask: Ask) -> None:
    """SIGTERM ends it at once and quietly."""
    relay = machinery.relay()
    reaches(ask("test.effect", effect="e"), JobStatus.HANDED_OVER)
    assert relay.stop() == 0
    assert not relay.said("Traceback")


@pytest.fixture
def broker_of_here(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """A broker that this process asks as well."""
    monkeypatch.setenv("CELERY_BROKER_URL", broker.url)
    return broker


def handed_over(job: Job, seconds: int) -> Job:
    """As if the job had been handed over so long ago."""
    ago = timezone.now() - timedelta(seconds=seconds)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.HANDED_OVER, handed_over_at=ago)
    return job


def test_what_a_broker_lost_is_handed_over_again_soon_after_it_is_back(broker_of_here: Broker, ask: Ask) -> None:
    """While a message waits in it, it may be the job's; while it doesn't answer, it may hold one."""
    fresh, lost = handed_over(ask("test.effect"), 0), handed_over(ask("test.effect"), 25)

    Redis.from_url(broker_of_here.url).lpush("celery", "a message")
    assert rescue_stranded() == 0
    broker_of_here.kill()
    assert rescue_stranded() == 0
    broker_of_here.start()
    handed_over(fresh, 10)  # however long the broker took to start
    assert rescue_stranded() == 1
    assert (status(fresh), status(lost)) == (JobStatus.HANDED_OVER, JobStatus.QUEUED)
    assert Job.objects.get(pk=lost.pk).attempts == 0


def test_lost_message_is_handed_over_again_after_the_brokers_time(broker_of_here: Broker, ask: Ask) -> None:
    """The broker holds others, and nothing tells whose; 15 minutes later the row goes out once more."""
    fresh, lost = handed_over(ask("test.effect"), 840), handed_over(ask("test.effect"), 910)
    Redis.from_url(broker_of_here.url).lpush("celery", "a message")

    assert rescue_stranded() == 1
    assert (status(fresh), status(lost)) == (JobStatus.HANDED_OVER, JobStatus.QUEUED)
    assert Job.objects.get(pk=lost.pk).attempts == 0


def test_running_job_that_somebody_holds_is_left_alone_however_silent(ask: Ask) -> None:
    """The lock, not the clock, decides."""
    job = ask("test.effect")
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.update(status=JobStatus.RUNNING, attempts=1, started_at=long_ago, heartbeat_at=long_ago)

    with Lifeline(job.pk):
        assert rescue_stranded() == 0
    eventually(lambda: rescue_stranded() == 1, what="the server to free the lock")
    assert status(job) == JobStatus.QUEUED
