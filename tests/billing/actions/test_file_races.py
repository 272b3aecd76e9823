"""Files and people that bring one payment at the same moment: it is here once, and each is told so in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from billing.actions.long_posting import POST, post_or_ask
from billing.actions.manual_remittances import begin_remittance
from billing.actions.posting import choose_payer, post_remittance
from billing.actions.received_files import read_file, receive_file
from billing.models import Claim, Payment, PaymentReconciliation, ReceivedFile
from emr.accounts.models import User
from emr.jobs import enqueue
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from emr.uploads.incoming import Incoming
from emr.uploads.kinds import Kind
from tests.billing.actions.test_remittances import doe, remitted, told
from tests.billing.test_hostile_remittances import _and as together
from tests.billing.test_hostile_remittances import whole_file
from tests.races import at_once, refusals

pytestmark = [pytest.mark.feature("H11", "H12"), pytest.mark.attack("double-submit")]


@pytest.fixture
def by(settings: Any, tmp_path: Path, committed_db: str, person: Callable[..., User]) -> User:
    """A biller, and a folder for the files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return person("biller")


def received(by: User, content: bytes) -> ReceivedFile:
    file = Incoming("era.835", Kind.X12, content, sha256(content).hexdigest())
    return receive_file(by=by, file=file)


def other(content: bytes, number: int) -> bytes:
    """The same payments in another file."""
    return content.replace(b"*0930*", b"*10%02d*" % number)


def claim_of(by: User) -> Claim:
    with transaction.atomic():
        return doe(by)


def test_two_files_with_one_new_payment_keep_it_once(by: User) -> None:
    whole = whole_file(claim_of(by))
    files = [received(by, other(whole, number)) for number in range(3)]
    assert sorted(at_once(3, lambda number: read_file(by=by, file=files[number]))) == [0, 0, 1]
    row = PaymentReconciliation.objects.get()
    assert row.responses.count() == 2
    for file in files:
        file.refresh_from_db()
    assert sorted(file.state for file in files) == ["read", "refused", "refused"]
    refused = [file for file in files if file.state == "refused"]
    assert all("is here already (to be posted)" in file.problem for file in refused)
    assert [file.known for file in refused] == [[str(row.pk)]] * 2


def test_files_with_the_same_payments_in_another_order_do_not_wait_for_each_other(by: User) -> None:
    first, second, third = (whole_file(claim_of(by), trace) for trace in (b"ONE", b"TWO", b"THREE"))
    files = [received(by, together(one, two)) for one, two in ((first, second), (second, first), (third, first))]
    made = at_once(3, lambda number: read_file(by=by, file=files[number]))
    assert (all(isinstance(one, int) for one in made), sum(made)) == (True, 3), made
    assert sorted(PaymentReconciliation.objects.values_list("trace_number", flat=True)) == ["ONE", "THREE", "TWO"]


def test_one_payment_entered_many_times_at_once_is_one(by: User) -> None:
    claim, token = claim_of(by), uuid7()
    assert claim.payer is not None
    said: dict[str, Any] = {
        "by": by, "payer": claim.payer, "trace_number": "7", "payment_date": claim.service_date, "amount": claim.total,
    }  # fmt: skip
    made = at_once(3, lambda _: begin_remittance(**said, request_token=token).pk)
    assert set(made) == {token}
    said["trace_number"] = "8"
    works: list[Callable[[], object]] = [lambda: begin_remittance(**said, request_token=uuid7()) for _ in range(3)]
    told = refusals(*works)
    assert ([words.endswith("is here already.") for words in told], PaymentReconciliation.objects.count()) == (
        [True, True],
        2,
    )


def test_nobody_waits_for_a_job_that_is_at_work(by: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job holds the remittance as long as it posts: who presses again is told at once."""
    monkeypatch.setattr("billing.actions.long_posting.AT_ONCE", 0)
    claim = claim_of(by)
    with transaction.atomic():
        row = remitted(by, told(claim, ("CO", "45", 1000)))
        enqueue(POST, key=f"{POST}:{row.pk}:{uuid7()}", by=by, payload={"remittance": str(row.pk)})

    def press(number: int) -> object:
        with pytest.raises(DomainError, match="A job is at work"):
            post_or_ask(by=by, reconciliation=row)
        return number

    with transaction.atomic():
        post_remittance(by=by, reconciliation=row)
        assert at_once(1, press) == [0]


def test_a_form_that_meets_a_job_is_refused_in_words_and_keeps_what_was_typed(
    by: User, as_role: Callable[..., Client]
) -> None:
    """The job holds its patients' money as long as it posts; the till waits as long as a page may, then says so."""
    claim, client = claim_of(by), as_role("front_desk")
    with transaction.atomic():
        row = remitted(by, told(claim, ("CO", "45", 1000)))
    address = reverse("billing:payments_panel", args=[claim.patient_id])
    typed = {
        "amount": "12.34",
        "kind": "prepayment",
        "method": "check",
        "reference": "1027",
        "request_token": str(uuid7()),
    }

    def take(_: int) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        return client.post(address, typed)

    with transaction.atomic():
        post_remittance(by=by, reconciliation=row)
        (answer,) = at_once(1, take)
    page = unescape(answer.content.decode())
    assert (answer.status_code, Payment.objects.count()) == (409, 0)
    assert "Somebody else, or a long job, is at work on this now. Nothing was changed: try again in a minute." in page
    assert ('value="12.34"' in page, 'value="1027"' in page) == (True, True)
    assert client.post(address, typed).status_code == 303
    assert Payment.objects.get().amount == Decimal("12.34")


def test_a_payer_chosen_later_does_not_make_one_payment_two(by: User) -> None:
    claim = claim_of(by)
    assert claim.payer is not None
    file = received(by, whole_file(claim))
    read_file(by=by, file=file)
    row = PaymentReconciliation.objects.get()
    paper = begin_remittance(
        by=by, payer=claim.payer, trace_number="CHECK77", payment_date=row.payment_date, amount=row.amount
    )
    with pytest.raises(DomainError, match=r"is here from .* already: entered from paper, to be posted"):
        choose_payer(by=by, reconciliation=row, payer=claim.payer)
    row.refresh_from_db()
    assert (row.payer, paper.status) == (None, "draft")
