"""Reports as tables: the same cells on the screen, on paper and in the file, so that they can't differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from clinic.access import visible_to
from clinic.models import Patient, Payer
from emr.accounts.models import Practitioner, User
from emr.ui import formats

#: A word, a count, an amount of money (Decimal), a measure with one decimal (float), or nothing.
Cell = str | int | float | Decimal | None

#: A filter that is on, as the component takes it: ``label``, ``url``, ``current``.
Chip = dict[str, str | bool]

#: The line that sums what belongs to charts of which the reader may not know, so that every total still ties.
RESTRICTED = "Restricted charts"
NO_PRACTITIONER = "No practitioner"


@dataclass(frozen=True)
class Column:
    """A heading; ``words`` for a column of words, which stand at the left."""

    label: str
    words: bool = False


@dataclass(frozen=True)
class Row:
    """One line. ``links`` lead from cells, by their place; ``patient`` is whom it names."""

    cells: tuple[Cell, ...]
    links: Mapping[int, str] = field(default_factory=dict)
    patient: UUID | None = None

    @property
    def shown(self) -> list[str]:
        """The cells as the screen has them."""
        return [shown(cell) for cell in self.cells]


@dataclass(frozen=True)
class Table:
    """A table with its totals. ``slug`` names it in the address of its file, ``note`` says what its figures mean."""

    slug: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    totals: Sequence[Row] = ()
    note: str = ""

    @property
    def lines(self) -> list[Row]:
        """All lines of the file."""
        return [*self.rows, *self.totals]


@dataclass(frozen=True)
class Report:
    """A page of tables; ``said`` are facts above them, ``filters`` what it is narrowed to, with the way back."""

    tables: tuple[Table, ...]
    said: tuple[tuple[str, str], ...] = ()
    filters: tuple[Chip, ...] = ()

    def table(self, slug: str | None) -> Table | None:
        """The table of that name; without one the last, which is the one that a reader chose."""
        return next((one for one in self.tables if one.slug == slug), None) if slug else self.tables[-1]


def shown(cell: Cell) -> str:
    """A cell as the screen has it; the file has the same number without commas."""
    if isinstance(cell, Decimal):
        return formats.money(cell)
    if isinstance(cell, float):
        return f"{cell:.1f}"
    return "" if cell is None else str(cell)


def in_file(cell: Cell) -> Cell:
    """A cell as the file has it: as many decimals as on the screen."""
    if isinstance(cell, Decimal):
        return cell.quantize(Decimal("0.01"))
    return round(cell, 1) if isinstance(cell, float) else cell


def words(*labels: str) -> tuple[Column, ...]:
    """Columns of words."""
    return tuple(Column(label, words=True) for label in labels)


def numbers(*labels: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(label) for label in labels)


def known_patients(user: User, keys: Iterable[UUID | None]) -> dict[UUID, Patient]:
    """Those of these patients of whom the reader may know. One query."""
    asked = {key for key in keys if key}
    return {row.pk: row for row in visible_to(user).filter(pk__in=asked).order_by()} if asked else {}


def practitioner_names(keys: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """What practitioners are called on the schedule, in full where two are called the same there; those without one
    too. One query.
    """
    rows = list(Practitioner.objects.filter(pk__in={key for key in keys if key}).order_by())
    short = Counter(row.short_name for row in rows)
    names = {row.pk: row.short_name if short[row.short_name] == 1 else str(row) for row in rows}
    return {None: NO_PRACTITIONER} | names


def payer_names(keys: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """What payers are called. One query."""
    return dict(Payer.objects.filter(pk__in={key for key in keys if key}).order_by().values_list("pk", "name"))


def added(rows: Iterable[Sequence[Cell]], first: int) -> tuple[Cell, ...]:
    """The sums of columns from ``first`` on; of no rows nothing."""
    columns = list(zip(*(row[first:] for row in rows), strict=True))
    return tuple(sum((cell for cell in column if isinstance(cell, int | Decimal)), start=0) for column in columns)
