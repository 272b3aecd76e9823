"""Recording what happened to accounts, sessions and rights."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.context import current
from emr.audit.middleware import client_ip
from emr.audit.models import SecurityEvent, SecurityKind

__all__ = ["SecurityEvent", "SecurityKind", "record_security_event"]

#: Events of one kind from one address, by nobody in particular, that are kept within an hour; the rest is not written.
STRANGER_EVENTS_PER_HOUR = 30
#: The same from all addresses together.
STRANGER_EVENTS_PER_HOUR_IN_ALL = 3000


def record_security_event(
    kind: SecurityKind | str,
    *,
    user: User | None = None,
    request: HttpRequest | None = None,
    target: User | None = None,
    detail: str = "",
) -> SecurityEvent | None:
    """Write one event; None when a stranger has filled the hour's share already.

    ``user`` is who acted, by default the one who is logged in with ``request`` or on whose behalf the code runs.
    ``target`` is whose account it is about. ``detail`` says more in words of ours: never PHI, never typed text.
    """
    context = current()
    actor = user or _logged_in(request) or context.actor
    address = context.remote_addr or (client_ip(request) if request is not None else None)
    if actor is None and target is None and _share_is_used(SecurityKind(kind), address):
        return None
    return SecurityEvent.objects.create(
        kind=SecurityKind(kind),
        user=actor,
        target_user=target,
        remote_addr=address,
        request_id=context.request_id,
        detail=detail[:300],
    )


def _logged_in(request: HttpRequest | None) -> User | None:
    user = getattr(request, "user", None)
    return user if isinstance(user, User) else None


def _share_is_used(kind: SecurityKind, address: str | None) -> bool:
    """Whether nobody in particular caused enough events of this kind in the last hour."""
    hour_ago = timezone.now() - timedelta(hours=1)
    strangers = SecurityEvent.objects.filter(kind=kind, user=None, target_user=None, at__gt=hour_ago).order_by()
    if strangers.filter(remote_addr=address)[:STRANGER_EVENTS_PER_HOUR].count() >= STRANGER_EVENTS_PER_HOUR:
        return True
    return strangers[:STRANGER_EVENTS_PER_HOUR_IN_ALL].count() >= STRANGER_EVENTS_PER_HOUR_IN_ALL
