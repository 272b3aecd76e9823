"""Whom one asks again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from emr.accounts.models import User
from tests.billing.views.report_pages import (
    TODAY,
    Books,
    file_of,
    on,
    page,
    tables,
)
from tests.factories.billing import claim
from tests.factories.statements import BillingAccountFactory, InvoiceFactory, InvoiceLineFactory, PaymentPlanFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H16")]

LogIn = Callable[..., Any]


def test_who_owes_for_long_with_all_that_one_looks_at(books: Books, as_role: LogIn) -> None:
    owes = books.own.patient
    with on(TODAY):
        invoice = InvoiceFactory(patient=owes, tier=2, issued_on=date(2026, 5, 1), due_on=date(2026, 5, 22))
        InvoiceLineFactory(invoice=invoice)
        PaymentPlanFactory(patient=owes)
        BillingAccountFactory(patient=owes, statements_held=True, statements_held_reason="Asked us to wait")
        client = as_role("biller")
        rows = tables(client, "collections")["Patients who owe"]
        assert [row[0] for row in rows[1:]] == [owes.sort_name, "Total"]
        assert rows[1][2:] == [
            rows[1][2],
            *("50.00", "50.00", "0.00", "60", "1", "", "01-May-2026, tier 2"),
            "50.00 a month; Statements held: Asked us to wait",
        ]
        said = re.findall(r"<dd>([^<]*)</dd>", page(client, "collections"))
        assert said == ["50.00", "10.00", "60.00", "0.00"]


def test_no_visit_is_dropped(books: Books, biller: User, as_role: LogIn) -> None:
    """What has been owed for long brings what is new with it; and without a limit the file is the ledger."""
    with on(TODAY):
        newer = claim(biller, patient=books.own.patient, covered=False)
        client = as_role("biller")
        rows = file_of(client, "collections", days="30", visits="1")
        assert [row[2] for row in rows[1:-1]] == [books.own.number, newer.number]
        assert file_of(client, "collections", days="0", visits="1")[-1][-1] == "110.00"
        assert file_of(client, "collections", days="61", visits="1")[1:] == []
