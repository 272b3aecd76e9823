"""Fee schedules: dated lists of what services cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction

from billing.models import FeeSchedule, FeeScheduleItem
from clinic.models import Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded
from emr.codes.coding import Coding
from emr.shared.errors import DomainError
from emr.shared.money import cents

_MOST_PERCENT = Decimal(100)
#: What a fee stays below, typed or from a file: a claim's line has room for no more.
MAX_FEE = Decimal(1_000_000)


@action
def add_fee_schedule(
    *, by: User, name: str, effective_from: date, effective_until: date | None = None, payer: Payer | None = None
) -> FeeSchedule:
    """A new list of fees. Raises DomainError when another list of the same payer is in force in that time."""
    if effective_until is not None and effective_until < effective_from:
        raise DomainError("A list can't end before it began.", field="effective_until")
    try:
        with transaction.atomic():
            return FeeSchedule.objects.create(
                created_by=by, name=name, payer=payer, effective_from=effective_from, effective_until=effective_until
            )
    except IntegrityError as error:
        raise _overlap(payer, "effective_from") from error


@action
def begin_version(
    *, by: User, schedule: FeeSchedule, effective_from: date, percent: Decimal = Decimal(0)
) -> FeeSchedule:
    """The next version of a list: its fees, raised by ``percent`` (or lowered), from a day on; the list itself ends the
    day before. What was charged stays as it was charged.

    Raises DomainError for a day that isn't after the list's first, or for which another version is there.
    """
    row = FeeSchedule.objects.select_for_update(of=("self",)).select_related("payer").get(pk=schedule.pk)
    if effective_from <= row.effective_from:
        raise DomainError("The next version begins after this one.", field="effective_from")
    if not percent.is_finite() or not -_MOST_PERCENT < percent <= _MOST_PERCENT:
        raise DomainError("Fees change by less than 100 percent.", field="percent")
    until = row.effective_until
    last = effective_from - timedelta(days=1)
    if until is None or until > last:
        row.effective_until = last
        row.save(update_fields=["effective_until", "updated_at"])
    made = add_fee_schedule(
        by=by,
        name=row.name,
        payer=row.payer,
        effective_from=effective_from,
        effective_until=until if until is not None and until >= effective_from else None,
    )
    bulk_create_recorded(
        [
            FeeScheduleItem(
                created_by=by,
                fee_schedule=made,
                system=fee.system,
                code=fee.code,
                display=fee.display,
                amount=cents(fee.amount * (100 + percent) / 100),
            )
            for fee in row.items.all()
        ]
    )
    return made


@action
def end_fee_schedule(*, by: User, schedule: FeeSchedule, effective_until: date) -> FeeSchedule:
    """Let a list end on a day, so that the next can begin on the day after. Raises DomainError for a day before its
    first, and for one on which another list of the same payer is in force.
    """
    row = FeeSchedule.objects.select_for_update(of=("self",)).select_related("payer").get(pk=schedule.pk)
    if effective_until < row.effective_from:
        raise DomainError("A list can't end before it began.", field="effective_until")
    row.effective_until = effective_until
    try:
        with transaction.atomic():
            row.save(update_fields=["effective_until", "updated_at"])
    except IntegrityError as error:
        raise _overlap(row.payer, "effective_until") from error
    return row


@action
def set_fee(*, by: User, schedule: FeeSchedule, coding: Coding, amount: Decimal) -> FeeScheduleItem:
    """Set the fee of one service. Raises DomainError for an amount that no line of a claim has room for."""
    if not amount.is_finite() or not 0 <= amount < MAX_FEE:
        raise DomainError("A fee is from 0 to less than a million.", field="amount")
    FeeSchedule.objects.select_for_update().get(
        pk=schedule.pk
    )  # of two who set the same new fee, the second changes it
    row = FeeScheduleItem.objects.filter(fee_schedule=schedule, system=coding.system, code=coding.code).first()
    if row is None:
        return FeeScheduleItem.objects.create(
            created_by=by,
            fee_schedule=schedule,
            system=coding.system,
            code=coding.code,
            display=coding.display,
            amount=cents(amount),
        )
    row.display, row.amount = coding.display, cents(amount)
    row.save(update_fields=["display", "amount", "updated_at"])
    return row


def _overlap(payer: Payer | None, field: str) -> DomainError:
    whose = f"{payer.name}'s" if payer else "The clinic's own"
    return DomainError(f"{whose} fees are already listed for part of that time. End the other list first.", field=field)
