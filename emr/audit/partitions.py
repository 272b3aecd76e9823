"""The log of reads in one table for each month, parted by the time within its keys.

A question about a period reads only its months when it names the keys as well as the instants: :func:`keys_within`.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q


def first_key(moment: datetime) -> UUID:
    """The least key (UUIDv7) that a row written at that instant can have: none counts from before 1970."""
    return UUID(int=max(int(moment.timestamp() * 1000), 0) << 80)


def keys_within(start: datetime | None, end: datetime | None) -> Q:
    """A filter on ``id`` for rows written from ``start`` until before ``end``: lets PostgreSQL leave months out."""
    wanted = Q()
    if start is not None:
        wanted &= Q(id__gte=first_key(start))
    if end is not None:
        wanted &= Q(id__lt=first_key(end))
    return wanted


def keys_since(start: datetime) -> Q:
    """A filter on ``id`` that goes with ``at >= start``: leaves the months before out and never a row that fits.

    A key is made after the instant that its row bears. The other end has no such filter: what the sample clinic tells
    of its past is written today.
    """
    return keys_within(start, None)


def add_months(since: date, months: int) -> int:
    """Make the tables that are missing for so many months from ``since`` on; returns how many were made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_add_months(%s, %s)", [since, months])
        return int(cursor.fetchone()[0])
