"""What a practitioner's calendar link shows: that they are booked, and until when; nothing of anybody else."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from emr.accounts.models import Practitioner
from scheduling.actions.feeds import digest
from scheduling.choices import OCCUPYING, AppointmentStatus
from scheduling.icalendar import Event
from scheduling.models import Appointment, CalendarFeed

_PAST, _AHEAD = timedelta(days=30), timedelta(days=180)


def feed_of(practitioner: Practitioner) -> CalendarFeed | None:
    """The link that works now, if there is one."""
    return CalendarFeed.objects.filter(practitioner=practitioner, revoked_at=None).first()


def feed_by_secret(secret: str) -> CalendarFeed | None:
    """The link of a secret: not revoked, and of somebody who still works here."""
    rows = CalendarFeed.objects.filter(token_hash=digest(secret), revoked_at=None, practitioner__active=True)
    return rows.filter(Q(practitioner__user=None) | Q(practitioner__user__is_active=True)).first()


def events_of(feed: CalendarFeed) -> list[Event]:
    """The practitioner's booked times from a month ago to half a year ahead, in one query.

    A visit that was called off, moved or missed stays as cancelled, so that the calendar program takes it out.
    """
    now = timezone.now()
    rows = Appointment.objects.filter(
        practitioner=feed.practitioner_id, start_at__gte=now - _PAST, start_at__lt=now + _AHEAD
    )
    columns = ("pk", "start_at", "end_at", "created_at", "updated_at", "status", "type__name")
    return [
        Event(
            uid=_uid(feed, str(key)),
            start_at=start,
            end_at=end,
            changed_at=changed,
            sequence=int((changed - created).total_seconds()),
            status=_status(status),
            summary=f"Booked: {kind}" if feed.with_types else "Booked",
        )
        for key, start, end, created, changed, status, kind in rows.order_by("start_at", "pk").values_list(*columns)
    ]


def _uid(feed: CalendarFeed, key: str) -> str:
    """The same for the same visit, and without the link's hash nobody can tell of which."""
    return hashlib.sha256(f"{feed.token_hash} {key}".encode()).hexdigest()[:40]


def _status(status: str) -> str:
    if status not in OCCUPYING:
        return "CANCELLED"
    return "TENTATIVE" if status == AppointmentStatus.PENDING else "CONFIRMED"
