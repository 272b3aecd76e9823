"""Standing in for a colleague who is away: begun, ended."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import IntegrityError, transaction

from clinic.actions.errors import enter_in_error
from clinic.models import Delegation
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError


@action
def delegate_inbox(
    *, by: User, user: User, delegate: User, period_start: date, period_end: date, note: str = ""
) -> Delegation:
    """Let ``delegate`` do the work of ``user``'s inbox, from the first day to the last.

    Raises DomainError for a time that is over or upside down, for a second one at the same time, where one of the two
    is away while they should stand in, and for somebody else's inbox unless ``by`` looks after the people here.
    """
    if user.pk != by.pk and not by.has_perm(Permission.MANAGE_PEOPLE):
        raise DomainError("Only a manager arranges this for somebody else.", field="user")
    if user.pk == delegate.pk:
        raise DomainError("Choose somebody else to stand in.", field="delegate")
    if period_end < period_start:
        raise DomainError("The last day is before the first.", field="period_end")
    if period_end < clinic_today():
        raise DomainError("This time is over already.", field="period_end")
    _check_reach(user, delegate)
    _check_chain(user, delegate, period_start, period_end)
    try:
        with transaction.atomic():
            return Delegation.objects.create(
                created_by=by,
                user=user,
                delegate=delegate,
                period_start=period_start,
                period_end=period_end,
                note=note.strip()[:200],
            )
    except IntegrityError as error:
        if "clinic_delegation_one" not in str(error):
            raise
        raise DomainError("Somebody stands in on these days already. End that first.", field="period_start") from error


@action
def end_delegation(*, by: User, delegation: Delegation) -> Delegation:
    """Be back: yesterday was its last day. One that has not lasted a day yet is taken back. Over, it stays as it is."""
    row = Delegation.objects.select_for_update().get(pk=delegation.pk)
    if row.user_id != by.pk and not by.has_perm(Permission.MANAGE_PEOPLE):
        raise DomainError("Only a manager ends this for somebody else.")
    today = clinic_today()
    if row.entered_in_error_at is not None or row.period_end < today:
        return row
    if row.period_start >= today:
        return enter_in_error(by=by, row=row, reason="Taken back before it lasted a day")
    row.period_end = today - timedelta(days=1)
    row.save(update_fields=["period_end", "updated_at"])
    return row


def _check_chain(user: User, delegate: User, start: date, end: date) -> None:
    """Nobody's work goes to somebody who is away as well: it would wait unseen."""
    list(User.objects.select_for_update().filter(pk__in=[user.pk, delegate.pk]).order_by("pk"))
    then = Delegation.objects.filter(period_start__lte=end, period_end__gte=start, entered_in_error_at=None)
    if then.filter(user=delegate).exists():
        raise DomainError(f"{delegate} is away on some of these days. Choose somebody who is there.", field="delegate")
    covered = then.filter(delegate=user).select_related("user").first()
    if covered is not None:
        raise DomainError(
            f"{user} stands in for {covered.user} on some of these days. A manager finds somebody else for that first.",
            field="period_start",
        )


def _check_reach(user: User, delegate: User) -> None:
    """Who decides on results and refills is stood in for by somebody who may."""
    if not delegate.is_active or delegate.is_service:
        raise DomainError("Choose somebody who works here.", field="delegate")
    if user.has_perm(Permission.SIGN_NOTES) and not delegate.has_perm(Permission.SIGN_NOTES):
        raise DomainError(f"{delegate} can't decide on results and refills. Choose a clinician.", field="delegate")
