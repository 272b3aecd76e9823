"""Which day money is counted on."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection

from billing.models import DayClose
from emr.shared.dates import clinic_today

#: Constraint names by which the database says that a day was closed meanwhile.
DAY_IS_OPEN = "billing_day_is_open"


def open_day() -> date:
    """The day in whose totals money taken now stands: today on the clinic's wall clock, or, once today is closed, the
    first day after it that is open. A close that is under way is waited for, and can't begin before this transaction
    ends.
    """
    day = clinic_today()
    while True:
        hold_day(day)
        if not is_closed(day):
            return day
        day += timedelta(days=1)


def hold_day(day: date, *, closing: bool = False) -> None:
    """Keep a day as it is until this transaction ends: shared by those who add to it, alone for who closes it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT billing_hold_day(%s, %s)", [day, closing])


def is_closed(day: date) -> bool:
    """Whether the day's money is counted and locked."""
    return DayClose.objects.filter(business_date=day).exists()
