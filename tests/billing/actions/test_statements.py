"""Statements as they are made: once, whole, the same whenever they are printed."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from django.urls import reverse
from PIL import Image

from billing.actions.billing_policy import set_billing_policy
from billing.actions.payments import take_payment
from billing.actions.statements import DRAW, cancel_statement, draw_statements, make_statements, request_statements
from billing.choices import PaymentKind, PaymentMethod
from billing.models import Invoice, InvoiceLine, LedgerEntry, StatementRun
from billing.printouts.statements import statement_pdf, write_statements
from billing.queries.aging import BUCKETS
from billing.queries.billing_policy import TIER_WORDS
from billing.queries.statement_accounts import Standing
from billing.queries.statements import statements_of
from clinic.models import Patient
from emr.accounts.actions.clinic import save_clinic
from emr.accounts.logo import LIMITS
from emr.accounts.models import User
from emr.audit.models import AccessEvent
from emr.jobs import JobCancelled
from emr.jobs.execute import execute
from emr.jobs.models import Job
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from emr.uploads.incoming import Incoming, check
from tests.billing.owing import accounts, owing, payer_of, self_paid, sent
from tests.clinic.twins import merge
from tests.factories.accounts import ClinicFactory
from tests.factories.scheduling import AppointmentFactory
from tests.factories.statements import statement_words
from tests.races import at_once

pytestmark = pytest.mark.feature("H14")


def nothing(done: int, total: int) -> None:
    """Progress that nobody watches."""


def words(pdf: bytes) -> str:
    """All words of a PDF, with single spaces."""
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())


@pytest.mark.django_db
def test_a_statement_says_all_and_no_diagnosis(biller: User) -> None:
    ClinicFactory(name="Riverside Clinic")
    set_billing_policy(by=biller, pay_url="https://pay.example.org/riverside")
    patient, brother = owing(biller, "20.00"), owing(biller, "7.00")
    for one in (patient, brother):
        payer_of(one, phone="(217) 555-0144")
    self_paid(biller, patient, lines=4)
    cash: dict[str, Any] = {"method": PaymentMethod.CASH, "amount": Decimal("5.00")}
    take_payment(by=biller, patient=patient, kind=PaymentKind.PREPAYMENT, **cash)
    AppointmentFactory(patient=patient, reason="Rash")
    sent(biller, *accounts(biller).values())
    row = Invoice.objects.get()
    # 20 + 50 + 51 + 52 + 53 less 5 that were paid ahead, and 7 of the brother's.
    assert (row.total, {line.patient: line.amount for line in row.lines.all()}) == (
        Decimal(228),
        {patient: Decimal(221), brother: Decimal(7)},
    )
    text = words(statement_pdf(row))
    for said in (
        f"Statement {row.number}",
        "1st statement",
        "Ana Lopez",
        "Riverside Clinic",
        "Amount due $228.00",
        f"Due for {patient.full_name} 221.00",
        f"Due for {brother.full_name} 7.00",
        "Balance brought forward",
        "Clinic visit; Clinic visit; and 2 more",
        "Paid ahead and not used yet −5.00",
        "Amount enclosed",
        f"https://pay.example.org/riverside?statement={row.number}",
        f"{patient.given_name}: ",
        "Thank you for choosing us.",
    ):
        assert said in text, said
    assert not any(secret in text for secret in ("I10", "Diagnosis", "Rash", patient.birth_date.isoformat()))


def test_eight_visits_stand_on_one_page_with_all_that_can_be_said_beside_them() -> None:
    said = statement_words() | {"words": TIER_WORDS[4], "coming": ["Wednesday, 25 November 2026 at 10:30 AM"] * 3}
    said |= {"credit": "−5.00", "pay_link": "https://pay.example.org/riverside?statement=100001"}
    said["aging"] = [[label, "1,230.00"] for label in BUCKETS]
    said["insurance"] = ["Example Health of Illinois (primary)", "Other Health (secondary)"]
    [whose] = said["patients"]
    words = {"what": "Office visit, established patient; Blood draw; and 2 more", "seen_by": "Grace Hall, MD"}
    sums = {"charge": "1,250.00", "insurance": "−800.00", "insurance_on": "20-Mar-2026", "adjusted": "−200.00"}
    whose |= {"visits": [{**whose["visits"][0], **words, **sums} for _ in range(8)], "credit": "−5.00"}
    assert len(pypdfium2.PdfDocument(statement_pdf(Invoice(number=100001, snapshot=said)))) == 1


def logo(color: str) -> Incoming:
    """A picture for the letterhead."""
    out = io.BytesIO()
    Image.new("RGB", (40, 20), color).save(out, "PNG")
    return check(out.getvalue(), "logo.png", LIMITS)


@pytest.mark.django_db
def test_a_reprint_is_the_same_to_the_byte_whatever_changed_since(biller: User) -> None:
    ClinicFactory(name="Riverside Clinic")
    save_clinic(by=biller, logo=logo("navy"))
    patients = [owing(biller) for _ in range(2)]
    run = sent(biller, *accounts(biller).values())
    owing(biller)
    sent(biller, *accounts(biller).values())
    kept = list(Invoice.objects.order_by("number").values_list("snapshot__logo", flat=True))
    assert [("picture" in one, one["number"]) for one in kept] == [
        (True, kept[0]["number"]),
        (False, kept[0]["number"]),
        (False, kept[0]["number"]),
    ]
    first = {row.number: statement_pdf(row) for row in Invoice.objects.all()}
    assert b"/Image" in first[kept[0]["number"] + 2]
    for patient in patients:
        paid: dict[str, Any] = {"method": PaymentMethod.CASH, "amount": Decimal(45)}
        take_payment(by=biller, patient=patient, kind=PaymentKind.PAYMENT, **paid)
    set_billing_policy(by=biller, due_days=3, tier_messages=["Pay."] * 5)
    save_clinic(by=biller, logo=logo("red"), phone="2175550999")
    assert {row.number: statement_pdf(row) for row in Invoice.objects.all()} == first
    files = []
    for _ in range(2):
        out = io.BytesIO()
        assert write_statements(run, out=out, on_progress=lambda done: None) == 2
        files.append(out.getvalue())
    assert files[0] == files[1]


@pytest.mark.django_db
@pytest.mark.feature("B04")
def test_two_charts_of_one_statement_become_one(biller: User, person: Callable[..., User]) -> None:
    first, second = owing(biller, "20.00"), owing(biller, "7.00")
    for one in (first, second):
        payer_of(one, phone="(217) 555-0144")
    sent(biller, *accounts(biller).values())
    row = Invoice.objects.get()
    before = statement_pdf(row)
    merge(person("manager"), first, second)
    assert statements_of(biller, first) == [row]
    assert sorted(row.lines.values_list("patient", "amount")) == [(first.pk, Decimal(7)), (first.pk, Decimal(20))]
    assert statement_pdf(Invoice.objects.get()) == before
    [account] = accounts(biller).values()
    assert (account.standing, account.turn) == (Standing.RECENT, 2)


@pytest.mark.django_db
@pytest.mark.feature("B04")
def test_a_reminder_stays_one_after_the_chart_was_merged(biller: User, person: Callable[..., User]) -> None:
    kept, merged = owing(biller, home=False, amount="7.00"), owing(biller)
    sent(biller, accounts(biller)[merged])
    merge(person("manager"), kept, merged)
    [account] = accounts(biller).values()
    assert (account.lead, account.amount, account.turn) == (kept, Decimal(52), 2)


@pytest.mark.django_db
def test_a_run_asked_for_twice_is_one_and_nobody_gets_a_second(biller: User, person: Callable[..., User]) -> None:
    patient = owing(biller)
    [account], token = accounts(biller).values(), uuid7()
    run = request_statements(by=biller, accounts=[account], request_token=token)
    assert request_statements(by=biller, accounts=[account], request_token=token) == run
    with pytest.raises(Conflict):
        request_statements(by=person("biller"), accounts=[account], request_token=token)
    with pytest.raises(DomainError):
        request_statements(by=biller, accounts=[], request_token=uuid7())
    made = [make_statements(by=biller, run=run, patients=[patient.pk], on_progress=nothing) for _ in range(2)]
    assert (made, Invoice.objects.count()) == ([1, 1], 1)


@pytest.mark.django_db
def test_a_void_statement_has_a_reason_and_leaves_the_run(biller: User) -> None:
    owing(biller)
    owing(biller)
    run = sent(biller, *accounts(biller).values())
    first, second = Invoice.objects.order_by("number")
    with pytest.raises(DomainError):
        cancel_statement(by=biller, invoice=first, reason=" ")
    cancel_statement(by=biller, invoice=first, reason="Too early")
    with pytest.raises(Conflict):
        cancel_statement(by=biller, invoice=first, reason="Again")
    out = io.BytesIO()
    write_statements(run, out=out, on_progress=lambda done: None)
    text = words(out.getvalue())
    assert (f"Statement {first.number}" in text, f"Statement {second.number}" in text) == (False, True)


def test_a_run_is_made_and_drawn_by_jobs_or_cancelled_whole(
    committed_db: str, as_role: Callable[..., Any], person: Callable[..., User], settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    biller = person("biller")
    for _ in range(3):
        owing(biller)
    run = request_statements(by=biller, accounts=accounts(biller).values(), request_token=uuid7())

    def stop(done: int, total: int) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        patients = [patient.pk for patient in Patient.objects.all()]
        make_statements(by=biller, run=run, patients=patients, on_progress=stop)
    assert Invoice.objects.count() == 0
    entries = LedgerEntry.objects.count()
    assert run.job_id is not None
    execute(run.job_id)
    run.refresh_from_db()
    assert (Invoice.objects.count(), run.job and run.job.name) == (3, "billing.statements_draw")
    execute(run.job_id)
    job = Job.objects.get(name=DRAW)
    assert (job.status, job.result) == ("succeeded", {"statements": 3, "pages": 3})
    assert LedgerEntry.objects.count() == entries
    again = draw_statements(by=biller, run=run)
    assert again.job_id not in (None, run.job_id)
    client = as_role("biller")
    assert client.get(reverse("billing:statement_runs_detail", args=[run.pk])).status_code == 200
    # A file of one's own is an export of each chart that it names.
    own = draw_statements(by=client.user, run=StatementRun.objects.get())
    assert own.job_id == again.job_id, "while it is drawn, nobody draws it again"
    execute(again.job_id)  # type: ignore[arg-type]
    own = draw_statements(by=client.user, run=StatementRun.objects.get())
    execute(own.job_id)  # type: ignore[arg-type]
    assert own.job is not None
    made = Job.objects.get(pk=own.job.pk)
    [file] = made.files.all()
    address = reverse("jobs:files_download", args=[made.pk, file.pk])
    assert client.get(address).status_code == 200
    assert AccessEvent.objects.filter(action="export").values("patient_id").distinct().count() == 3


@pytest.mark.attack("double-submit")
def test_runs_at_the_same_moment_send_one_statement(committed_db: str, person: Callable[..., User]) -> None:
    by = person("biller")
    patients = [owing(by) for _ in range(3)]
    chosen = list(accounts(by).values())
    runs = [request_statements(by=by, accounts=chosen, request_token=uuid7()) for _ in range(3)]
    keys = [patient.pk for patient in patients]
    made = at_once(3, lambda n: make_statements(by=by, run=runs[n], patients=keys, on_progress=nothing))
    assert sorted(made) == [0, 0, 3], made
    assert InvoiceLine.objects.count() == 3
    token = uuid7()
    asked = at_once(3, lambda _: request_statements(by=by, accounts=chosen, request_token=token).pk)
    assert len(set(asked)) == 1, asked


def test_the_page_of_a_run_is_drawn_anew_when_its_job_is_done(
    committed_db: str, as_role: Callable[..., Any], settings: Any, tmp_path: Any
) -> None:
    """The statements are there then, and the next job draws them: the page must not stop at the first."""
    settings.MEDIA_ROOT = tmp_path / "media"
    client = as_role("biller")
    biller: User = client.user
    owing(biller)
    run = request_statements(by=biller, accounts=accounts(biller).values(), request_token=uuid7())
    here = f"http://testserver{reverse('billing:statement_runs_detail', args=[run.pk])}"
    asked = reverse("jobs:jobs_progress", args=[run.job_id])
    headers = {"HX-Request": "true", "HX-Current-URL": here}
    assert "HX-Refresh" not in client.get(asked, headers=headers).headers
    execute(run.job_id)  # type: ignore[arg-type]
    assert client.get(asked, headers=headers).headers["HX-Refresh"] == "true"
    elsewhere = headers | {"HX-Current-URL": f"http://testserver{asked}"}
    assert "HX-Refresh" not in client.get(asked, headers=elsewhere).headers
