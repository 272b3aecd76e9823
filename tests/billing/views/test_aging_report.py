"""Who owes how long, and what it ties to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from tests.billing.views.report_pages import (
    DECIDED,
    SENT,
    TODAY,
    Books,
    page,
    tables,
)

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H16")]

LogIn = Callable[..., Any]


def test_buckets_of_payers_and_patients_tie_to_the_ledger(books: Books, as_role: LogIn) -> None:
    summary = tables(as_role("biller"), "aging", day=TODAY.isoformat())["What is owed on 09-May-2026"]
    assert [row[1:] for row in summary[1:]] == [
        ["0.00", "55.00", "0.00", "0.00", "0.00", "55.00"],
        ["10.00", "50.00", "0.00", "0.00", "0.00", "60.00"],
        [*[""] * 5, "−20.00"],
        [*[""] * 5, "0.00"],
        [*[""] * 5, "95.00"],
        [*[""] * 5, "95.00"],
        [*[""] * 5, "0.00"],
    ]


@pytest.mark.parametrize(
    ("day", "clock", "insurance", "total"),
    [
        (TODAY, "service", ["0.00", "0.00", "55.00", "0.00", "0.00"], "95.00"),
        (SENT, "submitted", ["100.00", "0.00", "0.00", "0.00", "0.00"], "150.00"),
        (DECIDED - timedelta(days=1), "submitted", ["0.00", "100.00", "0.00", "0.00", "0.00"], "150.00"),
        (SENT + timedelta(days=120), "submitted", ["0.00", "0.00", "0.00", "55.00", "0.00"], "95.00"),
        (SENT + timedelta(days=121), "submitted", ["0.00", "0.00", "0.00", "0.00", "55.00"], "95.00"),
    ],
    ids=["by service", "the first day", "before the decision", "120 days", "121 days"],
)
def test_as_of_any_day_by_either_clock(
    books: Books, as_role: LogIn, day: date, clock: str, insurance: list[str], total: str
) -> None:
    summary = next(iter(tables(as_role("biller"), "aging", day=day.isoformat(), clock=clock).values()))
    assert (summary[1][1:6], summary[5][6], summary[7][6]) == (insurance, total, "0.00")


def test_leads_down_to_the_claims_of_a_payer(books: Books, as_role: LogIn) -> None:
    client = as_role("biller")
    payer = books.waiting.payer
    assert payer is not None
    listed = page(client, "aging", day=TODAY.isoformat())
    down = f"show=claims&amp;payer={payer.pk}"
    assert down in listed
    shown = tables(client, "aging", day=TODAY.isoformat(), show="claims", payer=str(payer.pk))
    assert [row[-1] for row in shown["Insurance by claim"][1:]] == ["50.00", "50.00"]
    claims = page(client, "aging", day=TODAY.isoformat(), show="claims")
    assert reverse("billing:claims_detail", args=[books.waiting.patient_id, books.waiting.pk]) in claims
