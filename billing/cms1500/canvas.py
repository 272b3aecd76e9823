"""Lines, boxes and small words on a PDF page, measured from the top as people do."""

from billing.cms1500.points import PAGE_HEIGHT

# Advance widths of Helvetica for ASCII 32–126 in thousandths of the font size (Adobe's published metrics).
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778,
    722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278,
    278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_DASH = "–"


def text_width(text: str, size: float) -> float:
    """Width of a text in Helvetica, in points."""
    return sum(556 if char == _DASH else _WIDTHS[ord(char) - 32] for char in text) * size / 1000


class Canvas:
    """PDF drawing operators under way; ``y`` is measured downward from the top of the page."""

    def __init__(self) -> None:
        self._operators: list[str] = []

    def pen(self, width: float, grey: float, dash: str = "") -> None:
        """Width and grey (0 black, 1 white) of the lines that follow; ``dash`` as PDF's array, e.g. "1 2"."""
        self._operators.append(f"{width} w {grey} G [{dash}] 0 d")

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A straight line."""
        self._operators.append(f"{x1:.2f} {PAGE_HEIGHT - y1:.2f} m {x2:.2f} {PAGE_HEIGHT - y2:.2f} l S")

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """A rectangle's outline; x and y are its upper left corner."""
        self._operators.append(f"{x:.2f} {PAGE_HEIGHT - y - height:.2f} {width:.2f} {height:.2f} re S")

    def area(self, x: float, y: float, width: float, height: float, grey: float) -> None:
        """A rectangle filled with grey."""
        self._operators.append(f"{grey} g {x:.2f} {PAGE_HEIGHT - y - height:.2f} {width:.2f} {height:.2f} re f")

    def words(self, x: float, y: float, text: str, size: float, *, grey: float = 0.35, bold: bool = False) -> None:
        """Small words in Helvetica with their baseline at y."""
        self._show(f"1 0 0 1 {x:.2f} {PAGE_HEIGHT - y:.2f} Tm", text, size, grey, bold)

    def words_right(self, x: float, y: float, text: str, size: float, *, grey: float = 0.35) -> None:
        """Small words that end at x."""
        self.words(x - text_width(text, size), y, text, size, grey=grey)

    def words_centred(self, x: float, y: float, text: str, size: float, *, grey: float = 0.35) -> None:
        """Small words with their middle at x."""
        self.words(x - text_width(text, size) / 2, y, text, size, grey=grey)

    def words_upward(
        self, x: float, y: float, text: str, size: float, *, grey: float = 0.35, bold: bool = False
    ) -> None:
        """Small words that read from bottom to top, starting at y, with their baseline at x."""
        self._show(f"0 1 -1 0 {x:.2f} {PAGE_HEIGHT - y:.2f} Tm", text, size, grey, bold)

    def operators(self) -> bytes:
        """All that was drawn, as the content of a PDF page (fonts: /H Helvetica, /B bold)."""
        return "\n".join(self._operators).encode("cp1252")

    def _show(self, matrix: str, text: str, size: float, grey: float, bold: bool) -> None:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self._operators.append(f"BT /{'B' if bold else 'H'} {size} Tf {grey} g {matrix} ({escaped}) Tj ET")
