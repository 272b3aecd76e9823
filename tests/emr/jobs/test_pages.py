"""The pages: who sees which job, what they say, what may be done on them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emr.jobs.choices import JobStatus
from emr.jobs.models import Job, JobFile
from tests.emr.jobs import handlers

pytestmark = [pytest.mark.feature("M08"), pytest.mark.django_db]

Ask = Callable[..., Job]
LogIn = Callable[..., Any]
HTMX = {"HX-Request": "true"}


def url(name: str, job: Job, **more: Any) -> str:
    """The address of one of a job's pages."""
    return reverse(f"jobs:{name}", kwargs={"job_id": job.pk, **more})


def text(client: Client, address: str, **headers: str) -> str:
    """A page's HTML; it must be there."""
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def own(as_role: LogIn, ask: Ask) -> tuple[Client, Job]:
    """A biller at a browser, and their job."""
    client = as_role("biller")
    return client, ask("test.gate", by=client.user, effect="e")


@pytest.fixture
def made(as_role: LogIn, ask: Ask, media: Path) -> tuple[Client, Job, JobFile]:
    """A biller at a browser, their finished job, and its file."""
    client = as_role("biller")
    job = ask("test.file", by=client.user)
    succeed_with_file(job)
    handlers.downloads.clear()
    return client, Job.objects.get(pk=job.pk), JobFile.objects.get(job=job)


def succeed_with_file(job: Job) -> None:
    """Put the job into the state that its handler leaves it in (a worker can't see a test's open transaction)."""
    made = JobFile(job=job, name="claims.html", content_type="text/html", size=25, sha256="0" * 64)
    made.expires_at = timezone.now() + timedelta(days=30)
    made.content.save("claims.html", ContentFile(b"<script>alert(1)</script>"), save=True)
    result = {"claims_printed": 1200, "layout": "CMS-1500", "ids": ["not for the page"]}
    finished = {"started_at": timezone.now(), "finished_at": timezone.now(), "result": result}
    Job.objects.filter(pk=job.pk).update(status=JobStatus.SUCCEEDED, attempts=1, **finished)


def fail(job: Job) -> None:
    """Put the job into the state of a dead letter."""
    Job.objects.filter(pk=job.pk).update(
        status=JobStatus.FAILED,
        attempts=F("max_attempts"),
        finished_at=timezone.now(),
        error="It broke in a way one can read.",
    )


PAGES = ["jobs_detail", "jobs_progress"]
BUTTONS = ["jobs_cancel", "jobs_retry"]


@pytest.mark.parametrize("role", ["front_desk", "nurse", "clinician", "biller", "privacy_officer"])
def test_nobody_sees_another_persons_job(role: str, as_role: LogIn, own: tuple[Client, Job]) -> None:
    """Neither page, list nor button: the same 404 as for a job that isn't there, and nothing changes."""
    client, (_, job) = as_role(role), own
    for page in PAGES:
        assert client.get(url(page, job), headers=HTMX).status_code == 404
    for button in BUTTONS:
        assert client.post(url(button, job)).status_code == 404
    assert "Waiting at a gate" not in text(client, reverse("jobs:jobs_list"))
    assert Job.objects.get(pk=job.pk).status == JobStatus.QUEUED


def test_creator_sees_their_own_and_the_manager_everybodys(as_role: LogIn, own: tuple[Client, Job]) -> None:
    """The manager sees whose it is, too."""
    client, job = own
    manager = as_role("manager")
    for seen_by in (client, manager):
        assert "Waiting at a gate" in text(seen_by, reverse("jobs:jobs_list"))
        assert "Waiting at a gate" in text(seen_by, url("jobs_detail", job))
    assert str(client.user) in text(manager, reverse("jobs:jobs_list"))  # type: ignore[attr-defined]
    assert "Waiting at a gate" not in text(manager, reverse("jobs:jobs_list") + "?mine=1")


def test_creator_without_the_jobs_right_any_more_sees_nothing(as_role: LogIn, ask: Ask) -> None:
    """A role was taken away: with it goes what its jobs made."""
    client = as_role("biller")
    job = ask("test.other_right", by=client.user)
    assert client.get(url("jobs_detail", job)).status_code == 404
    assert "Importing" not in text(client, reverse("jobs:jobs_list"))


def test_anonymous_is_sent_to_log_in(client: Client, own: tuple[Client, Job]) -> None:
    """For every page and button."""
    _, job = own
    addresses = [reverse("jobs:jobs_list"), *(url(name, job) for name in PAGES)]
    addresses.append(url("files_download", job, file_id=uuid.uuid4()))
    for address in addresses:
        assert client.get(address).status_code == 302
    for button in BUTTONS:
        assert client.post(url(button, job)).status_code == 302


def test_list_is_narrowed_by_its_address(own: tuple[Client, Job], ask: Ask) -> None:
    """State in the URL; a state that doesn't exist counts as none."""
    client, _ = own
    failed = ask("test.broken", by=client.user, effect="e")  # type: ignore[attr-defined]
    fail(failed)
    address = reverse("jobs:jobs_list")

    only_failed = text(client, address + "?status=failed")
    assert "Breaking" in only_failed
    assert "It broke in a way one can read." in only_failed
    assert "Waiting at a gate" not in only_failed
    assert "Breaking" not in text(client, address + "?status=waiting")
    assert "No such jobs" in text(client, address + "?status=succeeded")
    assert "Breaking" in text(client, address + "?status=nonsense&before=nonsense")


def test_list_goes_on_to_older_jobs(own: tuple[Client, Job], ask: Ask) -> None:
    """Fifty a page, by key, so that new jobs don't shift the pages."""
    client, oldest = own
    for _ in range(50):
        ask("test.effect", by=client.user)  # type: ignore[attr-defined]
    second = Job.objects.order_by("id")[1]
    first_page = text(client, reverse("jobs:jobs_list"))
    assert first_page.count("data-row") == 50
    assert f"before={second.pk}" in first_page

    older = text(client, reverse("jobs:jobs_list") + f"?before={second.pk}")
    assert older.count("data-row") == 1
    assert str(oldest.pk) in older


def test_progress_asks_for_itself_until_the_job_is_finished(own: tuple[Client, Job]) -> None:
    """The answer for a finished job has no trigger, so the page stops by itself. Polls say that they are polls."""
    client, job = own
    running = text(client, url("jobs_progress", job), **HTMX)
    assert 'hx-trigger="every 1s"' in running
    assert "X-Background" in running
    assert "<html" not in running

    fail(job)
    done = text(client, url("jobs_progress", job), **HTMX)
    assert "hx-trigger" not in done
    assert 'role="alert"' in done


def test_progress_without_htmx_leads_to_the_page(own: tuple[Client, Job]) -> None:
    """A fragment is no page; without JavaScript the page itself has a link to refresh."""
    client, job = own
    assert client.get(url("jobs_progress", job)).headers["Location"] == url("jobs_detail", job)
    page = text(client, url("jobs_detail", job))
    assert f'href="{url("jobs_detail", job)}"' in page
    assert "Refresh" in page


def test_page_tells_how_far_it_is(own: tuple[Client, Job]) -> None:
    """Words, numbers and a bar with a label."""
    client, job = own
    now = timezone.now()
    running = {"status": JobStatus.RUNNING, "attempts": 1, "started_at": now, "heartbeat_at": now}
    Job.objects.filter(pk=job.pk).update(**running, progress_done=312, progress_total=1500, message="Drawing")

    page = text(client, url("jobs_detail", job))
    assert "312 of 1,500" in page
    assert '<progress aria-label="Running"' in page
    assert "Drawing" in page


def test_page_tells_the_result_and_the_people(made: tuple[Client, Job, JobFile]) -> None:
    """Plain values of the result in words, never lists."""
    client, job, _ = made
    page = text(client, url("jobs_detail", job))
    assert "Claims printed" in page
    assert "1,200" in page
    assert "CMS-1500" in page
    assert "not for the page" not in page
    assert str(client.user) in page  # type: ignore[attr-defined]


def test_page_says_when_a_failed_attempt_is_repeated(own: tuple[Client, Job]) -> None:
    """An error that is going to be tried again isn't the end."""
    client, job = own
    Job.objects.filter(pk=job.pk).update(attempts=1, error="An unexpected error.", available_at=timezone.now())
    assert "It will be tried again at" in text(client, url("jobs_detail", job))


def test_retry_and_cancel_lead_back_to_the_job(own: tuple[Client, Job]) -> None:
    """Each is a plain form; pressed where it doesn't apply, it says so and changes nothing."""
    client, job = own
    address = url("jobs_detail", job)
    assert client.post(url("jobs_cancel", job)).headers["Location"] == address
    assert Job.objects.get(pk=job.pk).status == JobStatus.CANCELLED
    assert "Cancelled by" in text(client, address)

    assert client.post(url("jobs_retry", job)).headers["Location"] == address
    retried = Job.objects.get(pk=job.pk)
    assert (retried.status, retried.retried_by) == (JobStatus.QUEUED, client.user)  # type: ignore[attr-defined]

    client.post(url("jobs_retry", job))
    assert "somebody may have retried it already" in text(client, address)

    fail(job)
    client.post(url("jobs_cancel", job))
    assert "nothing left to cancel" in text(client, address)


@pytest.mark.parametrize("button", BUTTONS)
def test_buttons_need_a_post(button: str, own: tuple[Client, Job]) -> None:
    """A link or an image changes nothing."""
    client, job = own
    assert client.get(url(button, job)).status_code == 405


def test_manager_may_retry_anothers_dead_letter_which_still_runs_as_its_creator(
    as_role: LogIn, own: tuple[Client, Job]
) -> None:
    """Who retried is kept beside who asked."""
    client, job = own
    fail(job)
    manager = as_role("manager")
    manager.post(url("jobs_retry", job))

    retried = Job.objects.get(pk=job.pk)
    assert (retried.created_by, retried.retried_by) == (client.user, manager.user)  # type: ignore[attr-defined]


def test_file_is_handed_out_as_an_attachment_that_nothing_runs(made: tuple[Client, Job, JobFile]) -> None:
    """Name, type, no sniffing, a sandbox; the owning app was told."""
    client, job, file = made
    response = client.get(url("files_download", job, file_id=file.pk))

    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]
    assert response.headers["Content-Disposition"] == 'attachment; filename="claims.html"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["Cache-Control"] == "no-store"
    assert handlers.downloads == [job.pk]


@pytest.mark.parametrize("role", ["front_desk", "nurse", "clinician", "biller", "privacy_officer"])
def test_file_of_anothers_job_is_not_there(role: str, as_role: LogIn, made: tuple[Client, Job, JobFile]) -> None:
    """Knowing the address doesn't help."""
    _, job, file = made
    assert as_role(role).get(url("files_download", job, file_id=file.pk)).status_code == 404
    assert handlers.downloads == []


def test_file_belongs_to_the_job_in_the_address(as_role: LogIn, ask: Ask, made: tuple[Client, Job, JobFile]) -> None:
    """One's own job in the path is no key to another's file."""
    _, _, file = made
    thief = as_role("biller")
    own_job = ask("test.file", by=thief.user)
    assert thief.get(url("files_download", own_job, file_id=file.pk)).status_code == 404


def test_file_that_is_gone_says_so(made: tuple[Client, Job, JobFile]) -> None:
    """Lost on the disk: a message on the job's page. Removed in its time: told in the list, and no link."""
    client, job, file = made
    Path(file.content.path).unlink()
    lost = client.get(url("files_download", job, file_id=file.pk))
    assert lost.headers["Location"] == url("jobs_detail", job)
    assert "not on the server any more" in text(client, url("jobs_detail", job))

    JobFile.objects.update(content="", removed_at=timezone.now())
    assert client.get(url("files_download", job, file_id=file.pk)).status_code == 404
    page = text(client, url("jobs_detail", job))
    assert "Removed on" in page
    assert url("files_download", job, file_id=file.pk) not in page


def test_number_of_queries_does_not_grow(own: tuple[Client, Job], ask: Ask, as_role: LogIn, media: Path) -> None:
    """The same at 1 and at 30 jobs; the page of a job the same at 1 and at 30 files."""
    client, job = own
    manager = as_role("manager")
    succeed_with_file(job)
    addresses = [(manager, reverse("jobs:jobs_list")), (client, url("jobs_detail", job))]
    before = [queries(browser, address) for browser, address in addresses]
    for _ in range(29):
        ask("test.effect", by=as_role("biller").user)
        JobFile.objects.create(job=job, name="n", content_type="text/plain", size=1, sha256="0" * 64, content="jobs/x")

    assert [queries(browser, address) for browser, address in addresses] == before


def queries(client: Client, address: str) -> int:
    """How many queries a page takes."""
    with CaptureQueriesContext(connection) as seen:
        text(client, address)
    return len(seen)
