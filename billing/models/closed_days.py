"""Days whose money is counted and locked."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from emr.audit.registry import append_only, recorded
from emr.shared.records import Recorded

#: For the triggers of what is dated: waits for a close that is under way, then refuses a day that is closed.
DAY_IS_OPEN = """
    PERFORM billing_hold_day(NEW.business_date, false);
    IF EXISTS (SELECT FROM billing_dayclose WHERE business_date = NEW.business_date) THEN
        RAISE EXCEPTION 'The day % is closed.', NEW.business_date
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_day_is_open';
    END IF;
"""

#: A close is of a day that has come on the clinic's clock, and says what the day's payments say, to the cent.
_TIES = """
    IF NEW.business_date > (
        clock_timestamp() AT TIME ZONE coalesce((SELECT time_zone FROM accounts_clinic LIMIT 1), 'UTC')
    )::date THEN
        RAISE EXCEPTION 'The day % is still to come.', NEW.business_date
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_dayclose_has_come';
    END IF;
    PERFORM billing_hold_day(NEW.business_date, true);
    IF (NEW.payment_count, NEW.total, NEW.expected_cash) IS DISTINCT FROM (
        SELECT (count(*)::integer, coalesce(sum(amount), 0)::numeric(12,2),
                coalesce(sum(amount) FILTER (WHERE method = 'cash'), 0)::numeric(12,2))
        FROM billing_payment WHERE business_date = NEW.business_date
    ) THEN
        RAISE EXCEPTION 'The totals of % are not those of its payments.', NEW.business_date
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_dayclose_ties';
    END IF;
    RETURN NEW;
"""


@recorded(patient=None, words=("difference_reason",))
@append_only
class DayClose(Recorded):
    """The close of one day: what came in by method and by person, the cash as counted, what was still open.

    From then on the database takes no row for that day; what is found later is a row of a day that is open.
    ``totals`` and ``open_items`` are kept as they were shown.
    """

    business_date = models.DateField(unique=True)
    payment_count = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=12, decimal_places=2)
    expected_cash = models.DecimalField(max_digits=12, decimal_places=2)
    counted_cash = models.DecimalField(max_digits=12, decimal_places=2)
    difference_reason = models.CharField(max_length=200, blank=True)
    totals = models.JSONField(default=list)
    open_items = models.JSONField(default=list)

    class Meta:
        ordering = ["-business_date"]
        constraints = [
            models.CheckConstraint(
                name="billing_dayclose_difference",
                condition=Q(counted_cash=F("expected_cash")) | ~Q(difference_reason=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(name="ties", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_TIES),
        ]

    def __str__(self) -> str:
        return f"Close of {self.business_date}"
