"""The story as a list of things that happen at moments; told in their order, whatever order they were thought up in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

from demo import clock

Happening = Callable[[], object]


class Timeline:
    """Things to happen. One that happens may add others, at its own moment or later."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Happening]] = []
        self._order = count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, moment: datetime, happening: Happening) -> None:
        """Let something happen at a moment; two of one moment happen in the order in which they were added."""
        heappush(self._heap, (moment, next(self._order), happening))

    def tell(self, *, said_at: Callable[[datetime], datetime], on_step: Callable[[int, int], None]) -> None:
        """Let everything happen, each under the story's clock. ``said_at`` gives the instant that stands in the rows.

        ``on_step`` gets how many happened and how many are known of.
        """
        done = 0
        while self._heap:
            moment, _, happening = heappop(self._heap)
            with clock.at(said_at(moment)):
                happening()
            done += 1
            on_step(done, done + len(self._heap))
