"""The books that the reports are about."""

from __future__ import annotations

import pytest

from emr.accounts.models import User
from tests.billing.payers import decide
from tests.billing.views.report_pages import (
    DECIDED,
    SENT,
    Books,
    on,
    pay,
)
from tests.factories.billing import claim, submitted


@pytest.fixture
def books(biller: User) -> Books:
    with on(SENT):
        made = Books(submitted(biller), submitted(biller), claim(biller, covered=False))
    with on(DECIDED):
        decide(biller, made.decided, paid=3000, agreed=500, patient=1000)
        pay(biller, made.waiting.patient, "20.00")
    return made
