"""The money of a claim on its page: explained to the cent, and moved by small pages beside it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.actions.adjusting import undo, write_off
from billing.actions.claims import create_claim
from billing.choices import AdjustmentReason, Side
from billing.models import Claim, LedgerTransaction
from billing.queries.claim_money import owed_by
from emr.accounts.models import User
from emr.shared.records import uuid7
from tests.billing.payers import decide
from tests.factories.billing import charged, claim, submitted, visit

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H13")]

LogIn = Callable[..., Any]
PAGES = {"claims_write_off", "claims_transfer", "claims_refund", "ledger_undo"}


def address(name: str, made: Claim, *more: Any) -> str:
    return reverse(f"billing:{name}", args=[made.patient_id, made.pk, *more])


def read(client: Client, name: str, made: Claim) -> str:
    response = client.get(address(name, made))
    assert response.status_code == 200
    return str(response.content.decode())


def one_off(by: User, made: Claim, cents: int = 100) -> LedgerTransaction:
    fields: dict[str, Any] = {"side": Side.PAYER, "reason_code": AdjustmentReason.COURTESY}
    return write_off(by=by, claim=made, amount=Decimal(cents) / 100, **fields)


@pytest.mark.parametrize(("role", "opened"), [("biller", PAGES), ("manager", PAGES), ("clinician", set())])
def test_who_moves_money(role: str, opened: set[str], biller: User, as_role: LogIn) -> None:
    made, client = submitted(biller), as_role(role)
    row = one_off(biller, made)
    pages = {name: [row.pk] if name == "ledger_undo" else [] for name in PAGES}
    found = {name for name, more in pages.items() if client.get(address(name, made, *more)).status_code == 200}
    assert found == opened


def test_money_is_written_off_moved_taken_back_and_given_back(biller: User, as_role: LogIn) -> None:
    made, client = submitted(biller), as_role("biller")
    assert "Payer owes" in read(client, "claims_detail", made)
    said = {"side": "payer", "amount": "10", "reason_code": "contractual", "reason": "", "request_token": uuid7()}
    for _ in range(2):
        assert client.post(address("claims_write_off", made), said).status_code == 303
    assert "isn&#39;t a reason" in client.post(
        address("claims_write_off", made), {**said, "reason_code": "self-pay", "request_token": uuid7()}
    ).content.decode().replace("&#x27;", "&#39;")
    moved = {"amount": "15.50", "to": "", "reason": "Deductible", "request_token": uuid7()}
    client.post(address("claims_transfer", made), moved)
    assert (owed_by(made).insurance, owed_by(made).patient) == (Decimal("24.50"), Decimal("15.50"))
    shown = read(client, "claims_detail", made)
    assert all(words in shown for words in ("Agreed with the payer", "Deductible", "24.50", "15.50"))
    row = LedgerTransaction.objects.get(kind="adjustment")
    client.post(address("ledger_undo", made, row.pk), {"reason": "Wrong claim"})
    assert owed_by(made).insurance == Decimal("34.50")
    assert client.get(address("ledger_undo", submitted(biller), row.pk)).status_code == 404
    decide(biller, made, paid=4000)
    assert "Refund $5.50 to the payer" in read(client, "claims_detail", made)
    client.post(address("claims_refund", made), {"amount": "5.50", "reason": "Check 9", "request_token": uuid7()})
    assert LedgerTransaction.objects.get(kind="payer-refund").reason == "Check 9"


def test_a_claim_s_money_costs_the_page_the_same_however_long_it_is(biller: User, as_role: LogIn) -> None:
    made, client = submitted(biller), as_role("biller")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            read(client, "claims_detail", made)
        return len(captured)

    one_off(biller, made)
    queries()
    few = queries()
    for cents in range(1, 15):
        row = one_off(biller, made, cents)
        undo(by=biller, transaction=row, reason="Wrong")
    assert queries() == few


def test_panels_tell_insurance_and_patient_apart(biller: User, as_role: LogIn) -> None:
    seen, client = charged(biller, visit()), as_role("biller")
    made = create_claim(by=biller, encounter=seen)
    client.post(reverse("billing:claims_submit_one", args=[made.patient_id, made.pk]))
    decide(biller, made, paid=1000, patient=1500)
    for name, args in (("payments_panel", []), ("balance_panel", []), ("charges_edit", [seen.pk])):
        shown = client.get(reverse(f"billing:{name}", args=[made.patient_id, *args])).content.decode()
        assert "nsurance owes" in shown
        assert "25.00" in shown, name
        assert "15.00" in shown, name


@pytest.mark.feature("H09")
def test_a_claim_is_replaced_from_its_page(biller: User, as_role: LogIn) -> None:
    made, client = submitted(biller), as_role("biller")
    assert "Replace" not in read(client, "claims_detail", made)
    decide(biller, made, paid=1000)
    assert "Replace" in read(client, "claims_detail", made)
    client.post(address("claims_replace", made))
    draft = Claim.objects.get(replaces=made)
    assert (draft.frequency, draft.state) == ("7", "ready")
    assert client.post(address("claims_replace", claim(biller))).status_code == 303
