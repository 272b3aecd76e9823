"""Lists that are counted: which page of how many."""

from __future__ import annotations

from dataclasses import dataclass

from emr.ui import formats


@dataclass(frozen=True)
class Place:
    """A page, from 1, of a list of ``count`` rows, ``size`` of them on each."""

    page: int
    count: int
    size: int

    @classmethod
    def of(cls, page: int, count: int, size: int) -> Place:
        """The page that was asked for; beyond the last it is the last."""
        return cls(min(max(page, 1), max(1, -(-count // size))), count, size)

    @property
    def pages(self) -> int:
        """How many pages there are: one of nothing, too."""
        return max(1, -(-self.count // self.size))

    @property
    def rows(self) -> slice:
        """Where its rows stand in the list."""
        return slice((self.page - 1) * self.size, self.page * self.size)

    @property
    def words(self) -> str:
        """``101 to 200 of 1,204``; empty where one page holds all."""
        if self.pages == 1:
            return ""
        first, last = self.rows.start + 1, min(self.rows.stop, self.count)
        return f"{formats.number(first)} to {formats.number(last)} of {formats.number(self.count)}"
