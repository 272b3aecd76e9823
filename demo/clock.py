"""The sample clinic's own clock: a year is told in a minute, and each row carries the moment of its story.

Every instant of the record comes from ``django.utils.timezone.now``: the actions ask it, and so does ``auto_now_add``.
While the sample clinic is written, that one function tells the story's time. Nothing else does this: real work always
runs on the real clock, so no action needs a parameter for the time at which a row is made. The log of changes holds a
reference of its own to the real clock and is not fooled: it says when the sample was written. The few reads that the
story tells of carry its time, as if they had happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Run a block as if it were ``moment``, in this process.

    Raises ValueError for a moment without a zone.
    """
    if timezone.is_naive(moment):
        raise ValueError("The story's moments carry their zone.")
    real = timezone.now
    timezone.now = lambda: moment
    try:
        yield
    finally:
        timezone.now = real
