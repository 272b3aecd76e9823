"""Our own drawing of the claim form, for people who check a claim. It is no payer's form and says so in its margin.

Boxes have their numbers and our own short words; the data stand at the same cells as on the red form. Drawn once for
a whole file.
"""

from typing import NamedTuple

from billing.cms1500.canvas import Canvas, text_width
from billing.cms1500.grid import CELLS, LINES_PER_PAGE
from billing.cms1500.points import COLUMN_WIDTH, ROW_HEIGHT, column_x, row_top

LABEL, SMALL = 5.6, 5.0
_HAIR, _RULE, _FRAME = 0.35, 0.6, 0.9
_EDGE = 2.2  # how far a box's left line stands before its first column
_LEFT, _REFERRAL, _MIDDLE, _RIGHT, _END = 1, 28.3, 30, 50, 80
_MARGIN_WORDS = "REVIEW COPY – not for submission"


class Panel(NamedTuple):
    """One box: its rows from top to bottom inclusive, its columns from left up to the next box, number and words."""

    top: int
    bottom: int
    left: float
    right: float
    number: str
    words: str


PANELS = (
    Panel(7, 8, _LEFT, _RIGHT, "1", "Coverage"),
    Panel(7, 8, _RIGHT, _END, "1a", "Insured's ID"),
    Panel(9, 10, _LEFT, _MIDDLE, "2", "Patient: last, first, middle"),
    Panel(9, 10, _MIDDLE, _RIGHT, "3", "Birth date and sex"),
    Panel(9, 10, _RIGHT, _END, "4", "Insured: last, first, middle"),
    Panel(11, 12, _LEFT, _MIDDLE, "5", "Patient's street"),
    Panel(11, 12, _MIDDLE, _RIGHT, "6", "Patient is the insured's …"),
    Panel(11, 12, _RIGHT, _END, "7", "Insured's street"),
    Panel(13, 14, _LEFT, 26, "", "City"),
    Panel(13, 14, 26, _MIDDLE, "", "State"),
    Panel(13, 16, _MIDDLE, _RIGHT, "8", "Reserved"),
    Panel(13, 14, _RIGHT, 74, "", "City"),
    Panel(13, 14, 74, _END, "", "State"),
    Panel(15, 16, _LEFT, 15, "", "ZIP"),
    Panel(15, 16, 15, _MIDDLE, "", "Telephone"),
    Panel(15, 16, _RIGHT, 65, "", "ZIP"),
    Panel(15, 16, 65, _END, "", "Telephone"),
    Panel(17, 18, _LEFT, _MIDDLE, "9", "Other insured: last, first, middle"),
    Panel(17, 18, _MIDDLE, _RIGHT, "10", "Condition related to …"),
    Panel(17, 18, _RIGHT, _END, "11", "Insured's group or FECA number"),
    Panel(19, 20, _LEFT, _MIDDLE, "9a", "Other policy or group number"),
    Panel(19, 20, _MIDDLE, _RIGHT, "10a", "Employment"),
    Panel(19, 20, _RIGHT, _END, "11a", "Insured's birth date and sex"),
    Panel(21, 22, _LEFT, _MIDDLE, "9b", "Reserved"),
    Panel(21, 22, _MIDDLE, _RIGHT, "10b", "Auto accident, and its state"),
    Panel(21, 22, _RIGHT, _END, "11b", "Other claim ID"),
    Panel(23, 24, _LEFT, _MIDDLE, "9c", "Reserved"),
    Panel(23, 24, _MIDDLE, _RIGHT, "10c", "Other accident"),
    Panel(23, 24, _RIGHT, _END, "11c", "Plan name"),
    Panel(25, 26, _LEFT, _MIDDLE, "9d", "Other plan's name"),
    Panel(25, 26, _MIDDLE, _RIGHT, "10d", "Claim codes"),
    Panel(25, 26, _RIGHT, _END, "11d", "Another health plan"),
    Panel(27, 30, _LEFT, _RIGHT, "12", "Patient's signature, and its date"),
    Panel(27, 30, _RIGHT, _END, "13", "Insured's signature: benefits to the provider"),
    Panel(31, 32, _LEFT, _REFERRAL, "14", "Onset of illness or injury, or last period; qualifier"),
    Panel(31, 32, _REFERRAL, _RIGHT, "15", "Other date, after its qualifier"),
    Panel(31, 32, _RIGHT, _END, "16", "Unable to work"),
    Panel(33, 34, _LEFT, _REFERRAL, "17", "Referring, ordering or supervising provider"),
    Panel(33, 34, _REFERRAL, _RIGHT, "", ""),
    Panel(33, 34, _RIGHT, _END, "18", "In hospital"),
    Panel(35, 36, _LEFT, _RIGHT, "19", "Additional information"),
    Panel(35, 36, _RIGHT, _END, "20", "Outside lab, and its charge"),
    Panel(37, 40, _LEFT, _RIGHT, "21", "Diagnoses"),
    Panel(37, 38, _RIGHT, 61, "22", "Resubmission code"),
    Panel(37, 38, 61, _END, "", "Original claim's reference"),
    Panel(39, 40, _RIGHT, _END, "23", "Prior authorization"),
    Panel(55, 56, _LEFT, 23, "25", "Tax ID"),
    Panel(55, 56, 23, 38, "26", "Account number"),
    Panel(55, 56, 38, _RIGHT, "27", "Accept assignment"),
    Panel(55, 56, _RIGHT, 61, "28", "Total charge"),
    Panel(55, 56, 61, 71, "29", "Amount paid"),
    Panel(55, 56, 71, _END, "30", "Reserved"),
    Panel(57, 61, _LEFT, 23, "31", "Provider's signature, and its date"),
    Panel(57, 60, 23, _RIGHT, "32", "Place of service"),
    Panel(57, 60, _RIGHT, _END, "33", "Billing provider, and telephone"),
    Panel(61, 61, 23, 34.6, "", ""),
    Panel(61, 61, 34.6, _RIGHT, "", ""),
    Panel(61, 61, _RIGHT, 61.6, "", ""),
    Panel(61, 61, 61.6, _END, "", ""),
)

# Words beside a box for an X, and on which side of it they stand.
_BESIDE_RIGHT = {
    "1.medicare": "Medicare", "1.medicaid": "Medicaid", "1.tricare": "TRICARE", "1.champva": "CHAMPVA",
    "1.group": "Group", "1.feca": "FECA", "1.other": "Other", "10a.yes": "Yes", "10a.no": "No", "10b.yes": "Yes",
    "10b.no": "No", "10c.yes": "Yes", "10c.no": "No", "3.male": "M", "3.female": "F", "11a.male": "M",
    "11a.female": "F", "11d.yes": "Yes", "11d.no": "No", "20.yes": "Yes", "20.no": "No", "27.yes": "Yes",
    "27.no": "No",
}  # fmt: skip
_BESIDE_LEFT = {"6.self": "Self", "6.spouse": "Spouse", "6.child": "Child", "6.other": "Other"}
_ABOVE = {"25.ssn": "SSN", "25.ein": "EIN"}

# Columns of box 24: left edge, words.
_SERVICE_COLUMNS = (
    (1, "24A", "Dates of service: from, to"), (19, "B", "Place"), (22.4, "C", "Emg"),
    (25, "D", "Procedure, modifiers"), (45, "E", "Diagnosis"), (50, "F", "Charge"), (59, "G", "Units"),
    (63, "H", "Plan"), (65.2, "I", "Qual."), (68, "J", "Rendering provider"),
)  # fmt: skip


def drawing() -> bytes:
    """The empty form as page content."""
    canvas = Canvas()
    _service_shading(canvas)
    _panels(canvas)
    _check_boxes(canvas)
    _inner_words(canvas)
    _diagnosis_letters(canvas)
    _service_grid(canvas)
    _heading(canvas)
    return canvas.operators()


def page_line(words: str) -> bytes:
    """What differs from page to page in the heading, such as "Page 1 of 2"."""
    canvas = Canvas()
    canvas.words(_x(_LEFT), row_top(5) + 1, words, 7.5)
    return canvas.operators()


def _x(column: float) -> float:
    """A box's left line before a column; the last one closes the form."""
    return column_x(column) - (_EDGE if column < _END else -_EDGE)


def _heading(canvas: Canvas) -> None:
    canvas.words(_x(_LEFT), row_top(3) + 4, "Claim for professional services", 12, grey=0.1, bold=True)
    canvas.words(_x(_LEFT), row_top(4) + 4, "Content of the CMS-1500 (02/12), drawn for review", 7.5)
    canvas.words(column_x(41), row_top(2) - 1, "Payer", LABEL)
    size, middle = 9.0, (row_top(7) + row_top(62)) / 2
    canvas.words_upward(603, middle + text_width(_MARGIN_WORDS, size) / 2, _MARGIN_WORDS, size, grey=0.25, bold=True)


def _panels(canvas: Canvas) -> None:
    canvas.pen(_HAIR, 0.45)
    for panel in PANELS:
        left, top = _x(panel.left), row_top(panel.top)
        canvas.frame(left, top, _x(panel.right) - left, row_top(panel.bottom + 1) - top)
        _label(canvas, left + 2.2, top + 6.6, panel.number, panel.words)
    canvas.pen(_FRAME, 0.2)
    canvas.frame(_x(_LEFT), row_top(7), _x(_END) - _x(_LEFT), row_top(62) - row_top(7))
    canvas.pen(_RULE, 0.2)
    for row in (31, 41, 55):
        canvas.line(_x(_LEFT), row_top(row), _x(_END), row_top(row))


def _label(canvas: Canvas, x: float, y: float, number: str, words: str) -> None:
    if number:
        canvas.words(x, y, number, LABEL, grey=0.2, bold=True)
        x += text_width(number, LABEL) + 2.4
    if words:
        canvas.words(x, y, words, LABEL)


def _check_boxes(canvas: Canvas) -> None:
    canvas.pen(_HAIR, 0.35)
    for box in (*_BESIDE_RIGHT, *_BESIDE_LEFT, *_ABOVE):
        x, top = column_x(CELLS[box].column), row_top(CELLS[box].row)
        canvas.frame(x - 0.9, top + 1.6, COLUMN_WIDTH + 1.8, 9.0)
        if box in _BESIDE_RIGHT:
            canvas.words(x + COLUMN_WIDTH + 2.6, top + 8.4, _BESIDE_RIGHT[box], LABEL)
        elif box in _BESIDE_LEFT:
            canvas.words_right(x - 2.4, top + 8.4, _BESIDE_LEFT[box], LABEL)
        else:
            canvas.words_centred(x + COLUMN_WIDTH / 2, top - 1.4, _ABOVE[box], SMALL)


def _inner_words(canvas: Canvas) -> None:
    """Words within boxes: from and to, numbers of half boxes, and dotted lines between parts."""
    for row in (32, 34):
        canvas.words_right(column_x(54) - 2, row_top(row) + 8.4, "from", LABEL)
        canvas.words_right(column_x(68) - 2, row_top(row) + 8.4, "to", LABEL)
    for row, number in ((33, "17a"), (34, "17b")):
        canvas.words(_x(_REFERRAL) + 1.6, row_top(row) + 8.0, number, SMALL, grey=0.2, bold=True)
    canvas.words_right(column_x(33) - 3, row_top(34) + 8.4, "NPI", SMALL)
    for column, number in ((34.6, "32a"), (36, "32b"), (61.6, "33a"), (63, "33b")):
        canvas.words_right(_x(column) - (1 if number.endswith("a") else 0), row_top(61) + 8.0, number, 4.6, grey=0.2)
    canvas.words_right(column_x(42) - 3, row_top(37) + 8.4, "ICD version", LABEL)
    canvas.pen(_HAIR, 0.55)
    canvas.line(_x(_REFERRAL), row_top(34), _x(_RIGHT), row_top(34))
    canvas.pen(_HAIR, 0.6, "1 1.5")
    for row, column in ((22, 53), (34, 4)):
        canvas.line(_x(column), row_top(row) + 1, _x(column), row_top(row + 1))
    for box in ("28", "29"):
        _cents_line(canvas, box)


def _cents_line(canvas: Canvas, box: str) -> None:
    cell = CELLS[box]
    x = column_x(cell.column + cell.width - 2.5)
    canvas.line(x, row_top(cell.row) + 1, x, row_top(cell.row + 1))


def _diagnosis_letters(canvas: Canvas) -> None:
    canvas.pen(_HAIR, 0.6)
    for cell in (cell for box, cell in CELLS.items() if box.startswith("21.") and box != "21.indicator"):
        x, bottom = column_x(cell.column), row_top(cell.row + 1) - 1
        canvas.words_right(x - 3, bottom - 2, cell.box[-1], 6.5, grey=0.2)
        canvas.line(x - 1, bottom, x + COLUMN_WIDTH * cell.width + 1, bottom)


def _service_shading(canvas: Canvas) -> None:
    for n in range(LINES_PER_PAGE):
        canvas.area(_x(_LEFT), row_top(43 + 2 * n), _x(_END) - _x(_LEFT), ROW_HEIGHT, 0.93)


def _service_grid(canvas: Canvas) -> None:
    for column, number, words in _SERVICE_COLUMNS:
        canvas.words(_x(column) + 2.2, row_top(41) + 8, number, LABEL, grey=0.2, bold=True)
        canvas.words(_x(column) + 2.2, row_top(41) + 18, words, SMALL)
    for column, _, _ in _SERVICE_COLUMNS[1:]:
        canvas.pen(_HAIR, 0.45)
        canvas.line(_x(column), row_top(41), _x(column), row_top(43))
    for n in range(1, LINES_PER_PAGE + 1):
        _service_line(canvas, n)


def _service_line(canvas: Canvas, n: int) -> None:
    shaded, row = row_top(41 + 2 * n), row_top(42 + 2 * n)
    end = row + ROW_HEIGHT
    canvas.words_right(_x(_LEFT) - 2.5, row + 3, str(n), 7, grey=0.2)
    canvas.pen(_HAIR, 0.45)
    canvas.line(_x(_LEFT), shaded, _x(_END), shaded)
    for column, _, _ in _SERVICE_COLUMNS[1:]:
        # Up to 24I the shaded half is one field, without lines.
        canvas.line(_x(column), shaded if column > 65 else row, _x(column), end)
    canvas.pen(_HAIR, 0.6, "1 1.5")
    canvas.line(_x(10), row, _x(10), end)
    _cents_line(canvas, f"24F.{n}")
