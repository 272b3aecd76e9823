"""The pages of statements, of a patient's account, and of the policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.actions.payments import take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import BillingAccount, BillingPolicy, Invoice, Payment, StatementRun
from billing.queries.account_history import account_history
from billing.queries.billing_policy import TIER_WORDS
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from emr.shared.records import uuid7
from tests.billing.owing import accounts, owing, payer_of, self_paid, sent
from tests.billing.payers import decide
from tests.factories.accounts import ClinicFactory
from tests.factories.billing import submitted

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H14")]
LIST, RUN, POLICY = (reverse(f"billing:{name}") for name in ("statements_list", "statements_run", "billing_policy"))


def address(name: str, patient: Patient, *more: Any) -> str:
    return reverse(f"billing:{name}", args=[patient.pk, *more])


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_list_tells_who_and_why_not(as_role: Callable[..., Client], biller: User) -> None:
    client = as_role("biller")
    child, mother = (
        owing(biller),
        owing(biller, "30.00", given_name="Ana", family_name="Lopez", birth_date="1980-05-06"),
    )
    payer_of(child)
    small = owing(biller, "2.00")
    page = text(client.get(LIST))
    assert all(said in page for said in ("Ana Lopez", child.sort_name, mother.sort_name, "75.00", "1 account"))
    assert small.sort_name not in page
    assert AccessEvent.objects.filter(patient_id__in=[child.pk, mother.pk]).count() == 2
    assert mother.sort_name in text(client.get(LIST, {"page": "40"})), "a page that is gone is the last one"
    assert small.sort_name in text(client.get(LIST, {"state": "small"}))
    assert "No such accounts" in text(client.get(LIST, {"state": "collections", "tier": "3"}))
    assert client.get(LIST, {"state": "x", "tier": "99", "page": "-1"}).status_code == 200
    assert "Make statements" not in text(as_role("manager", "biller").get(LIST, {"state": "held"}))


def test_what_is_chosen_is_made_once_and_the_rest_stays(as_role: Callable[..., Client], biller: User) -> None:
    client, first = as_role("biller"), owing(biller)
    owing(biller)
    chosen = {"patient": [str(first.pk)], "request_token": str(uuid7())}
    answers = [client.post(RUN, chosen) for _ in range(2)]
    run = StatementRun.objects.get()
    detail = reverse("billing:statement_runs_detail", args=[run.pk])
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(303, detail)}
    assert run.job is not None
    assert run.job.payload["patients"] == [str(first.pk)]
    assert "Making statements" in text(client.get(detail)) or "Waiting" in text(client.get(detail))
    assert client.post(RUN, {"request_token": str(uuid7())}).headers["Location"] == LIST
    assert client.post(RUN, {"patient": ["x"]}).headers["Location"] == LIST
    everybody = client.post(RUN, {"all": "1", "request_token": str(uuid7())})
    assert everybody.status_code == 303
    assert len(StatementRun.objects.order_by("-pk")[0].job.payload["patients"]) == 2  # type: ignore[union-attr]
    assert as_role("front_desk").post(RUN, chosen).status_code == 403
    assert as_role("biller").get(detail).status_code == 404, "a run without a statement is shown to who asked for it"


def test_lists_and_runs_cost_the_same_for_one_and_thirty(as_role: Callable[..., Client], biller: User) -> None:
    client = as_role("biller")

    def cost(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    first = owing(biller)
    payer_of(first)
    self_paid(biller, first)
    one = cost(LIST)
    many = [owing(biller) for _ in range(29)]
    for patient in many[:10]:
        payer_of(patient, given_name=patient.mrn)
    assert cost(LIST) == one
    run = sent(biller, accounts(biller)[first])
    detail, account = reverse("billing:statement_runs_detail", args=[run.pk]), address("account_detail", first)
    single = cost(detail), cost(account)
    rest = sent(biller, *(one for one in accounts(biller).values() if one.standing == "ready"))
    assert Invoice.objects.filter(run=rest).count() == 29
    assert cost(reverse("billing:statement_runs_detail", args=[rest.pk])) == single[0]
    for _ in range(5):
        self_paid(biller, first)
    assert cost(account) == single[1]


def test_an_account_shows_statements_and_each_movement(as_role: Callable[..., Client], biller: User) -> None:
    client, claim = as_role("biller"), submitted(biller)
    patient = claim.patient
    decide(biller, claim, paid=3000, agreed=500, patient=1500)
    history = account_history(patient)
    assert [(row.charge, row.paid, row.adjusted, row.balance) for row in history.movements] == [
        ("", "−30.00", "−5.00", "15.00"),
        ("50.00", "", "", "50.00"),
    ]
    [visit] = history.visits
    assert (visit.charge, visit.insurance_paid, visit.adjusted, visit.patient_paid, visit.pending, visit.due) == (
        *("50.00", "−30.00", "−5.00", "", ""),
        "15.00",
    )
    assert (history.total.charge, history.total.due, history.beside, history.balance) == ("50.00", "15.00", "", "15.00")
    page = text(client.get(address("account_detail", patient)))
    assert all(said in page for said in ("Make a statement", "$15.00 due", "No statement was sent.", "To send"))
    sent(biller, accounts(biller)[patient])
    row = Invoice.objects.get()
    page = text(client.get(address("account_detail", patient)))
    assert (str(row.number) in page, "Make a statement" in page) == (True, False)
    pdf = client.get(address("statements_print", patient, row.pk))
    assert (pdf.headers["Content-Type"], pdf.content[:4]) == ("application/pdf", b"%PDF")
    assert client.get(address("statements_print", owing(biller), row.pk)).status_code == 404
    assert client.get(address("account_print", patient)).content[:4] == b"%PDF"
    void = address("statements_cancel", patient, row.pk)
    assert client.post(void, {"reason": ""}).status_code == 422
    assert client.post(void, {"reason": "Too early"}).status_code == 303
    assert client.post(void, {"reason": "Again"}).status_code == 409
    assert "Too early" in text(client.get(address("account_detail", patient)))
    link = address("account_detail", patient)
    assert link in text(client.get(address("balance_panel", patient)))
    assert link not in text(as_role("front_desk").get(address("balance_panel", patient)))


@pytest.mark.feature("H13")
def test_the_history_begins_with_the_latest_and_its_pages_tie(
    as_role: Callable[..., Client], biller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.queries.account_history.PAGE_SIZE", 3)
    client, patient = as_role("biller"), submitted(biller).patient
    for dollars in range(1, 7):
        amount = {"kind": PaymentKind.PREPAYMENT, "amount": Decimal(dollars), "method": PaymentMethod.CASH}
        take_payment(by=biller, patient=patient, **amount)
    whole = account_history(patient).movements
    assert [row.balance for row in whole] == ["29.00", "35.00", "40.00", "44.00", "47.00", "49.00", "50.00"]
    assert [row for page in (1, 2, 3) for row in account_history(patient, page).movements] == whole
    assert [account_history(patient, page).balance for page in (1, 3)] == ["29.00"] * 2
    shown = {
        page: text(client.get(address("account_detail", patient), {"page": page})) for page in ("1", "3", "99", "x")
    }
    told = {page: re.findall(r"Page \d of \d", words) for page, words in shown.items()}
    assert told == {"1": ["Page 1 of 3"], "3": ["Page 3 of 3"], "99": ["Page 3 of 3"], "x": ["Page 1 of 3"]}
    assert ("receipt 6" in shown["1"], "receipt 1" in shown["1"]) == (True, False)
    first = Payment.objects.get(receipt_number=1)
    assert address("payments_receipt", patient, first.pk) in text(
        client.get(address("account_detail", patient), {"page": 2})
    )
    paper = client.get(address("account_print", patient)).content
    printed = " ".join(pypdfium2.PdfDocument(paper)[0].get_textpage().get_text_range().split())
    assert printed.index("receipt 6") < printed.index("receipt 1"), "the paper has all of it"


def test_a_statement_for_several_is_hidden_where_one_of_them_is(as_role: Callable[..., Client], biller: User) -> None:
    client = as_role("biller")
    first, second = owing(biller), owing(biller)
    for patient in (first, second):
        payer_of(patient, phone="(217) 555-0144")
    run = sent(biller, *accounts(biller).values())
    row = Invoice.objects.get()
    both = [address("statements_print", patient, row.pk) for patient in (first, second)]
    before = AccessEvent.objects.filter(action="print").count()
    assert [client.get(path).status_code for path in both] == [200, 200]
    assert AccessEvent.objects.filter(action="print").count() == before + 4
    second.restricted = True
    with transaction.atomic(), acting(biller):
        second.save(update_fields=["restricted"])
    assert [client.get(path).status_code for path in both] == [404, 404]
    assert str(row.number) not in text(client.get(address("account_detail", first)))
    assert client.get(reverse("billing:statement_runs_detail", args=[run.pk])).status_code == 404


def test_statements_are_held_and_accounts_collected(as_role: Callable[..., Client], biller: User) -> None:
    client, patient = as_role("biller"), owing(biller)
    for name, reason in (("account_hold", "In dispute"), ("account_collect", "Midwest Recovery")):
        assert client.get(address(name, patient)).status_code == 200
        assert client.post(address(name, patient), {"reason": " "}).status_code == 422
        assert client.post(address(name, patient), {"reason": reason}).status_code == 303
        page = text(client.get(address("account_detail", patient)))
        assert (reason in page, "The next statement asks" in page) == (True, False)
    assert client.post(address("account_collect", patient), {"reason": "Other"}).status_code == 409
    for name in ("account_release", "account_take_back"):
        assert client.post(address(name, patient)).status_code == 303
    row = BillingAccount.objects.get()
    assert (row.statements_held, row.statements_held_reason, row.collections_at) == (False, "", None)


def test_the_policy_is_kept_and_ours_are_not_copied(as_role: Callable[..., Client]) -> None:
    ClinicFactory()
    client = as_role("biller")
    page = text(client.get(POLICY))
    assert "Thank you for choosing us." in page
    said = {f"words_{n}": words for n, words in enumerate(TIER_WORDS, 1)} | {"words_2": "Please pay us."}
    days = {f"days_{n}": str(day) for n, day in enumerate((0, 20, 40, 60, 80), 1)}
    typed = {"minimum_balance": "10", "due_days": "14", "repeat_days": "20", "self_pay_discount": "15"}
    assert client.post(POLICY, typed | said | days | {"days_3": "10"}).status_code == 422
    assert client.post(POLICY, typed | said | days | {"pay_url": "https://pay.example.org"}).status_code == 303
    row = BillingPolicy.objects.get()
    assert (row.minimum_balance, row.tier_days, row.tier_messages) == (
        Decimal(10),
        [0, 20, 40, 60, 80],
        ["", "Please pay us.", "", "", ""],
    )
    assert as_role("front_desk").get(POLICY).status_code == 403
