"""Invitations that wait."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from emr.accounts.models import Invitation, User


def pending_invitations() -> QuerySet[Invitation]:
    """Invitations that were neither accepted nor withdrawn, the oldest first: one query."""
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None).select_related("user").order_by("invited_at")


def open_invitation(user: User, *, lock: bool = False) -> Invitation | None:
    """A person's invitation that waits, or None."""
    found = Invitation.objects.filter(user=user, accepted_at=None, withdrawn_at=None)
    return (found.select_for_update() if lock else found).first()


def invitation_by_hash(token_hash: str) -> Invitation | None:
    """The invitation whose link still works, or None."""
    found = Invitation.objects.filter(
        token_hash=token_hash, accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )
    return found.select_related("user").first() if token_hash else None
