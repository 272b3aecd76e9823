"""The print grid of the CMS-1500 (02/12): 80 columns of 10 to the inch by 64 rows of 6 to the inch.

Each cell has a box id ("1a", "24F.3", "33.zip"…), the row and column (1-based) of its first character, and its width
in characters. Rows and columns are those that public billing software prints on the red form, checked by eye on a
scan of it. Widths are the form's own field lengths where the paper has the room. Six lines of service stand on a
page.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

ROWS = 64
COLUMNS = 80
LINES_PER_PAGE = 6
DIAGNOSIS_LETTERS = "ABCDEFGHIJKL"


class Align(StrEnum):
    """Where a text shorter than its cell stands: money is set right, the rest left."""

    LEFT = "left"
    RIGHT = "right"


class Cell(NamedTuple):
    """One field of the paper."""

    box: str
    row: int
    column: int
    width: int
    align: Align = Align.LEFT


class CellError(ValueError):
    """A text that can't be printed in its box. ``text`` is what should have stood there.

    ``box`` is the cell's id; for service lines it ends in the line's number in the whole claim, not on its page.
    """

    def __init__(self, box: str, text: str, reason: str) -> None:
        super().__init__(box, text, reason)
        self.box = box
        self.text = text
        self.reason = reason

    def __str__(self) -> str:
        return f"Box {self.box} {self.reason}."


class Overflow(CellError):
    """A text longer than its cell: it is never cut."""

    def __init__(self, box: str, text: str, width: int) -> None:
        super().__init__(box, text, f"has room for {width} characters, and {text!r} has {len(text)}")
        self.width = width


class Unprintable(CellError):
    """A value that breaks a rule of content, or has characters that paper claims can't carry."""


_X, _NPI = 1, 10


def _date(box: str, row: int, month: int, year_width: int = 4, step: int = 3) -> Iterator[Cell]:
    yield Cell(f"{box}.month", row, month, 2)
    yield Cell(f"{box}.day", row, month + step, 2)
    yield Cell(f"{box}.year", row, month + 2 * step, year_width)


def _yes_no(box: str, row: int, yes: int, no: int) -> Iterator[Cell]:
    yield Cell(f"{box}.yes", row, yes, _X)
    yield Cell(f"{box}.no", row, no, _X)


def _top() -> Iterator[Cell]:
    for row, part in enumerate(("name", "attention", "street", "city"), start=2):
        yield Cell(f"carrier.{part}", row, 41, 39)
    kinds = {"medicare": 1, "medicaid": 8, "tricare": 15, "champva": 24, "group": 31, "feca": 39, "other": 45}
    for kind, column in kinds.items():
        yield Cell(f"1.{kind}", 8, column, _X)
    yield Cell("1a", 8, 50, 29)


def _people() -> Iterator[Cell]:
    yield Cell("2", 10, 1, 28)
    yield from _date("3", 10, 31)
    yield Cell("3.male", 10, 42, _X)
    yield Cell("3.female", 10, 47, _X)
    yield Cell("4", 10, 50, 29)
    for kind, column in {"self": 33, "spouse": 38, "child": 42, "other": 47}.items():
        yield Cell(f"6.{kind}", 12, column, _X)
    for box, left, right, street, city in (("5", 1, 26, 28, 24), ("7", 50, 74, 29, 23)):
        yield Cell(f"{box}.street", 12, left, street)
        yield Cell(f"{box}.city", 14, left, city)
        yield Cell(f"{box}.state", 14, right, 2)
        yield Cell(f"{box}.zip", 16, left, 10)
        yield Cell(f"{box}.area", 16, left + (14 if box == "5" else 15), 3)
        yield Cell(f"{box}.phone", 16, left + (18 if box == "5" else 19), 7)


def _coverage() -> Iterator[Cell]:
    yield Cell("9", 18, 1, 28)
    yield Cell("9a", 20, 1, 28)
    yield Cell("9d", 26, 1, 28)
    for row, part in ((20, "a"), (22, "b"), (24, "c")):
        yield from _yes_no(f"10{part}", row, 35, 41)
    yield Cell("10b.state", 22, 45, 2)
    yield Cell("10d", 26, 34, 15)
    yield Cell("11", 18, 50, 29)
    yield from _date("11a", 20, 53)
    yield Cell("11a.male", 20, 68, _X)
    yield Cell("11a.female", 20, 75, _X)
    yield Cell("11b.qualifier", 22, 50, 2)
    yield Cell("11b", 22, 53, 26)
    yield Cell("11c", 24, 50, 29)
    yield from _yes_no("11d", 26, 52, 57)
    yield Cell("12", 29, 7, 25)
    yield from _date("12.date", 29, 37)
    yield Cell("13", 29, 55, 24)


def _condition() -> Iterator[Cell]:
    yield from _date("14", 32, 2)
    yield Cell("14.qualifier", 32, 16, 3)
    yield Cell("15.qualifier", 32, 31, 3)
    yield from _date("15", 32, 37)
    for box, row in (("16", 32), ("18", 34)):
        yield from _date(f"{box}.from", row, 54)
        yield from _date(f"{box}.to", row, 68)
    yield Cell("17.qualifier", 34, 1, 3)
    yield Cell("17", 34, 4, 24)
    yield Cell("17a.qualifier", 33, 30, 2)
    yield Cell("17a", 33, 33, 14)
    yield Cell("17b", 34, 33, _NPI)
    yield Cell("19", 36, 1, 48)
    yield from _yes_no("20", 36, 52, 57)
    yield Cell("20.charge", 36, 63, 8, Align.RIGHT)
    yield Cell("21.indicator", 37, 42, 1)
    for n, letter in enumerate(DIAGNOSIS_LETTERS):
        yield Cell(f"21.{letter}", 38 + n // 4, 3 + 13 * (n % 4), 7)
    yield Cell("22", 38, 50, 10)
    yield Cell("22.reference", 38, 62, 18)
    yield Cell("23", 40, 50, 29)


def _service_line(n: int) -> Iterator[Cell]:
    shaded, row = 41 + 2 * n, 42 + 2 * n
    yield Cell(f"24.{n}.shaded", shaded, 1, 61)
    yield Cell(f"24I.{n}", shaded, 65, 2)
    yield Cell(f"24J.{n}.id", shaded, 68, 11)
    yield from _date(f"24A.{n}.from", row, 1, year_width=2)
    yield from _date(f"24A.{n}.to", row, 10, year_width=2)
    yield Cell(f"24B.{n}", row, 19, 2)
    yield Cell(f"24C.{n}", row, 23, 1)
    yield Cell(f"24D.{n}", row, 25, 7)
    for slot in range(4):
        yield Cell(f"24D.{n}.modifier{slot + 1}", row, 33 + 3 * slot, 2)
    yield Cell(f"24E.{n}", row, 45, 4)
    yield Cell(f"24F.{n}", row, 50, 8, Align.RIGHT)
    yield Cell(f"24G.{n}", row, 59, 3)
    yield Cell(f"24H.{n}", row, 63, 2)
    yield Cell(f"24J.{n}", row, 68, _NPI)


def _bottom() -> Iterator[Cell]:
    yield Cell("25", 56, 1, 15)
    yield Cell("25.ssn", 56, 17, _X)
    yield Cell("25.ein", 56, 19, _X)
    yield Cell("26", 56, 23, 14)
    yield from _yes_no("27", 56, 38, 43)
    yield Cell("28", 56, 52, 8, Align.RIGHT)
    yield Cell("29", 56, 62, 8, Align.RIGHT)
    yield Cell("33.area", 57, 66, 3)
    yield Cell("33.exchange", 57, 70, 3)
    yield Cell("33.number", 57, 74, 4)
    for row, part in enumerate(("name", "street", "city"), start=58):
        yield Cell(f"32.{part}", row, 23, 26)
        yield Cell(f"33.{part}", row, 50, 29)
    yield Cell("31", 60, 1, 21)
    yield from _date("31.date", 61, 6, year_width=2)
    yield Cell("32a", 61, 23, _NPI)
    yield Cell("32b.qualifier", 61, 36, 2)
    yield Cell("32b", 61, 38, 11)
    yield Cell("33a", 61, 50, _NPI)
    yield Cell("33b.qualifier", 61, 63, 2)
    yield Cell("33b", 61, 65, 14)


def _all_cells() -> Iterator[Cell]:
    yield from _top()
    yield from _people()
    yield from _coverage()
    yield from _condition()
    for n in range(1, LINES_PER_PAGE + 1):
        yield from _service_line(n)
    yield from _bottom()


CELLS: dict[str, Cell] = {cell.box: cell for cell in _all_cells()}
