"""What payers send, as a biller takes it in, looks through it and posts it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from billing.models import PaymentReconciliation, ReceivedFile
from clinic.models import Payer
from emr.accounts.models import User
from emr.jobs.execute import execute
from emr.shared.records import uuid7
from tests.billing.actions.test_remittances import doe, remitted, told
from tests.billing.x12 import builder

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
    assert "No claim 77 went out to" in client.get(address, {"claim": "77"}).content.decode()
    page = client.get(address, {"claim": claim.number}).content.decode()
    assert all(words in page for words in ("1 G1000", "2 G1001", "50.00", "51.00"))
    typed = {"paid_1": "35", "agreed_1": "10", "copay_1": "5"}
    answer = client.post(f"{address}?claim={claim.number}", typed | {"other_2": "3"})
    assert (answer.status_code, "like CO-50" in answer.content.decode()) == (422, True)
    for _ in range(2):
        answer = client.post(f"{address}?claim={claim.number}", typed | {"other_2": "51", "other_code_2": "co 50"})
        assert answer.status_code == 303
    first, second = row.responses.all()
    out = reverse("billing:remittances_take_out", args=[row.pk, second.pk])
    assert client.post(out, {"reason": "Entered twice"}).status_code == 303
    assert client.post(reverse("billing:remittances_post", args=[row.pk])).status_code == 303
    first.refresh_from_db()
    claim.refresh_from_db()
    assert (first.state, first.reason_codes, claim.state) == ("posted", ["CO-45", "PR-3", "CO-50"], "partial")
