"""Reads a printed claim back by grid cell: what a payer's reader of paper would see.

It takes each character from where the PDF draws it (PDFium), not from how we wrote it, so that tests and self-checks
judge the print itself. Characters of other fonts than Courier (the review form's labels) are left out. About 15 ms a
page.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from billing.cms1500.grid import CELLS, COLUMNS, ROWS
from billing.cms1500.points import BASELINE_RISE, COLUMN_WIDTH, LEFT, PAGE_HEIGHT, ROW_HEIGHT, TOP, Margins

_DATA_FONT = b"Courier"
_TOLERANCE = 0.1  # of a column or a row


class OffGridError(ValueError):
    """A character that stands on no cell of the grid: printed with other margins, or not one of our prints."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page as read: ``boxes`` by box id, ``cells`` by row and column of their first character.

    Empty ones are left out. ``stray`` has the characters that stand on the grid but in no box.
    """

    boxes: dict[str, str]
    cells: dict[tuple[int, int], str]
    stray: dict[tuple[int, int], str]


def read(pdf: bytes | Path, *, margins: Margins | None = None) -> Iterator[ReadPage]:
    """The pages of a PDF in order, read as they are asked for. ``margins`` are those it was printed with.

    Raises OffGridError when text doesn't stand on the grid, pypdfium2.PdfiumError when it isn't a PDF.
    """
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield _page(_characters(page, margins or Margins()))
            page.close()
    finally:
        document.close()


def _page(characters: dict[tuple[int, int], str]) -> ReadPage:
    boxes: dict[str, str] = {}
    cells: dict[tuple[int, int], str] = {}
    for box, cell in CELLS.items():
        places = [(cell.row, cell.column + n) for n in range(cell.width)]
        text = "".join(characters.get(place, " ") for place in places)
        if stripped := text.strip():
            boxes[box] = stripped
            cells[cell.row, cell.column + len(text) - len(text.lstrip())] = stripped
        for place in places:
            characters.pop(place, None)
    stray = {place: char for place, char in characters.items() if char != " "}
    return ReadPage(boxes, cells, stray)


def _characters(page: pypdfium2.PdfPage, margins: Margins) -> dict[tuple[int, int], str]:
    text = page.get_textpage()
    x, y = ctypes.c_double(), ctypes.c_double()
    font = ctypes.create_string_buffer(64)
    flags = ctypes.c_int()
    found: dict[tuple[int, int], str] = {}
    for index in range(text.count_chars()):
        if pdfium.FPDFText_IsGenerated(text, index):
            continue
        pdfium.FPDFText_GetFontInfo(text, index, font, len(font), flags)
        if font.value != _DATA_FONT:
            continue
        pdfium.FPDFText_GetCharOrigin(text, index, x, y)
        # PDFium takes a hyphen at the end of a row for a divided word, and says so in place of the hyphen.
        char = "-" if pdfium.FPDFText_IsHyphen(text, index) == 1 else chr(pdfium.FPDFText_GetUnicode(text, index))
        found[_place(x.value - margins.left, PAGE_HEIGHT - y.value - margins.top, char)] = char
    text.close()
    return found


def _place(x: float, y: float, char: str) -> tuple[int, int]:
    column = (x - LEFT) / COLUMN_WIDTH + 1
    row = (y + BASELINE_RISE - TOP) / ROW_HEIGHT
    place = round(row), round(column)
    off = abs(row - place[0]) > _TOLERANCE or abs(column - place[1]) > _TOLERANCE
    if off or not (1 <= place[0] <= ROWS and 1 <= place[1] <= COLUMNS):
        raise OffGridError(f"{char!r} stands at row {row:.2f}, column {column:.2f}, which is no cell of the grid")
    return place
