"""The clinic's own particulars."""

from __future__ import annotations

from typing import Any

from emr.accounts.models import Clinic, User
from emr.audit.action import action


@action
def save_clinic(*, by: User, **fields: Any) -> Clinic:
    """Set up the clinic, or change it. New prints and claims carry the change; submitted claims keep what they had."""
    clinic = Clinic.objects.select_for_update().first() or Clinic()
    for name, value in fields.items():
        setattr(clinic, name, value)
    clinic.save()
    return clinic
