"""One attempt at a job: claimed once, run as its creator, its outcome recorded with its effects."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.context import current
from emr.jobs import registry
from emr.jobs.actions.jobs import cancel_job, retry_job
from emr.jobs.choices import JobStatus
from emr.jobs.execute import execute
from emr.jobs.lifeline import Lifeline
from emr.jobs.models import Job, JobFile
from emr.jobs.run import JobRun
from tests.emr.jobs.handlers import SECRET, effects

pytestmark = [pytest.mark.feature("M08"), pytest.mark.usefixtures("committed_db")]

Run = Callable[..., Job]
Ask = Callable[..., Job]


def files_in(media: Path) -> list[Path]:
    """Files that lie in the storage."""
    return [path for path in media.rglob("*") if path.is_file()]


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Callable[[registry.Handler], None]:
    """A function that puts another handler under the job ``test.effect``."""

    def put(function: registry.Handler) -> None:
        spec = registry.spec_of("test.effect")
        changed = {**vars(spec), "handler": function}
        monkeypatch.setitem(registry._SPECS, "test.effect", registry.JobSpec(**changed))

    return put


def test_success_is_recorded_with_its_result(run_job: Run) -> None:
    """Effect, state, result and instants are there."""
    job = run_job("test.effect", effect="e")

    assert (job.status, job.attempts, job.result, job.error) == (JobStatus.SUCCEEDED, 1, {"effects_left": 1}, "")
    assert job.started_at is not None
    assert job.finished_at is not None
    assert effects("e") == 1


def test_second_message_does_nothing(run_job: Run) -> None:
    """Delivered twice, done once."""
    job = run_job("test.effect", effect="e")
    execute(job.pk)

    assert effects("e") == 1
    assert Job.objects.get().attempts == 1


def test_message_for_a_job_in_other_hands_does_nothing(ask: Ask) -> None:
    """While one process holds the job, a second leaves it alone."""
    job = ask("test.effect", effect="e")
    with Lifeline(job.pk) as other:
        assert other.held
        execute(job.pk)
        assert Job.objects.get().status == JobStatus.QUEUED
    execute(job.pk)
    assert effects("e") == 1


def test_message_for_no_job_does_nothing() -> None:
    """A row that was rolled back after all, or of another database."""
    execute(uuid.uuid4())


def test_handler_acts_as_the_creator(ask: Ask, handler: Callable[[registry.Handler], None]) -> None:
    """The log will name the person who asked."""
    actors = []
    handler(lambda run: actors.append(current().actor))
    job = ask("test.effect")
    execute(job.pk)

    assert actors == [job.created_by]
    assert current().actor is None


def test_handler_has_a_jobs_time_limits_and_the_next_page_its_own(
    ask: Ask, handler: Callable[[registry.Handler], None]
) -> None:
    """A minute of drawing without a query doesn't end the transaction."""

    def limit(name: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW {name}")
            return str(cursor.fetchone()[0])

    seen: list[str] = []
    before = limit("statement_timeout")
    handler(lambda run: seen.extend([limit("idle_in_transaction_session_timeout"), limit("statement_timeout")]))
    execute(ask("test.effect").pk)

    assert seen == ["0", "10min"]
    assert limit("statement_timeout") == before


def test_error_is_tried_again_later_and_leaves_nothing(run_job: Run, media: Path) -> None:
    """The failed attempt's writes and files are gone, the job waits."""
    job = run_job("test.broken", effect="e")

    assert (job.status, job.attempts) == (JobStatus.QUEUED, 1)
    assert effects("e") == 0
    assert files_in(media) == []


def test_error_text_and_log_never_quote_the_error(run_job: Run, media: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Class and place are told, the message is not: it may hold a person's data."""
    with caplog.at_level(logging.DEBUG):
        job = run_job("test.broken", effect="e")

    assert job.error == "An unexpected error (RuntimeError). The server's log has the details."
    assert "RuntimeError" in caplog.text
    assert "handlers.py" in caplog.text
    assert SECRET not in caplog.text


def test_backoff_holds_back_a_stale_message(run_job: Run) -> None:
    """Until its time the job is not run, even if a message says so; the wait is at most an hour."""
    job = run_job("test.slow_retry")
    execute(job.pk)

    job.refresh_from_db()
    assert (job.status, job.attempts) == (JobStatus.QUEUED, 1)
    assert timedelta(minutes=59) < job.available_at - timezone.now() < timedelta(minutes=61)


def test_last_attempt_ends_in_a_dead_letter(run_job: Run, media: Path) -> None:
    """Two attempts were allowed."""
    job = run_job("test.broken", effect="e")
    execute(job.pk)

    job.refresh_from_db()
    assert (job.status, job.attempts) == (JobStatus.FAILED, 2)
    assert job.error.startswith("An unexpected error")
    assert effects("e") == 0


def test_retried_dead_letter_gets_as_many_attempts_again(run_job: Run, biller: User, media: Path) -> None:
    """Attempts go on counting, for they are the fence against a stale worker."""
    job = run_job("test.broken", effect="e")
    execute(job.pk)
    retried = retry_job(job_id=job.pk, by=biller)

    assert (retried.status, retried.attempts, retried.max_attempts) == (JobStatus.QUEUED, 2, 4)
    execute(job.pk)
    assert Job.objects.get().attempts == 3


def test_refusal_is_not_tried_again_and_says_why(run_job: Run) -> None:
    """A rule of the clinic won't change by waiting."""
    job = run_job("test.refused")
    assert (job.status, job.attempts) == (JobStatus.FAILED, 1)
    assert job.error == "Claim 12 has no payer; choose one on the claim's page."


def test_job_that_kills_its_worker_each_time_ends(ask: Ask) -> None:
    """Left running at its last attempt with nobody holding it: a dead letter, not a loop."""
    job = ask("test.effect", effect="e")
    now = timezone.now()
    Job.objects.update(status=JobStatus.RUNNING, attempts=3, started_at=now, heartbeat_at=now)
    execute(job.pk)

    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert "worker stopped" in job.error
    assert effects("e") == 0


def test_attempt_that_was_overtaken_leaves_no_effect(run_job: Run, tmp_path: Path) -> None:
    """Its success can't be recorded, so what it wrote is rolled back, too."""
    run_job("test.overtaken", effect="e", folder=str(tmp_path))
    assert effects("e") == 0
    assert Job.objects.get().status == JobStatus.RUNNING


def test_cancelled_while_waiting_never_runs(ask: Ask, biller: User) -> None:
    """The message that is already out finds a finished job."""
    job = ask("test.effect", effect="e")
    cancelled = cancel_job(job_id=job.pk, by=biller)
    execute(job.pk)

    assert cancelled.status == JobStatus.CANCELLED
    assert cancelled.cancel_requested_by == biller
    assert effects("e") == 0


def test_cancelled_while_running_stops_at_the_next_progress(
    ask: Ask, biller: User, handler: Callable[[registry.Handler], None]
) -> None:
    """The handler learns of it when it tells how far it is; what it wrote is rolled back."""
    reached = []

    def work(run: JobRun) -> None:
        run.progress(1, 3)
        cancel_from_elsewhere(run.job_id, biller)
        reached.append("asked")
        run.check_cancelled()
        reached.append("went on")

    handler(work)
    job = ask("test.effect")
    execute(job.pk)

    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert reached == ["asked"]


def cancel_from_elsewhere(job_id: uuid.UUID, by: User) -> None:
    """What another process's page does, on a connection of its own."""

    def press() -> None:
        try:
            cancel_job(job_id=job_id, by=by)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(press).result()


def test_job_without_handler_fails_and_says_so(ask: Ask) -> None:
    """A job of a newer version, met by an older worker."""
    job = ask("test.effect")
    Job.objects.update(name="test.unheard_of")
    execute(job.pk)

    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert "doesn't know" in job.error


def test_file_is_kept_with_its_hash_under_a_name_that_tells_nothing(run_job: Run, media: Path) -> None:
    """Random path, private mode, size and SHA-256 on the row."""
    run_job("test.file")

    made = JobFile.objects.get()
    (path,) = files_in(media)
    assert (made.name, made.content_type, made.size) == ("claims.html", "text/html", 25)
    assert made.sha256 == "5c140d35dcb46a622e2cedf5ef5cc3638cdffd1c118c9331f8c84669f0b74783"
    assert "claims" not in str(path.relative_to(media))
    assert path.stat().st_mode & 0o077 == 0
    assert b"script" not in path.read_bytes()
    with made.content.open("rb") as file:
        assert file.read() == b"<script>alert(1)</script>"


def test_piecemeal_job_keeps_its_steps_but_no_file(run_job: Run, media: Path) -> None:
    """Without one transaction a step that committed stays; files come only with success."""
    job = run_job("test.piecemeal", effect="e")

    assert job.status == JobStatus.FAILED
    assert effects("e") == 1
    assert not JobFile.objects.exists()
    assert files_in(media) == []


def test_progress_is_clamped_and_seldom_written(
    ask: Ask, handler: Callable[[registry.Handler], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand reports in a moment are few writes; more done than there is counts as all."""
    writes = []
    plain = Lifeline.report

    def counting(self: Lifeline, attempt: int, done: int, total: int, message: str) -> bool:
        writes.append(done)
        return plain(self, attempt, done, total, message)

    def work(run: JobRun) -> None:
        run.progress(901, 900)
        for number in range(1000):
            run.progress(number, 900, "x" * 300)

    monkeypatch.setattr(Lifeline, "report", counting)
    handler(work)
    job = ask("test.effect")
    execute(job.pk)

    job.refresh_from_db()
    assert 1 <= len(writes) <= 4
    assert (job.status, job.progress_done, job.progress_total, len(job.message)) == (JobStatus.SUCCEEDED, 900, 900, 200)
