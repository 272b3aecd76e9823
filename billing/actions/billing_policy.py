"""The clinic's policy of asking patients for money."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from billing.models import BillingPolicy
from billing.models.accounts import TIERS
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def set_billing_policy(*, by: User, **values: Any) -> BillingPolicy:
    """Write the policy, or parts of it by column. Raises DomainError for tiers that don't rise from day 0."""
    BillingPolicy.objects.get_or_create(singleton=True)
    row = BillingPolicy.objects.select_for_update().get()
    for name, value in values.items():
        setattr(row, name, value)
    days = list(row.tier_days)
    if len(days) != TIERS or days[0] != 0 or any(late <= early for early, late in pairwise(days)):
        raise DomainError("The first words are used from day 0; each further day is later than the one before.")
    row.save(update_fields=list(values))
    return row
