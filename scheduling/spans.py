"""Stretches of time: put together, cut out of each other, laid out in steps. Knows nothing of visits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

#: Visits begin on the full five minutes; clocks differ from UTC by whole quarters of an hour.
STEP = timedelta(minutes=5)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """A stretch of time, its end outside."""

    start: datetime
    end: datetime

    def overlaps(self, other: Span) -> bool:
        """Whether they have a moment in common."""
        return self.start < other.end and other.start < self.end

    def holds(self, other: Span) -> bool:
        """Whether the other one lies wholly within."""
        return self.start <= other.start and other.end <= self.end

    def part(self, other: Span) -> Span:
        """What they have in common; it ends before it begins where that is nothing."""
        return Span(max(self.start, other.start), min(self.end, other.end))


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as can be, in order: those that touch become one, empty ones go."""
    found: list[Span] = []
    for span in sorted(spans):
        if span.start >= span.end:
            continue
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def less(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The spans without what is taken. Ends are kept in UTC, so that adding minutes adds minutes."""
    left = [Span(span.start.astimezone(UTC), span.end.astimezone(UTC)) for span in spans]
    for gone in taken:
        left = [part for span in left for part in _cut(span, gone)]
    return left


def crowded(spans: Iterable[Span], capacity: int) -> list[Span]:
    """When at least ``capacity`` of the spans run at one time."""
    if capacity == 1:
        return merged(spans)
    changes = sorted(change for span in spans for change in ((span.start, 1), (span.end, -1)))
    found, running, since = [], 0, None
    for moment, change in changes:
        running += change
        if since is None and running >= capacity:
            since = moment
        elif since is not None and running < capacity:
            found.append(Span(since, moment))
            since = None
    return merged(found)


def steps(span: Span, length: timedelta, pause: timedelta) -> Iterator[datetime]:
    """Where stretches of ``length`` begin that are laid into the span one after the other, ``pause`` between them."""
    start = span.start + (_EPOCH - span.start) % STEP
    while start + length <= span.end:
        yield start
        start += length + pause


def _cut(span: Span, gone: Span) -> Iterator[Span]:
    if gone.end <= span.start or span.end <= gone.start:
        yield span
        return
    if span.start < gone.start:
        yield Span(span.start, gone.start.astimezone(UTC))
    if gone.end < span.end:
        yield Span(gone.end.astimezone(UTC), span.end)
