"""Calendar links made and revoked. The secret part is given out once; only its hash is kept."""

from __future__ import annotations

import hashlib
import secrets

from django.utils import timezone

from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from scheduling.models import CalendarFeed

_SECRET_BYTES = 32


def digest(secret: str) -> str:
    """What is kept of a secret. It is as long as a key, so that a plain hash can't be tried out."""
    return hashlib.sha256(secret.encode()).hexdigest()


@action
def make_feed(*, by: User, practitioner: Practitioner, with_types: bool = False) -> str:
    """Make a practitioner's calendar link and give its secret part, which nobody is told again.

    An earlier link stops working. ``with_types`` lets the calendar say the kind of visit.
    """
    Practitioner.objects.select_for_update(no_key=True).get(pk=practitioner.pk)
    revoke_feed(by=by, practitioner=practitioner)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    CalendarFeed.objects.create(
        created_by=by, practitioner=practitioner, token_hash=digest(secret), with_types=with_types
    )
    return secret


@action
def revoke_feed(*, by: User, practitioner: Practitioner) -> None:
    """Let a practitioner's calendar link work no more. Without one nothing happens."""
    for row in CalendarFeed.objects.select_for_update().filter(practitioner=practitioner, revoked_at=None):
        row.revoked_at, row.revoked_by = timezone.now(), by
        row.save(update_fields=["revoked_at", "revoked_by", "updated_at"])
