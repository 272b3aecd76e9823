"""What the lists of a chart have in common: every row in words, in a fixed number of queries however long the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import QuerySet

from emr.shared.records import ErrableMixin
from emr.ui import formats

#: The longest list that a page shows. What is current comes first, so that only old history can lie beyond it.
LIMIT = 400
#: The columns that every row of a list is told from; a list adds its own. Who marked an error is read where one is.
SHOWN = ("patient", "display", "code", "entered_in_error_at", "entered_in_error_by", "entered_in_error_reason")
_NAMES = ("family_name", "given_name", "credentials")
E = TypeVar("E", bound=ErrableMixin)


@dataclass(frozen=True)
class ListRow:
    """One row in words.

    ``mark`` is what has to be said beside the first cell, ``remark`` the reason of its state: why a drug was stopped,
    and for a row entered in error who marked it, when and why; ``parts`` how many rows that stand belong to it.
    """

    key: str
    cells: tuple[str, ...]
    state: str
    tone: str = "neutral"
    active: bool = False
    errored: bool = False
    mark: str = ""
    remark: str = ""
    parts: int = 0

    @property
    def title(self) -> str:
        """The first cell: what the row is about."""
        return self.cells[0]


def of_errors(rows: QuerySet[E], standing: bool) -> QuerySet[E]:
    """With ``standing`` none that was entered in error; else all, and who marked one, read only where one was."""
    return rows.filter(entered_in_error_at=None) if standing else rows.prefetch_related("entered_in_error_by")


def people(role: str, names: Sequence[str] = _NAMES) -> Iterator[str]:
    """The columns of which the name of someone consists, for ``only()`` of a query that joins them."""
    return (f"{role}__{name}" for name in names)


def state_of(row: ErrableMixin, words: str) -> str:
    """The state in words; that it was an error outweighs all else."""
    return "Entered in error" if row.entered_in_error_at is not None else words


def error_of(row: ErrableMixin) -> str:
    """Who marked a row as entered in error, when, and why; empty for a row that stands."""
    if row.entered_in_error_at is None:
        return ""
    return f"{row.entered_in_error_reason} ({row.entered_in_error_by}, {formats.instant(row.entered_in_error_at)})"


def by_state(rows: Iterable[ListRow]) -> list[ListRow]:
    """Active rows first, then the others, errors last; otherwise in the order in which they came."""
    return sorted(rows, key=lambda row: (not row.active, row.errored))
