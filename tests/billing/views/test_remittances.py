"""What payers send, as a biller takes it in, looks through it and posts it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from billing.actions.corrected_members import CORRECTED_MEMBER
from billing.actions.long_posting import POST, TAKE_BACK
from billing.actions.manual_remittances import begin_remittance
from billing.actions.posting import post_remittance
from billing.actions.resubmitting import void_claim
from billing.models import LedgerEntry, PaymentReconciliation, ReceivedFile
from billing.queries.ledger_findings import ledger_findings
from billing.queries.remittances import Moves, Tie, decisions_page, moves_of, tie_of
from clinic.models import Payer, Task
from emr.accounts.models import User
from emr.codes.actions.releases import load_release
from emr.codes.systems.registry import SYSTEMS
from emr.jobs.actions.jobs import cancel_job
from emr.jobs.execute import execute
from emr.jobs.models import Job
from emr.shared.records import uuid7
from tests.billing.actions.test_remittances import doe, remitted, sums, told
from tests.billing.x12 import builder
from tests.pages import said

pytestmark = pytest.mark.feature("H11")
LIST, RECEIVE = reverse("billing:remittances_list"), reverse("billing:remittances_receive")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    """A folder of its own for the files that are kept."""
    settings.MEDIA_ROOT = tmp_path / "media"


def send(client: Client, content: bytes) -> Any:
    file = SimpleUploadedFile("era.835", content, content_type="text/plain")
    return client.post(RECEIVE, {"file": file})


def test_a_file_is_taken_in_read_chosen_a_payer_for_and_posted(
    committed_db: str, as_role: Callable[..., Client], biller: User
) -> None:
    client, claim = as_role("biller"), doe(biller)
    content = builder.remittance(
        builder.Payment([told(claim, ("CO", "45", 1000), ("PR", "3", 500)), builder.Claim("99", [builder.Line(700)])])
    )
    assert b"Take in the 835" in client.get(LIST).content
    assert send(client, content).status_code == 303
    file = ReceivedFile.objects.get()
    assert file.job_id is not None
    execute(file.job_id)
    file.refresh_from_db()
    assert (file.state, file.kind) == ("read", "835")
    assert "was received on" in send(client, content).content.decode()
    row = PaymentReconciliation.objects.get()
    detail = reverse("billing:remittances_detail", args=[row.pk])
    page = client.get(detail).content.decode()
    assert ("Post it" in page, "is none of the payers" in page) == (False, True)
    payer = Payer.objects.get()
    assert client.post(reverse("billing:remittances_payer", args=[row.pk]), {"payer": payer.pk}).status_code == 303
    page = " ".join(client.get(detail).content.decode().split())
    for words in ("35.00", "10.00", "5.00", "CO-45 PR-3", "No claim that went out has the number 99.", "Post it"):
        assert words in page
    assert client.post(reverse("billing:remittances_post", args=[row.pk])).status_code == 303
    page = " ".join(client.get(detail).content.decode().split())
    assert "1 wait for a person" in page
    again = client.post(reverse("billing:remittances_post", args=[row.pk]))
    assert (again.status_code, b"posted already" in again.content) == (409, True)
    assert b"CHECK77" in client.get(LIST, {"status": "work"}).content


def test_a_file_that_cannot_be_read_says_where_and_keeps_nothing(
    committed_db: str, as_role: Callable[..., Client], biller: User
) -> None:
    client, claim = as_role("biller"), doe(biller)
    whole = builder.remittance(builder.Payment([told(claim)]))
    assert send(client, whole[:400]).status_code == 303
    execute(ReceivedFile.objects.get().job_id)  # type: ignore[arg-type]
    file = ReceivedFile.objects.get()
    assert (file.state, PaymentReconciliation.objects.count()) == ("refused", 0)
    assert "egment" in file.problem
    assert file.problem[:40] in client.get(LIST).content.decode()
    refused = send(client, b"Dear clinic, here is your money.").content.decode()
    assert "X12 is taken here" in refused


@pytest.mark.feature("H12")
def test_a_corrected_member_and_a_remark_come_from_the_file_to_the_task_and_the_page(
    committed_db: str, as_role: Callable[..., Client], biller: User, tmp_path: Path
) -> None:
    client, claim = as_role("biller"), doe(biller)
    path = tmp_path / "rarc.csv"
    path.write_text("code,description,start,stop\nN115,By the policy of a place,,\n", "utf-8")
    read = SYSTEMS["rarc"].from_file
    assert read is not None
    load_release(system=SYSTEMS["rarc"], source=read(path), by=biller)
    segments = builder.segments_of(builder.Payment([told(claim, ("CO", "45", 1000))]))
    patient = next(at for at, segment in enumerate(segments) if segment[:2] == ("NM1", "QC"))
    segments.insert(patient + 1, ("NM1", "74", "1", "Doe", "Ann", "", "", "", "C", "NEW-9"))
    segments.append(("LQ", "HE", "N115"))
    assert send(client, builder.envelope("HP", "005010X221A1", builder.message("835", segments))).status_code == 303
    execute(ReceivedFile.objects.get().job_id)  # type: ignore[arg-type]
    row = PaymentReconciliation.objects.get()
    assert (row.findings, row.doubts, row.remarks) == ([], [], [])
    client.post(reverse("billing:remittances_payer", args=[row.pk]), {"payer": claim.payer_id})
    page = client.get(reverse("billing:remittances_detail", args=[row.pk])).content.decode()
    assert "By the policy of a place" in page
    assert not Task.objects.exists()
    assert client.post(reverse("billing:remittances_post", args=[row.pk])).status_code == 303
    task = Task.objects.get()
    assert (task.code, task.focus_id, task.for_patient) == (CORRECTED_MEMBER, claim.coverage_id, claim.patient)
    assert [one.text for one in task.comments.all()] == [f"{claim.payer} says: NEW-9"]


@pytest.mark.django_db
def test_it_is_set_aside_with_a_reason_and_can_come_again(as_role: Callable[..., Client], biller: User) -> None:
    client, row = as_role("biller"), remitted(biller, told(doe(biller)))
    address = reverse("billing:remittances_aside", args=[row.pk])
    refused = client.post(address, {"reason": ""})
    assert (refused.status_code, "<details open>" in refused.content.decode()) == (422, True)
    assert client.post(address, {"reason": "Meant for another clinic"}).status_code == 303
    page = client.get(reverse("billing:remittances_detail", args=[row.pk])).content.decode()
    assert "Set aside: Meant for another clinic" in page


@pytest.mark.django_db
def test_the_pages_cost_the_same_for_one_and_many(
    as_role: Callable[..., Client], biller: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = as_role("biller")
    for row in (remitted(biller, told(doe(biller))),):
        with django_assert_max_num_queries(22):
            client.get(reverse("billing:remittances_detail", args=[row.pk]))
    many = [told(doe(biller)) for _ in range(6)]
    row = remitted(biller, *many, provider=[("L6", -100)])
    with django_assert_max_num_queries(22):
        client.get(reverse("billing:remittances_detail", args=[row.pk]))


@pytest.mark.django_db
@pytest.mark.feature("H12")
def test_paper_is_entered_claim_by_claim_and_posted(as_role: Callable[..., Client], biller: User) -> None:
    client, claim = as_role("biller"), doe(biller, 2)
    begin = {
        "payer": claim.payer_id,
        "method": "CHK",
        "trace_number": "4711",
        "payment_date": "2026-03-20",
        "amount": "35.00",
        "request_token": str(uuid7()),
    }
    assert client.post(reverse("billing:remittances_enter"), begin | {"amount": "x"}).status_code == 422
    assert client.post(reverse("billing:remittances_enter"), begin).status_code == 303
    row = PaymentReconciliation.objects.get()
    address = reverse("billing:remittances_decision", args=[row.pk])
    missed = client.post(address, {"number": "77"})
    assert (missed.status_code, "No claim with this number went out to" in missed.content.decode()) == (422, True)
    chosen = client.post(address, {"number": claim.number})
    opened = chosen.headers["Location"]
    assert (chosen.status_code, opened) == (303, f"{address}?claim={claim.pk}")
    page = client.get(opened).content.decode()
    assert all(words in page for words in ("1 G1000", "2 G1001", "50.00", "51.00"))
    typed = {"paid_1": "35", "agreed_1": "10", "copay_1": "5", "request_token": str(uuid7())}
    answer = client.post(opened, typed | {"other_2": "3"})
    assert (answer.status_code, "like CO-50" in answer.content.decode()) == (422, True)
    whole = typed | {"other_2": "51", "other_code_2": "co 50"}
    # A double click enters it once; the form opened again, once more.
    for token in (typed["request_token"], typed["request_token"], str(uuid7())):
        assert client.post(opened, whole | {"request_token": token}).status_code == 303
    first, second = row.responses.all()
    out, detail = (
        reverse("billing:remittances_take_out", args=[row.pk, second.pk]),
        reverse("billing:remittances_detail", args=[row.pk]),
    )
    assert f'action="{out}"' in client.get(detail).content.decode()
    assert client.post(out, {"reason": "Entered twice"}).status_code == 303
    page = client.get(detail).content.decode()
    assert ("Taken out: Entered twice" in page, f'action="{out}"' in page) == (True, False)
    assert client.post(reverse("billing:remittances_post", args=[row.pk])).status_code == 303
    first.refresh_from_db()
    claim.refresh_from_db()
    assert (first.state, first.reason_codes, claim.state) == ("posted", ["CO-45", "PR-3", "CO-50"], "partial")


@pytest.mark.django_db
@pytest.mark.feature("H12")
def test_paper_takes_a_former_decision_back(as_role: Callable[..., Client], biller: User) -> None:
    client, claim = as_role("biller"), doe(biller)
    assert claim.payer is not None
    row = begin_remittance(
        by=biller, payer=claim.payer, trace_number="4711", payment_date=date(2026, 3, 20), amount=Decimal("5.00")
    )
    address = f"{reverse('billing:remittances_decision', args=[row.pk])}?claim={claim.pk}"
    assert "takes a former decision back" not in said(client.get(address))
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "45", 1000))))
    (former,) = claim.responses.all()
    page = said(client.get(address))
    assert "The paper takes a former decision back" in page
    assert "$40.00 paid, CO-45" in page
    form = {"takes_back": "True", "request_token": str(uuid7())}
    missed = client.post(address, form)
    assert (missed.status_code, "Choose the former decision." in said(missed)) == (422, True)
    # A double click enters it once; the form opened again finds nothing that could be taken back.
    answers = [client.post(address, form | {"former": str(former.pk)}) for _ in range(2)]
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(303, address)] * 2
    page = said(client.get(address))
    assert ("takes a former decision back" in page, "50.00" in page) == (False, True)
    assert "$5.00 paid, −$40.00 of it entered" in page
    assert client.post(address, form | {"former": str(former.pk), "request_token": str(uuid7())}).status_code == 422
    client.post(address, {"paid_1": "45", "agreed_1": "5", "request_token": str(uuid7())})
    assert client.post(reverse("billing:remittances_post", args=[row.pk])).status_code == 303
    assert list(row.responses.order_by("sequence").values_list("status_code", "paid", "state")) == [
        ("22", -40, "posted"),
        ("1", 45, "posted"),
    ]


@pytest.mark.django_db
def test_a_preview_ties_and_says_what_posting_moves(as_role: Callable[..., Client], biller: User) -> None:
    paid, denied, void = doe(biller), doe(biller), doe(biller)
    row = remitted(
        biller,
        told(paid, ("CO", "45", 1000), ("PR", "3", 500)),
        told(denied, ("CO", "50", 5000), status="4"),
        told(void),
        builder.Claim("99", [builder.Line(700)]),
        provider=[("WO", 250)],
    )
    void_claim(by=biller, claim=void, reason="Wrong patient")
    assert moves_of(row) == Moves(paid=3500, written_off=1000, patient=500, open=5000, credit=5700, waits=2)
    assert tie_of(row) == Tie("92.00", "−2.50", "89.50", "")
    page = " ".join(
        as_role("biller").get(reverse("billing:remittances_detail", args=[row.pk])).content.decode().split()
    )
    for words in ("it ties", "−2.50", "89.50", "What posting it moves", f"Claim {void.number} is void."):
        assert words in page, words
    post_remittance(by=biller, reconciliation=row)
    assert sums(row) == {
        "funds": 8950,
        "contractual": 1000,
        "patient-receivable": 500,
        "insurance-receivable": -5000,
        "payer-credit": -5700,
        "payer-adjustment": 250,
    }
    row.refresh_from_db()
    assert (moves_of(row), tie_of(row).differs) == (None, "")


@pytest.mark.django_db
def test_a_long_one_shows_no_sums_that_its_page_would_wait_for(biller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    row = remitted(biller, told(doe(biller)), told(doe(biller)))
    assert moves_of(row) == Moves(paid=10000)
    monkeypatch.setattr("billing.queries.remittances._SUMMED", 1)
    assert (row.claim_count, moves_of(row)) == (2, None)


@pytest.mark.django_db
def test_a_correction_on_a_later_page_follows_its_reversal(biller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = doe(biller)
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "45", 1000))))
    row = remitted(
        biller, told(claim, ("CO", "45", 1000), status="22", sign=-1), told(claim, ("CO", "45", 500)), provider=None
    )
    whole, _ = decisions_page(biller, row)
    monkeypatch.setattr("billing.queries.remittances.PAGE_SIZE", 1)
    first, after = decisions_page(biller, row)
    assert after is not None
    second, _ = decisions_page(biller, row, after)
    assert [*first, *second] == whole
    assert (whole[1].written_off, whole[1].open) == ("5.00", "0.00")


@pytest.mark.feature("H11")
def test_a_long_one_is_posted_and_taken_back_by_jobs(
    committed_db: str, as_role: Callable[..., Client], person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says whose job is at work on it, and offers nothing meanwhile; a cancelled job posts nothing."""
    monkeypatch.setattr("billing.actions.long_posting.AT_ONCE", 1)
    client, biller = as_role("biller"), person("biller")
    with transaction.atomic():
        claims = [doe(biller) for _ in range(3)]
        row = remitted(biller, *(told(claim, ("CO", "45", 1000)) for claim in claims))
    detail, post = (reverse(f"billing:remittances_{name}", args=[row.pk]) for name in ("detail", "post"))
    answer = client.post(post)
    first = Job.objects.get(name=POST)
    assert (answer.status_code, answer["Location"]) == (303, reverse("jobs:jobs_detail", args=[first.pk]))
    page = " ".join(client.get(detail).content.decode().split())
    assert ("It is being posted for" in page, "Post it" in page, "Never post it" in page) == (True, False, False)
    # Nothing is posted yet: the decisions are told as what posting will say.
    assert ("Posting says" in page, '<th scope="col">State</th>' in page) == (True, False)
    assert client.post(post).status_code == 409
    cancel_job(job_id=first.pk, by=first.created_by)
    execute(first.pk)
    row.refresh_from_db()
    assert (row.status, LedgerEntry.objects.filter(transaction__reconciliation=row).exists()) == ("draft", False)
    client.post(post)
    second = Job.objects.exclude(pk=first.pk).get(name=POST)
    execute(second.pk)
    second.refresh_from_db()
    assert (second.result, second.progress_total) == ({"decisions": 3, "waiting": 0}, 3)
    assert b"Posted" in client.get(detail).content
    assert sums(row) == {"funds": 12000, "insurance-receivable": -15000, "contractual": 3000}
    back = reverse("billing:remittances_take_back", args=[row.pk])
    assert client.post(back, {"reason": " "}).status_code == 422
    client.post(back, {"reason": "The wrong file"})
    assert b"It is being taken back for" in client.get(detail).content
    execute(Job.objects.get(name=TAKE_BACK).pk)
    row.refresh_from_db()
    assert (row.status, row.status_reason, set(sums(row).values())) == ("entered-in-error", "The wrong file", {0})
    assert ledger_findings() == []
