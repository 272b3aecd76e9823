"""Screens of the waiting room: named, opened once by a link, revoked. Only hashes of the secrets are kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.models import WaitingDisplay

LINK_LIFE = timedelta(hours=1)
#: How exact it is known when a screen last asked.
_SEEN_EVERY = timedelta(minutes=1)
_SECRET_BYTES = 32
#: A link may have to be typed with a television's remote control: no two characters look alike.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def digest(secret: str) -> bytes:
    """What is kept of a link's code and of a screen's secret."""
    return hashlib.sha256(secret.encode()).digest()


@action
def add_display(*, by: User, name: str) -> str:
    """Make a screen and give its link's code, which nobody is told again. It works once, within an hour.

    Raises DomainError for the name of a screen that is in use.
    """
    if WaitingDisplay.objects.filter(name__iexact=name.strip(), revoked_at=None).exists():
        raise DomainError("A screen of this name is in use. Revoke it first, or choose another name.", field="name")
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    WaitingDisplay.objects.create(
        created_by=by, name=name.strip(), link_hash=digest(code), link_expires_at=timezone.now() + LINK_LIFE
    )
    return code


@action
def open_display(*, by: User, code: str) -> str:
    """Use a link up and give the screen's own secret. Raises DomainError for a link that doesn't work (any more)."""
    row = WaitingDisplay.objects.select_for_update().filter(link_hash=digest(code), revoked_at=None).first()
    if row is None or row.link_expires_at <= timezone.now():
        raise DomainError("This link doesn't work: it was used already, or its hour is over.")
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    row.link_hash, row.secret_hash, row.opened_at = None, digest(secret), timezone.now()
    row.save(update_fields=["link_hash", "secret_hash", "opened_at", "updated_at"])
    return secret


@action
def revoke_display(*, by: User, display: WaitingDisplay) -> None:
    """Let a screen show nothing any more. A second time changes nothing."""
    row = WaitingDisplay.objects.select_for_update().get(pk=display.pk)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = timezone.now(), by
        row.save(update_fields=["revoked_at", "revoked_by", "updated_at"])


@action
def see_display(*, by: User, display: WaitingDisplay) -> None:
    """Keep that a screen asked, to the minute."""
    now = timezone.now()
    if display.seen_at is None or now - display.seen_at >= _SEEN_EVERY:
        display.seen_at = now
        display.save(update_fields=["seen_at"])
