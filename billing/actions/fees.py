"""Fee schedules: dated lists of what services cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction

from billing.models import FeeSchedule, FeeScheduleItem
from clinic.models import Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.errors import DomainError
from emr.shared.money import cents


@action
def add_fee_schedule(
    *, by: User, name: str, effective_from: date, effective_until: date | None = None, payer: Payer | None = None
) -> FeeSchedule:
    """A new list of fees. Raises DomainError when another list of the same payer is in force in that time."""
    try:
        with transaction.atomic():
            return FeeSchedule.objects.create(
                created_by=by, name=name, payer=payer, effective_from=effective_from, effective_until=effective_until
            )
    except IntegrityError as error:
        whose = f"{payer.name}'s" if payer else "The clinic's own"
        raise DomainError(
            f"{whose} fees are already listed for part of that time. End the other list first.", field="effective_from"
        ) from error


@action
def end_fee_schedule(*, by: User, schedule: FeeSchedule, effective_until: date) -> FeeSchedule:
    """Let a list end on a day, so that the next can begin on the day after."""
    row = FeeSchedule.objects.select_for_update().get(pk=schedule.pk)
    if effective_until < row.effective_from:
        raise DomainError("A list can't end before it began.", field="effective_until")
    row.effective_until = effective_until
    row.save(update_fields=["effective_until", "updated_at"])
    return row


@action
def set_fee(*, by: User, schedule: FeeSchedule, coding: Coding, amount: Decimal) -> FeeScheduleItem:
    """Set the fee of one service. Raises DomainError for a negative amount."""
    if amount < 0:
        raise DomainError("A fee can't be negative.", field="amount")
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
