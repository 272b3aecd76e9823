"""The log of security events as an officer reads it: newest first, a page at a time, by indexed columns only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from emr.audit.models import SecurityEvent, SecurityKind
from emr.audit.queries.entries import PAGE_SIZE


def security_events(
    *,
    user_id: UUID | None = None,
    kinds: Collection[SecurityKind] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    before: UUID | None = None,
) -> list[SecurityEvent]:
    """One page of events, older than the event ``before``, and one more that says there is a next page: one query.

    ``user_id`` finds what a person did and what was done to their account; ``until`` is exclusive.
    """
    found = SecurityEvent.objects.select_related("user", "target_user").order_by("-id")
    if user_id:
        found = found.filter(Q(user_id=user_id) | Q(target_user_id=user_id))
    if kinds:
        found = found.filter(kind__in=kinds)
    if since:
        found = found.filter(at__gte=since)
    if until:
        found = found.filter(at__lt=until)
    if before:
        found = found.filter(id__lt=before)
    return list(found[: PAGE_SIZE + 1])
