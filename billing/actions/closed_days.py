"""Closing a day: its money is counted, what was open is written down, and the database takes no more of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from billing.actions.ledger import Line, post
from billing.choices import LedgerAccount, TransactionKind
from billing.models import DayClose, Payment
from billing.queries.business_days import hold_day, is_closed
from billing.queries.ledger import to_cents
from billing.queries.open_items import open_items
from billing.queries.payments_day import sums_of
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.ui import formats


@action
def close_day(
    *,
    by: User,
    business_date: date,
    counted_cash: Decimal,
    payments_seen: int,
    difference_reason: str = "",
) -> DayClose:
    """Close a day for good. A difference between the cash and the books is written to the ledger with its reason.

    ``payments_seen`` is the number of payments that the page showed: Conflict when one came meanwhile, or when the day
    is closed already. Raises DomainError for a day that is still to come and for a difference without a reason.
    """
    if business_date > clinic_today():
        raise DomainError("A day is closed when it has come.")
    hold_day(business_date, closing=True)
    if is_closed(business_date):
        raise Conflict(
            f"{formats.day(business_date)} is closed already. What is found later goes on a day that is open."
        )
    sums = sums_of(Payment.objects.filter(business_date=business_date))
    if sums.count != payments_seen:
        raise Conflict("A payment came while this page was open. Look at the new totals, count, and close again.")
    difference = counted_cash - sums.cash
    if difference and not difference_reason.strip():
        word = "more" if difference > 0 else "less"
        said = f"The drawer holds ${formats.money(abs(difference))} {word} than was taken in cash. Say why."
        raise DomainError(said, field="difference_reason")
    _write_difference(by, business_date, difference, difference_reason.strip())
    return DayClose.objects.create(
        created_by=by,
        business_date=business_date,
        payment_count=sums.count,
        total=sums.total,
        expected_cash=sums.cash,
        counted_cash=counted_cash,
        difference_reason=difference_reason.strip() if difference else "",
        totals=[row.to_data() for row in sums.rows],
        open_items=[item.to_data() for item in open_items(business_date)],
    )


def _write_difference(by: User, day: date, difference: Decimal, reason: str) -> None:
    if not difference:
        return
    cents = to_cents(difference)
    post(
        by=by,
        kind=TransactionKind.OVER_SHORT,
        business_date=day,
        lines=[Line(LedgerAccount.FUNDS, cents), Line(LedgerAccount.OVER_SHORT, -cents)],
        reason=reason,
    )
