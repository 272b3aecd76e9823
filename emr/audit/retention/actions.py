"""Setting the policy, placing and lifting holds."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.models import LegalHold, Log, RetentionPolicy
from emr.audit.retention_models import LEAST_YEARS, MOST_YEARS
from emr.shared.errors import DomainError


@action
def set_retention(*, by: User, log: Log, years: int) -> RetentionPolicy:
    """Keep a log for so many years. Raises DomainError for fewer than the law's six."""
    if not LEAST_YEARS <= years <= MOST_YEARS:
        raise DomainError(f"Give between {LEAST_YEARS} and {MOST_YEARS} years.", field="years")
    policy = RetentionPolicy.objects.select_for_update().filter(log=log).first()
    if policy is None:
        return RetentionPolicy.objects.create(log=log, years=years, created_by=by)
    policy.years = years
    policy.save(update_fields=["years", "updated_at"])
    return policy


@action
def place_hold(*, by: User, reason: str, patient_id: UUID | None = None) -> LegalHold:
    """Keep a patient's entries, or with None all of them, from being purged until the hold is lifted."""
    if not reason.strip():
        raise DomainError("Say why, for example the matter and who asked.", field="reason")
    return LegalHold.objects.create(patient_id=patient_id, reason=reason.strip(), placed_by=by)


@action
def lift_hold(*, by: User, hold_id: UUID, reason: str) -> None:
    """End a hold. Raises DomainError when it is lifted already, or without a reason."""
    hold = LegalHold.objects.select_for_update().filter(pk=hold_id, lifted_at=None).first()
    if hold is None:
        raise DomainError("This hold is lifted already.")
    if not reason.strip():
        raise DomainError("Say why the hold ends.", field="reason")
    hold.lifted_at, hold.lifted_by, hold.lifted_reason = timezone.now(), by, reason.strip()
    hold.save(update_fields=["lifted_at", "lifted_by", "lifted_reason"])
