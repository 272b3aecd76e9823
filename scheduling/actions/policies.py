"""Whether visits may stand beside each other: rules set and withdrawn."""

from __future__ import annotations

from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.choices import DoubleBooking
from scheduling.models import AppointmentType, DoubleBookingPolicy

_MOST = 20


@action
def set_policy(
    *,
    by: User,
    practitioner: Practitioner | None,
    type: AppointmentType | None,  # noqa: A002  # the field's name
    rule: DoubleBooking | str,
    maximum: int = 1,
) -> DoubleBookingPolicy:
    """Say how many visits may stand at one time, for a practitioner, a type, both, or the whole clinic.

    The rule that was there for the same is changed. Visits that stand keep standing. Raises DomainError for a number
    that the rule doesn't go with.
    """
    rule = DoubleBooking(rule)
    if rule == DoubleBooking.FORBID:
        maximum = 1
    elif not 2 <= maximum <= _MOST:
        raise DomainError(f"From 2 to {_MOST} visits may stand at one time.", field="maximum")
    # One lock for all rules: two people who set the same one don't both add it.
    list(DoubleBookingPolicy.objects.select_for_update().order_by("pk"))
    row = DoubleBookingPolicy.objects.filter(practitioner=practitioner, type=type, withdrawn=False).first()
    if row is None:
        return DoubleBookingPolicy.objects.create(
            created_by=by, practitioner=practitioner, type=type, rule=rule, maximum=maximum
        )
    row.rule, row.maximum = rule, maximum
    row.save(update_fields=["rule", "maximum", "updated_at"])
    return row


@action
def withdraw_policy(*, by: User, policy: DoubleBookingPolicy) -> DoubleBookingPolicy:
    """Let the next less specific rule hold again. A second time changes nothing."""
    row = DoubleBookingPolicy.objects.select_for_update().get(pk=policy.pk)
    if not row.withdrawn:
        row.withdrawn = True
        row.save(update_fields=["withdrawn", "updated_at"])
    return row
