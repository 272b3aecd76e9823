"""Whatever claims go through, on whatever days: every report is the ledger, to the cent, and a past day stays so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from billing.queries.aging import Clock, aged, items, on_ledger
from billing.queries.collecting import Asked as AskedList
from billing.queries.collecting import collections_list
from billing.queries.journal import Asked as AskedJournal
from billing.queries.journal import journal
from billing.queries.productivity import productivity
from billing.queries.received import GROUPS, received
from billing.queries.received import Asked as AskedMoney
from emr.shared.dates import clinic_today
from tests.billing.test_claim_money_properties import Office

BEGAN = datetime(2026, 3, 10, 16, tzinfo=UTC)


def all_of(day: date) -> tuple[Decimal, ...]:
    """The aging of a day: buckets of payers and patients, credits, by both clocks."""
    found = items(day)
    owed = [[item for item in found if item.side == side] for side in ("insurance", "patient")]
    credit = sum((item.amount for item in found if item.side.endswith("credit")), Decimal(0))
    return (*(part for some in owed for clock in Clock for part in aged(some, day, clock)), credit)


class Months(Office):
    """The billing office, while days and months go by."""

    @initialize()
    def open(self) -> None:
        self.travel = time_machine.travel(BEGAN)
        self.clock: Any = self.travel.start()
        self.was: dict[date, tuple[Decimal, ...]] = {}
        super().open()

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "travel"):
            self.travel.stop()

    @rule(days=st.integers(1, 70))
    def wait(self, days: int) -> None:
        self.was[clinic_today()] = all_of(clinic_today())
        self.clock.shift(timedelta(days=days))

    @invariant()
    def reports_tie(self) -> None:
        if not hasattr(self, "patients"):
            return
        today = clinic_today()
        for day in (*self.was, today):
            found = items(day)
            assert sum((item.amount for item in found), Decimal(0)) == on_ledger(day)
            assert all(item.cents > 0 for item in found if not item.side.endswith("credit"))
            buckets = all_of(day)
            assert buckets == self.was.get(day, buckets)
        listed = dict(collections_list(self.by, AskedList(days=0)).said)
        assert (listed["Difference"], listed["Left out by the filters"]) == ("0.00", "0.00")
        for group in GROUPS:
            report = received(self.by, AskedMoney(BEGAN.date(), today, group))
            assert dict(report.said)["Difference"] == "0.00"
            assert all(self.cash in row.cells for row in report.tables[-1].totals)
        balance = journal(self.by, AskedJournal(BEGAN.date(), today)).tables[0]
        assert [row.cells[-1] for row in balance.totals] in ([], [Decimal(0)])
        assert [row.cells[4] for row in productivity(BEGAN.date(), today).tables[-1].totals] in ([], [self.cash])


@pytest.mark.django_db
@pytest.mark.feature("H16")
@pytest.mark.feature("X27")
def test_every_report_is_the_ledger_on_every_day() -> None:
    run_state_machine_as_test(
        Months,
        settings=settings(
            max_examples=4, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
