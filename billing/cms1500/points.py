"""Where rows and columns of the grid lie on letter paper, in points (1/72 inch) from the left and from the top."""

from dataclasses import dataclass

PAGE_HEIGHT = 792.0
LEFT = 20.0
TOP = 24.0
COLUMN_WIDTH = 7.2
ROW_HEIGHT = 12.0
BASELINE_RISE = 2.5


@dataclass(frozen=True, slots=True)
class Margins:
    """How far to move everything, in points, right and down (negative: left and up), for a printer that feeds askew."""

    left: float = 0.0
    top: float = 0.0


def column_x(column: float) -> float:
    """Left edge of a column (1-based)."""
    return LEFT + COLUMN_WIDTH * (column - 1)


def row_top(row: float) -> float:
    """Top edge of a row (1-based), from the top of the page. Baselines lie BASELINE_RISE over the next row's top."""
    return TOP + ROW_HEIGHT * (row - 1)
