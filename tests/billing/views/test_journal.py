"""The journal, which sums to zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from tests.billing.views.report_pages import (
    PERIOD,
    Books,
    page,
    tables,
)

pytestmark = [pytest.mark.django_db, pytest.mark.feature("X27")]

LogIn = Callable[..., Any]


def test_the_journal_sums_to_zero_and_leads_to_claims(books: Books, as_role: LogIn) -> None:
    client = as_role("biller")
    found = tables(client, "journal", **PERIOD)
    balance = found["Trial balance on 31-May-2026"]
    assert balance[-1][0::4] == ["Total", "0.00"]
    assert balance[-1][2] == balance[-1][3]
    assert ["Due from payers", "0.00", "100.00", "45.00", "55.00"] in balance
    kinds = found["By kind"]
    assert ["Charged", "Charges", "0.00", "150.00"] in kinds
    assert len(found["Entries"]) == 2 + 6 + 4 + 2
    html = page(client, "journal", **PERIOD)
    assert reverse("billing:claims_detail", args=[books.own.patient_id, books.own.pk]) in html
    narrowed = tables(client, "journal", kind="charge", account="revenue", **PERIOD)["Entries"]
    assert [row[8] for row in narrowed[1:]] == ["50.00", "50.00", "50.00", "150.00"]
    # Before the decision the same accounts stood otherwise.
    early = tables(client, "journal", first="2026-04-01", last="2026-04-19")["Trial balance on 19-Apr-2026"]
    assert ["Due from payers", "100.00", "0.00", "0.00", "100.00"] in early
