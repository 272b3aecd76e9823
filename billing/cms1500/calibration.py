"""A page to hold against the red form: where the print falls, and with which shifts."""

from typing import BinaryIO

import pydyf

from billing.cms1500.canvas import Canvas
from billing.cms1500.grid import CELLS, COLUMNS, ROWS
from billing.cms1500.pdf_stream import PdfStream
from billing.cms1500.points import COLUMN_WIDTH, PAGE_HEIGHT, ROW_HEIGHT, Margins, column_x, row_top

_ARM = 8.0
_CORNERS = ((1, 1), (1, COLUMNS + 1), (ROWS + 1, 1), (ROWS + 1, COLUMNS + 1))


def calibration_page(out: BinaryIO, margins: Margins) -> None:
    """Draw a frame where each box's text stands, crosses at the corners of the grid, rulers, and the shifts in words.

    Printed without scaling and laid on a red form against the light, the frames lie within its boxes. If they don't,
    the rulers tell by how many points.
    """
    pdf = PdfStream(out)
    fonts = {name: f"{pdf.add(_font(font))} 0 R" for name, font in (("H", "Helvetica"), ("B", "Helvetica-Bold"))}
    resources = pdf.add(pydyf.Dictionary({"Font": pydyf.Dictionary(fonts)}))
    canvas = Canvas()
    _frames(canvas)
    _crosses(canvas)
    _rulers(canvas)
    _words(canvas, margins)
    shift = f"1 0 0 1 {margins.left:.2f} {-margins.top:.2f} cm\n".encode()
    pdf.add_page(shift + canvas.operators(), resources)
    pdf.close(title="CMS-1500, calibration")


def _font(name: str) -> pydyf.Dictionary:
    return pydyf.Dictionary(
        {"Type": "/Font", "Subtype": "/Type1", "BaseFont": f"/{name}", "Encoding": "/WinAnsiEncoding"}
    )


def _frames(canvas: Canvas) -> None:
    canvas.pen(0.3, 0.45)
    for cell in CELLS.values():
        canvas.frame(column_x(cell.column), row_top(cell.row), COLUMN_WIDTH * cell.width, ROW_HEIGHT)


def _crosses(canvas: Canvas) -> None:
    canvas.pen(0.8, 0)
    for row, column in _CORNERS:
        x, y = column_x(column), row_top(row)
        canvas.line(x - _ARM, y, x + _ARM, y)
        canvas.line(x, y - _ARM, x, y + _ARM)


def _rulers(canvas: Canvas) -> None:
    """Points from the middle of the page, one tick for two points, for half an inch either way."""
    canvas.pen(0.4, 0)
    middle, y = 306.0, PAGE_HEIGHT / 2 + 6
    for points in range(-36, 37, 2):
        arm = 7 if points % 12 == 0 else 3
        canvas.line(middle + points, y, middle + points, y + arm)
        canvas.line(middle, y + points, middle + arm, y + points)
        if points % 12 == 0 and points:
            canvas.words_centred(middle + points, y + 14, str(points), 5, grey=0)
            canvas.words(middle + 9, y + points + 2, str(points), 5, grey=0)


def _words(canvas: Canvas, margins: Margins) -> None:
    top = row_top(2) + 8
    canvas.words(column_x(2), top, "Calibration of the CMS-1500", 11, grey=0, bold=True)
    shifts = f"Shifted {margins.left:g} points to the right and {margins.top:g} points down (72 to the inch)."
    canvas.words(column_x(2), top + 13, shifts, 8, grey=0)
    advice = "Print without scaling, lay it on a red form, hold both to the light."
    canvas.words(column_x(2), top + 24, advice, 8, grey=0)
