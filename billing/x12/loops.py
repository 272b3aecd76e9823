"""Cuts the segments of a message into its loops, one at a time."""

from collections.abc import Iterator

from billing.x12.notes import Notes
from billing.x12.segments import Segment

_HELD = 20_000


class Loops:
    """Walks through a message; ``current`` is the segment at hand, None at the end.

    A loop begins with a segment of ``starts``. A segment of ``vital`` is an error where it isn't expected; any other is
    noted there and passed over. Between two calls of :meth:`release` at most 20,000 segments are given, so that one
    endless claim can't fill the memory.
    """

    def __init__(
        self, segments: Iterator[Segment], notes: Notes, *, starts: frozenset[str], vital: frozenset[str]
    ) -> None:
        self.current = next(segments, None)
        self._segments = segments
        self._notes = notes
        self._starts = starts
        self._vital = vital
        self._held = 0

    def at(self, segment_id: str) -> bool:
        """Does a loop begin here with this segment?"""
        return self.current is not None and self.current.id == segment_id

    def release(self) -> None:
        """What was given so far is no longer held."""
        self._held = 0

    def head(self, inside: frozenset[str]) -> list[Segment]:
        """The segments before the first loop. Raises X12Error."""
        taken: list[Segment] = []
        while (segment := self.current) is not None and segment.id not in self._starts:
            if segment.id in inside:
                taken.append(self._hold(segment))
            elif segment.id in self._vital:
                raise segment.error(f"{segment.id} stands where it has no meaning.")
            else:
                self._notes.add(segment, f"{segment.id} is not known at this place and was passed over.")
            self.current = next(self._segments, None)
        return taken

    def take(self, inside: frozenset[str]) -> list[Segment]:
        """The segment at hand, which begins a loop, and those after it that belong to it. Raises X12Error."""
        if self.current is None:
            raise ValueError("The message has ended.")
        first = self._hold(self.current)
        self.current = next(self._segments, None)
        return [first, *self.head(inside)]

    def _hold(self, segment: Segment) -> Segment:
        self._held += 1
        if self._held > _HELD:
            raise segment.error(f"More than {_HELD} segments belong together.")
        return segment
