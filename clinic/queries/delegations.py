"""Who looks after whose work, and until when."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from clinic.models import Delegation
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.dates import clinic_today


def lasting(today: date) -> QuerySet[Delegation]:
    """The delegations that hold on a day."""
    return Delegation.objects.filter(period_start__lte=today, period_end__gte=today, entered_in_error_at=None)


def covered(delegate: UUID, today: date) -> QuerySet[Delegation, UUID]:
    """Whose work somebody does on a day: a column of keys."""
    return lasting(today).filter(delegate=delegate).order_by().values_list("user", flat=True)


def covering(user: User) -> dict[UUID, Delegation]:
    """For whom ``user`` stands in today, by the key of who is away. One query."""
    rows = lasting(clinic_today()).filter(delegate=user).select_related("user")
    return {row.user_id: row for row in rows}


def arranged_by(user: User) -> QuerySet[Delegation]:
    """Those of a person's own inbox, and for who looks after the people everybody's; the newest first."""
    rows = Delegation.objects.filter(entered_in_error_at=None).select_related("delegate", "user")
    own = rows if user.has_perm(Permission.MANAGE_PEOPLE) else rows.filter(user=user)
    return own.order_by("-period_start", "-created_at")
