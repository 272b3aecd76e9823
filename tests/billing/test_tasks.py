"""Claims on paper, printed by the real job: relay, broker and worker as in the clinic."""

from __future__ import annotations

import itertools
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from billing.actions.batches import create_batch, draw_again
from billing.actions.charges import add_charge
from billing.actions.claims import create_claim, submit_claims
from billing.cms1500.draw import Margins, Style
from billing.cms1500.readback import ReadPage, read
from billing.models import Claim, ClaimBatch, ClaimBatchItem
from billing.printouts.cms1500 import claim_pdf
from billing.queries.batches import sent_before
from clinic.models import Coverage, Patient, Payer
from emr.accounts.models import Clinic, User
from emr.audit.actor import acting
from emr.audit.bulk import bulk_create_recorded
from emr.audit.models import AccessEvent
from emr.jobs.actions.jobs import cancel_job
from emr.jobs.choices import JobStatus
from emr.jobs.execute import execute
from emr.jobs.models import Job, JobFile
from tests.emr.jobs.machinery import Broker, Machinery, eventually
from tests.factories.billing import TWELVE, service, submitted, visit
from tests.factories.clinic import CoverageFactory

Person = Callable[..., User]


@pytest.fixture
def media(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for the files that jobs make."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


@pytest.fixture
def machinery(committed_db: str, tmp_path: Path) -> Iterator[Machinery]:
    """A broker, and relays and workers on demand."""
    broker = Broker(tmp_path)
    broker.start()
    machines = Machinery(broker, tmp_path)
    yield machines
    machines.stop()
    broker.kill()


def whole_claim(user: User) -> Claim:
    """A claim of eight lines and twelve diagnoses, with modifiers, pointers, a drug, and a second policy."""
    encounter = visit(codes=TWELVE)
    CoverageFactory(
        patient=encounter.patient,
        order=2,
        relationship="spouse",
        subscriber_family_name="Second",
        subscriber_given_name="Sam",
        group_number="GRP 2",
        plan_name="Second Plan",
    )
    for n in range(8):
        drug: dict[str, Any] = (
            {"ndc": "0002-7510-01", "ndc_quantity": Decimal("1.5"), "ndc_unit": "ML"} if n == 6 else {}
        )
        add_charge(
            by=user,
            encounter=encounter,
            coding=service(f"J{1000 + n}"),
            unit_price=Decimal("10.25"),
            quantity=n + 1,
            modifiers=["25", "59"] if n == 0 else [],
            diagnosis_ranks=[12, 1] if n == 7 else [n + 1],
            **drug,
        )
    return submit_claims(by=user, claims=[create_claim(by=user, encounter=encounter)])[0]


def job_of(batch: ClaimBatch) -> Job:
    """The job that prints a batch, as it is now."""
    assert batch.job_id is not None
    return Job.objects.get(pk=batch.job_id)


def check_pages(pages: list[ReadPage], made: Claim) -> None:
    """Each cell of the two sheets says what the rows say."""
    first, second = (page.boxes for page in pages)
    patient, coverage = made.patient, made.coverage
    assert coverage is not None
    assert first["2"] == f"{patient.family_name.upper()}, {patient.given_name.upper()}"
    assert first["1a"] == coverage.subscriber_id
    assert (first["1.group"], first["6.self"], first["11d.yes"]) == ("X", "X", "X")
    assert (first["9"], first["9a"], first["9d"]) == ("SECOND, SAM", "GRP2", "SECOND PLAN")
    assert [first[f"21.{letter}"] for letter in "ABCDEFGHIJKL"] == [code.replace(".", "") for code in TWELVE]
    assert (first["24D.1"], first["24D.1.modifier1"], first["24D.1.modifier2"]) == ("J1000", "25", "59")
    assert [first[f"24E.{n}"] for n in range(1, 7)] == list("ABCDEF")
    assert (second["24E.1"], second["24E.2"]) == ("G", "LA")
    assert second["24.1.shaded"] == "N400002751001   ML1.5"
    assert first["24F.6"] == "61 50"
    assert first["28"] == "215 25"
    assert second["28"] == "153 75"
    assert {page["26"] for page in (first, second)} == {made.number}
    assert first["33a"] == "1234567893"
    assert first["24J.1"] == "1245319599"
    assert not pages[0].stray
    assert not pages[1].stray


@pytest.mark.feature("H04")
def test_a_batch_is_printed_by_the_worker_and_read_back(machinery: Machinery, person: Person) -> None:
    """Eight lines make two sheets; the third is the next claim's."""
    user = person("biller")
    made, next_one = whole_claim(user), submitted(user)
    with transaction.atomic():
        batch = create_batch(by=user, claims=[made, next_one])
    machinery.relay()
    machinery.worker()
    eventually(lambda: job_of(batch).is_finished, within=60, what="the batch to be printed")

    job = job_of(batch)
    assert (job.status, job.error, job.result) == (JobStatus.SUCCEEDED, "", {"claims": 2, "pages": 3})
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.LoginBackend")
    html = client.get(reverse("billing:batches_detail", args=[batch.pk])).content.decode()
    assert "claims.pdf" in html
    address = reverse("jobs:files_download", args=[job.pk, JobFile.objects.get(job=job).pk])
    content = b"".join(client.get(address).streaming_content)  # type: ignore[attr-defined]
    pages = list(read(content))
    check_pages(pages[:2], made)
    exported = AccessEvent.objects.filter(user=user, action="export").values_list("patient_id", flat=True)
    assert set(exported) == {made.patient_id, next_one.patient_id}
    with transaction.atomic(), acting(user):
        made.patient.restricted = True
        made.patient.save()
    assert client.get(address).status_code == 404
    assert pages[2].boxes["26"] == next_one.number


@pytest.mark.feature("H04")
@pytest.mark.django_db
def test_margins_shift_every_cell(biller: User) -> None:
    made = whole_claim(biller)
    shifted = Margins(left=9, top=-4.5)
    pages = list(read(claim_pdf(made, Style.DATA_ONLY, shifted), margins=shifted))
    check_pages(pages, made)
    check_pages(list(read(claim_pdf(made, Style.REVIEW))), made)


@pytest.mark.feature("H03")
@pytest.mark.django_db
def test_nothing_that_changes_later_changes_a_submitted_claim(biller: User) -> None:
    """openemr#7263: a replaced policy changed an old claim. The same bytes come out whatever the chart says now."""
    made = whole_claim(biller)
    before = claim_pdf(Claim.objects.get(pk=made.pk))
    with transaction.atomic(), acting(biller):
        for row, changes in [
            (made.patient, {"family_name": "Changed", "birth_date": "1970-01-01", "gender": "male"}),
            (made.patient.addresses.get(), {"line1": "99 Elsewhere", "city": "Nowhere"}),
            (made.coverage, {"subscriber_id": "NEW1", "plan_name": "New", "signature_on_file": False}),
            (made.payer, {"name": "Other Payer", "type": "medicare"}),
            (Clinic.objects.get(), {"name": "Other Clinic", "npi": "1245319599", "tax_id": "987654321"}),
            (made.encounter.practitioner, {"npi": "1003000126", "family_name": "Other"}),
            (made.items.first().charge_item, {"modifiers": ["99"], "unit_price": Decimal(1)}),  # type: ignore[union-attr]
        ]:
            assert row is not None
            for name, value in changes.items():
                setattr(row, name, value)
            row.save()
    assert (Patient.objects.get().family_name, Payer.objects.filter(name="Other Payer").count()) == ("Changed", 1)
    assert Coverage.objects.filter(subscriber_id="NEW1").exists()
    assert claim_pdf(Claim.objects.get(pk=made.pk)) == before


class Watch:
    """Looks at a job from outside while it runs: the progress that a page would show."""

    def __init__(self, job_id: Any) -> None:
        self.seen: set[tuple[int, int]] = set()
        self._job_id, self._stop = job_id, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            job = Job.objects.get(pk=self._job_id)
            self.seen.add((job.progress_done, job.progress_total))
        connection.close()


@pytest.mark.feature("H04")
def test_five_hundred_claims_show_progress_in_flat_memory(committed_db: str, person: Person, media: Path) -> None:
    """Memory while printing doesn't grow with the number of claims; a page sees how far it is."""
    user = person("biller")
    made = whole_claim(user)
    peaks = {}
    for count in (50, 500):
        batch = _batch_of(user, made, count)
        tracemalloc.start()
        with Watch(batch.job_id) as watch:
            execute(job_of(batch).pk)
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert job_of(batch).result == {"claims": count, "pages": 2 * count}
    assert any(0 < done < 500 for done, total in watch.seen if total == 500)
    assert peaks[500] < peaks[50] * 1.5 + 2_000_000


def _batch_of(user: User, made: Claim, count: int) -> ClaimBatch:
    """A batch of ``count`` claims that differ in their number only."""
    numbers = itertools.count(Claim.objects.count() * 1000)
    fields = {
        f.attname: getattr(made, f.attname) for f in Claim._meta.concrete_fields if f.name not in ("id", "number")
    }
    with transaction.atomic(), acting(user):
        # Void, so that the one claim in force of the visit stays the only one; drawn from the same snapshot.
        rows = [
            Claim(**{**fields, "status": "cancelled", "state": "void"}, number=f"T{next(numbers)}")
            for _ in range(count)
        ]
        bulk_create_recorded(rows)
        batch = create_batch(by=user, claims=[made], again=True)
        batch.items.all().delete()
        ClaimBatchItem.objects.bulk_create(
            ClaimBatchItem(batch=batch, claim=row, position=n) for n, row in enumerate(rows)
        )
    return batch


class Stop(Watch):
    """Cancels a job from outside once it runs and shows progress."""

    def __init__(self, job_id: Any, by: User) -> None:
        super().__init__(job_id)
        self._by = by

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            if Job.objects.get(pk=self._job_id).progress_total:
                cancel_job(job_id=self._job_id, by=self._by)
                break
        connection.close()


@pytest.mark.feature("H04", "H09")
def test_a_batch_that_is_cancelled_half_way_leaves_nothing_half_done(
    committed_db: str, person: Callable[..., User], media: Path
) -> None:
    """No file, no claim moved, nothing said to have gone out; drawn again, it is whole."""
    user = person("biller")
    batch = _batch_of(user, whole_claim(user), 900)
    claims = [item.claim_id for item in batch.items.all()]
    before = list(Claim.objects.order_by("pk").values_list("pk", "status", "state", "updated_at"))
    first = job_of(batch)
    with Stop(first.pk, user):
        execute(first.pk)
    first.refresh_from_db()
    assert (first.status, first.result) == (JobStatus.CANCELLED, None)
    assert first.progress_done < 900
    assert not JobFile.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]
    assert list(Claim.objects.order_by("pk").values_list("pk", "status", "state", "updated_at")) == before
    assert sent_before(claims) is None
    with transaction.atomic():
        batch = draw_again(by=user, batch=batch)
    execute(job_of(batch).pk)
    assert (job_of(batch).status, job_of(batch).result) == (JobStatus.SUCCEEDED, {"claims": 900, "pages": 1800})
    assert JobFile.objects.get().job_id == batch.job_id
    with transaction.atomic():
        cancelled = draw_again(by=user, batch=batch)
        cancel_job(job_id=job_of(cancelled).pk, by=user)
    told = sent_before(claims)  # the first drawing went out, whatever became of the next
    assert told is not None
    assert told.count == 900
