"""Denials by their reasons, the claims behind them, the days that are left, and the letters."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from django.test import Client
from django.urls import reverse

from billing.actions.appeals import begin_appeal, send_appeal
from billing.actions.settling import move_claim
from billing.choices import ClaimState
from billing.models import Appeal, Claim
from billing.queries.denials import DenialFilter, denials
from emr.accounts.models import User
from emr.audit.models import AccessEvent
from emr.codes.actions.releases import load_release
from emr.codes.systems.registry import SYSTEMS
from emr.shared.dates import clinic_today
from tests.billing.actions.test_appeals import refused
from tests.billing.actions.test_remittances import doe
from tests.factories.billing import claim as draft_of

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H20")]
LIST, CLAIMS = reverse("billing:denials_list"), reverse("billing:denials_claims")
EXPORT, DEADLINES = reverse("billing:denials_export"), reverse("billing:deadlines_list")


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def told(answer: Any) -> list[str]:
    """The words that a page or a file shows: the keys in its links hold any four digits now and then, as a claim's."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return re.sub(r"""<[^>]*>|[,"]""", " ", content.decode()).split()


@pytest.fixture
def meanings(tmp_path: Path, biller: User) -> None:
    """A list of reasons of the clinic's own."""
    path = tmp_path / "carc.csv"
    path.write_text("code,description,start,stop\n50,Not held to be needed,1995-01-01,\n197,No leave,,\n", "utf-8")
    read = SYSTEMS["carc"].from_file
    assert read is not None
    load_release(system=SYSTEMS["carc"], source=read(path), by=biller)


def test_refusals_stand_by_reason_with_what_is_at_stake(
    as_role: Callable[..., Client], biller: User, meanings: None
) -> None:
    client = as_role("biller")
    assert "Nothing is refused" in text(client.get(LIST))
    first, second = refused(biller, ("CO", "50", 3000), ("CO", "45", 2000)), refused(biller, ("CO", "197", 5000))
    page = text(client.get(LIST))
    for words in ("2 claims · $100.00 at stake", "CO-50", "Not held to be needed", "CO-197", "No leave", "50.00"):
        assert words in page
    assert "CO-45" not in page
    behind = told(client.get(CLAIMS, {"code": "CO-50", "payer": str(first.payer_id)}))
    assert (first.number in behind, second.number in behind) == (True, False)
    tomorrow = (clinic_today() + timedelta(days=1)).isoformat()
    assert "Nothing is refused" in text(client.get(LIST, {"first": tomorrow}))
    file = told(client.get(EXPORT, {"code": "CO-197"}))
    assert (second.number in file, first.number in file, "50.00" in file) == (True, False, True)


def test_by_remark_and_nonsense_in_the_address(as_role: Callable[..., Client], biller: User) -> None:
    client = as_role("biller")
    refused(biller)
    assert client.get(LIST, {"by": "remark", "payer": "x", "first": "never"}).status_code == 200
    assert client.get(DEADLINES, {"kind": "x", "payer": "x", "page": "-1"}).status_code == 200


def test_the_file_of_deadlines_has_all_pages_of_what_was_asked(
    as_role: Callable[..., Client], biller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.queries.deadlines.PAGE_SIZE", 1)
    client, denied, draft = as_role("biller"), refused(biller), draft_of(biller)
    address = reverse("billing:deadlines_export")

    def rows(**asked: str) -> list[list[str]]:
        return list(csv.reader(client.get(address, asked).getvalue().decode("utf-8-sig").splitlines()))  # type: ignore[attr-defined]

    assert {row[3] for row in rows()[1:]} == {denied.number, draft.number}
    (row,) = rows(kind="appeal")[1:]
    page = text(client.get(DEADLINES, {"kind": "appeal"}))
    assert [cell for cell in row if cell.removeprefix("-") not in page] == [], (
        'a day that is over is "over by 86" there'
    )
    assert (row[2:4], row[-1]) == (["Appeal", denied.number], "50.00")
    exported = AccessEvent.objects.filter(user=client.user, action="export")
    assert set(exported.values_list("patient_id", flat=True)) == {denied.patient_id, draft.patient_id}


def test_deadlines_count_from_the_service_and_from_the_refusal(as_role: Callable[..., Client], biller: User) -> None:
    client, denied, draft = as_role("biller"), refused(biller), draft_of(biller)
    paid = doe(biller)
    page = text(client.get(DEADLINES))
    shown, to_appeal = told(client.get(DEADLINES)), told(client.get(DEADLINES, {"kind": "appeal"}))
    assert [number in shown for number in (denied.number, draft.number, paid.number)] == [True, True, False]
    assert [number in to_appeal for number in (denied.number, draft.number)] == [True, False]
    assert denied.number in told(client.get(DEADLINES, {"page": "40"})), "a page that was worked off is the first"
    assert draft.payer is not None
    left = (draft.service_date + timedelta(days=draft.payer.timely_filing_days) - clinic_today()).days
    assert (f"over by {-left}" if left < 0 else f">{left}</") in page


def test_the_lists_cost_the_same_for_one_and_many(
    as_role: Callable[..., Client], biller: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = as_role("biller")
    for number in (1, 30):
        while Claim.objects.filter(state="denied").count() < number:
            refused(biller)
        for address in (LIST, CLAIMS, DEADLINES):
            with django_assert_max_num_queries(14):
                client.get(address)


def test_a_letter_is_begun_written_printed_sent_and_answered(
    as_role: Callable[..., Client], biller: User, meanings: None
) -> None:
    client, claim = as_role("biller"), refused(biller)
    detail = reverse("billing:claims_detail", args=[claim.patient_id, claim.pk])
    page = text(client.get(detail))
    assert ("Not held to be needed" in page, "Appeal</span>" in page) == (True, True)
    begin = reverse("billing:appeals_begin", args=[claim.patient_id, claim.pk])
    assert client.post(begin).status_code == 303
    appeal = Appeal.objects.get()
    keys = [claim.patient_id, claim.pk, appeal.pk]
    edit, send, answer, paper = (
        reverse(f"billing:appeals_{name}", args=keys) for name in ("edit", "send", "decide", "print")
    )
    assert "medically necessary" in text(client.get(edit))
    assert client.post(edit, {"text": ""}).status_code == 422
    assert client.post(edit, {"text": "Please pay.\n\nThank you."}).status_code == 303
    printed = _read(client.get(paper).content)
    for words in (claim.number, "Please pay.", "CO-50", "Not held to be needed", "50.00", "Appeals department"):
        assert words in printed
    letter = {"text": appeal.text}
    assert client.post(send, letter | {"sent_on": "nonsense"}).status_code == 422
    assert client.post(send, letter | {"sent_on": clinic_today().isoformat()}).status_code == 303
    assert client.post(edit, {"text": "Other"}).status_code == 409
    assert claim.number not in told(client.get(DEADLINES, {"kind": "appeal"}))
    said = {"answer": "lost", "decided_on": clinic_today().isoformat(), "outcome": "Upheld"}
    assert client.post(answer, said | {"answer": ""}).status_code == 422
    assert client.post(answer, said).status_code == 303
    page = text(client.get(detail))
    assert ("Upheld" in page, "Refused" in page, "Appeal</span>" in page) == (True, True, True)


def test_a_claim_refused_without_a_refusing_reason_is_listed_all_the_same(
    as_role: Callable[..., Client], biller: User
) -> None:
    agreed = refused(biller, ("CO", "45", 5000))
    assert refused(biller).state == "denied"
    client = as_role("biller")
    page = text(client.get(LIST))
    for words in ("2 claims · $100.00 at stake", ">CO-45</a>", ">CO-50</a>"):
        assert words in page
    assert agreed.number in text(client.get(CLAIMS, {"code": "CO-45"}))
    assert begin_appeal(by=biller, claim=agreed).reason_codes == ["CO-45"]


def test_what_no_remark_says_stands_under_none(as_role: Callable[..., Client], biller: User) -> None:
    client, claim = as_role("biller"), refused(biller)
    page = text(client.get(LIST, {"by": "remark"}))
    assert ("No remark" in page, "Nothing is refused" in page) == (True, False)
    behind = text(client.get(CLAIMS, {"code": "no-remark"}))
    assert ("Refused: No remark" in behind, claim.number in behind) == (True, True)


def test_what_was_appealed_has_no_day_to_be_appealed_by(biller: User) -> None:
    first, second = refused(biller), refused(biller)
    assert all(group.first_due for group in denials(biller, DenialFilter()).groups)
    for claim in (first, second):
        send_appeal(by=biller, appeal=begin_appeal(by=biller, claim=claim), sent_on=clinic_today())
    assert [(group.claims, group.first_due) for group in denials(biller, DenialFilter()).groups] == [(1, None)] * 2


def test_a_refused_claim_s_page_begins_with_why_and_what_to_do(
    as_role: Callable[..., Client], biller: User, meanings: None
) -> None:
    claim, client = refused(biller, ("CO", "50", 3000), ("CO", "45", 2000)), as_role("biller")
    detail = reverse("billing:claims_detail", args=[claim.patient_id, claim.pk])
    page = text(client.get(detail))
    head = page[: page.index("Service lines")]
    for words in ("Denied: $50.00 isn&#39;t paid", "CO-50", "Not held to be needed", "Replace", "Appeal", "Write off"):
        assert words in head, words
    assert "CO-45" not in head
    for way in ("claims_transfer", "claims_write_off", "appeals_begin", "claims_replace"):
        assert page.count(reverse(f"billing:{way}", args=[claim.patient_id, claim.pk])) == 1, way
    reader = text(as_role("manager").get(detail))
    assert "Denied: $50.00" in reader
    assert reverse("billing:claims_replace", args=[claim.patient_id, claim.pk]) not in reader
    appeal = begin_appeal(by=biller, claim=claim)
    page = text(client.get(detail))
    letter = reverse("billing:appeals_edit", args=[claim.patient_id, claim.pk, appeal.pk])
    assert letter in page[: page.index("Service lines")]
    send_appeal(by=biller, appeal=appeal, sent_on=clinic_today())
    page = text(client.get(detail))
    assert "Appealed, level 1: $50.00 isn&#39;t paid" in page
    assert letter in page


@pytest.mark.feature("H20")
def test_a_letter_is_sent_as_it_stands_on_the_page(as_role: Callable[..., Client], biller: User) -> None:
    claim, client = refused(biller), as_role("biller")
    appeal = begin_appeal(by=biller, claim=claim)
    send = reverse("billing:appeals_send", args=[claim.patient_id, claim.pk, appeal.pk])
    early = client.post(send, {"text": "It was needed.", "sent_on": "2020-01-01"})
    assert (early.status_code, "It was needed.</textarea>" in early.content.decode()) == (422, True)
    assert client.post(send, {"text": "It was needed!", "sent_on": str(clinic_today())}).status_code == 303
    client.post(send, {"text": "Another", "sent_on": str(clinic_today())})
    appeal.refresh_from_db()
    assert (appeal.status, appeal.text) == ("sent", "It was needed!")


@pytest.mark.feature("H10")
def test_a_rejected_claim_s_page_begins_with_the_reason(as_role: Callable[..., Client], biller: User) -> None:
    claim = move_claim(by=biller, claim=doe(biller), to=ClaimState.REJECTED, reason="Member not known to the payer")
    page = text(as_role("biller").get(reverse("billing:claims_detail", args=[claim.patient_id, claim.pk])))
    assert "Rejected before a payer decided on it" in page
    assert "Member not known to the payer" in page
    assert page.count(reverse("billing:claims_void", args=[claim.patient_id, claim.pk])) == 2


def _read(content: bytes) -> str:
    with pdfplumber.open(BytesIO(content)) as pdf:
        return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
