"""What practitioners brought in, and how long claims took."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from billing.actions.ledger import Line, post
from billing.choices import LedgerAccount, TransactionKind
from emr.accounts.models import User
from tests.billing.views.report_pages import (
    PERIOD,
    TODAY,
    Books,
    on,
    tables,
)
from tests.factories.remittances import ClaimResponseFactory, ReconciliationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H22")]

LogIn = Callable[..., Any]


def test_productivity_by_month_with_the_time_that_claims_took(books: Books, biller: User, as_role: LogIn) -> None:
    with on(TODAY):
        said = {"payer": books.waiting.payer, "status": "active", "posted_at": timezone.now(), "posted_by": biller}
        ClaimResponseFactory(claim=books.waiting, reconciliation=ReconciliationFactory(**said))
    # What the drawer lacks is nobody's payment.
    short = [Line(LedgerAccount.FUNDS, -500), Line(LedgerAccount.OVER_SHORT, 500)]
    post(by=biller, kind=TransactionKind.OVER_SHORT, business_date=TODAY, lines=short)
    found = tables(as_role("biller"), "productivity", **PERIOD)
    doctor = books.own.encounter.practitioner
    assert doctor is not None
    assert found["By practitioner and month"][1:] == [
        [doctor.short_name, "March 2026", "3", "150.00", "0.00", "0.00", "0.0", "1.0", ""],
        [doctor.short_name, "April 2026", "0", "0.00", "30.00", "5.00", "", "", "41.0"],
        ["No practitioner", "April 2026", "0", "0.00", "20.00", "0.00", "", "", ""],
        ["Total", "", "3", "150.00", "50.00", "5.00", f"{100 * 50 / 145:.1f}", "1.0", "41.0"],
    ]
    assert found["Denials by payer"][-1] == ["Total", "2", "1", "50.0"]
