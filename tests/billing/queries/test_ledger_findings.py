"""What the look at the whole ledger finds of that which no constraint keeps away."""

from __future__ import annotations

import pytest
from django.db import connection

from billing.actions.ledger import Line, post
from billing.choices import LedgerAccount, TransactionKind
from billing.queries.business_days import open_day
from billing.queries.ledger_findings import ledger_findings
from emr.accounts.models import User
from tests.factories.billing import submitted

pytestmark = [pytest.mark.django_db, pytest.mark.feature("X27")]


def test_credit_that_was_made_of_a_write_off_is_found(biller: User) -> None:
    """The database takes it: it sums to zero, and the claim owes what it owed."""
    claim = submitted(biller)
    off, credit = (LedgerAccount.WRITE_OFF, 1234), (LedgerAccount.PAYER_CREDIT, -1234)
    lines = [Line.on(claim, account, cents) for account, cents in (off, credit)]
    assert ledger_findings() == []
    post(by=biller, kind=TransactionKind.APPLICATION, business_date=open_day(), lines=lines, claim=claim)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert [str(one) for one in ledger_findings()] == [
        f"no visit owes and writes off more than it charged: that of claim {claim.number}: 12.34 more"
    ]
