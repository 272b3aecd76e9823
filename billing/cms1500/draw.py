"""Prints claims: data alone for the red form, or on a drawn form for people to read.

Courier 12 pt on letter paper. One of the fonts every PDF viewer has, so none is embedded; all text is ASCII
(content.plain).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

import pydyf

from billing.cms1500 import review
from billing.cms1500.fill import Placed
from billing.cms1500.form import Form1500
from billing.cms1500.grid import CellError
from billing.cms1500.paginate import Page, cells
from billing.cms1500.pdf_stream import PdfStream, compressed
from billing.cms1500.points import BASELINE_RISE, PAGE_HEIGHT, Margins, column_x, row_top

__all__ = ["FormError", "Margins", "Style", "render"]

FONT_SIZE = 12


class Style(StrEnum):
    """What is printed: the data for pre-printed paper, or with our own drawn form, which no payer takes."""

    DATA_ONLY = "data-only"
    REVIEW = "review"


class FormError(ValueError):
    """A claim can't be printed; ``account_number`` (box 26) and ``index`` (from 0) say which, ``cause`` why."""

    def __init__(self, form: Form1500, index: int, cause: CellError) -> None:
        super().__init__(f"The claim with account number {form.account_number!r} can't be printed. {cause}")
        self.account_number = form.account_number
        self.index = index
        self.cause = cause


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What all pages of a file share."""

    resources: int
    margins: Margins
    style: Style


def render(
    forms: Iterable[Form1500],
    *,
    out: BinaryIO,
    style: Style = Style.DATA_ONLY,
    margins: Margins | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write all claims into one PDF on ``out``; returns the number of pages.

    ``forms`` is read one at a time and nothing is kept, so it may be a generator over thousands. ``on_progress`` is
    called with the number of claims done after each. The same forms give the same bytes. Raises FormError for a claim
    that can't be printed whole; what was written until then is no PDF, throw it away. Raises
    ValueError when there is no claim at all.
    """
    pdf = PdfStream(out)
    sheet = _Sheet(_resources(pdf, style), margins or Margins(), style)
    count = 0
    for index, form in enumerate(forms):
        pages = _pages(form, index)
        for number, page in enumerate(pages, start=1):
            pdf.add_page(_content(page, sheet, f"Page {number} of {len(pages)}"), sheet.resources)
        count += len(pages)
        if on_progress is not None:
            on_progress(index + 1)
    if not count:
        raise ValueError("There is no claim to print: a PDF has at least one page.")
    pdf.close(title="CMS-1500" if style is Style.DATA_ONLY else "CMS-1500, review copy")
    return count


def _pages(form: Form1500, index: int) -> list[Page]:
    try:
        return cells(form)
    except CellError as error:
        raise FormError(form, index, error) from error


def _resources(pdf: PdfStream, style: Style) -> int:
    fonts = {"C": _font(pdf, "Courier")}
    resources: dict[str, object] = {}
    if style is Style.REVIEW:
        fonts |= {"H": _font(pdf, "Helvetica"), "B": _font(pdf, "Helvetica-Bold")}
        resources["XObject"] = pydyf.Dictionary({"Form": _reference(pdf.add(_drawn_form(fonts)))})
    resources["Font"] = pydyf.Dictionary(fonts)
    return pdf.add(pydyf.Dictionary(resources))


def _drawn_form(fonts: dict[str, str]) -> pydyf.Stream:
    """The empty form, drawn once a file and shown under the data of each page."""
    box = pydyf.Array([0, 0, 612, 792])
    own = pydyf.Dictionary({"Font": pydyf.Dictionary(fonts)})
    return compressed(review.drawing(), {"Type": "/XObject", "Subtype": "/Form", "BBox": box, "Resources": own})


def _font(pdf: PdfStream, name: str) -> str:
    font = {"Type": "/Font", "Subtype": "/Type1", "BaseFont": f"/{name}", "Encoding": "/WinAnsiEncoding"}
    return _reference(pdf.add(pydyf.Dictionary(font)))


def _reference(number: int) -> str:
    return f"{number} 0 R"


def _content(page: Page, sheet: _Sheet, page_words: str) -> bytes:
    return b"\n".join(_operators(page, sheet, page_words))


def _operators(page: Page, sheet: _Sheet, page_words: str) -> Iterator[bytes]:
    if sheet.style is Style.REVIEW:
        yield f"q 1 0 0 1 {sheet.margins.left:.2f} {-sheet.margins.top:.2f} cm /Form Do".encode()
        yield review.page_line(page_words)
        yield b"Q"
    yield f"BT /C {FONT_SIZE} Tf".encode()
    for placed in page.values():
        yield _show(placed, sheet.margins)
    yield b"ET"


def _show(placed: Placed, margins: Margins) -> bytes:
    x = column_x(placed.column) + margins.left
    y = PAGE_HEIGHT - (row_top(placed.row + 1) - BASELINE_RISE + margins.top)
    escaped = placed.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"1 0 0 1 {x:.2f} {y:.2f} Tm ({escaped}) Tj".encode("ascii")
