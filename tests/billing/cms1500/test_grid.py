import json
import os
from pathlib import Path

import pytest

from billing.cms1500.grid import CELLS, COLUMNS, ROWS

# A source that prints several of our cells as one text: its width spans them.
_ONE_TEXT = {"11b.qualifier": 30, "31.date.month": 10} | {f"24D.{n}.modifier1": 12 for n in range(1, 7)}
# Narrower than the source's, because the box on paper, or the number in it, is.
_NARROWER = {"11": 29, "11c": 29, "17": 24, "17b": 10, "26": 14, "32.city": 26} | {
    f"21.{letter}": 7 for letter in "ABCDEFGHIJKL"
}


def test_no_two_cells_share_a_place() -> None:
    taken: set[tuple[int, int]] = set()
    for cell in CELLS.values():
        places = {(cell.row, cell.column + n) for n in range(cell.width)}
        assert not places & taken, cell
        taken |= places


def test_all_cells_are_on_the_grid() -> None:
    for cell in CELLS.values():
        assert 1 <= cell.row <= ROWS
        assert 1 <= cell.column <= cell.column + cell.width - 1 < COLUMNS


def test_the_form_has_six_lines_and_twelve_diagnoses() -> None:
    assert {f"24F.{n}" for n in range(1, 7)} == {box for box in CELLS if box.startswith("24F")}
    assert {f"21.{letter}" for letter in "ABCDEFGHIJKL"} == {box for box in CELLS if box.startswith("21.")} - {
        "21.indicator"
    }


@pytest.mark.feature("H04")
def test_cells_are_those_of_the_reference_data() -> None:
    root = Path(os.environ.get("REAL_DATA_DIR", Path(__file__).parents[4] / "shared/data"))
    path = root / "cms1500/cells.json"
    if not path.exists():
        pytest.skip(f"{path} isn't there: set REAL_DATA_DIR")
    ours = {(cell.row, cell.column): cell for cell in CELLS.values()}
    parts = {(57, 70), (57, 74)}
    for row, column, width, _text, label in json.loads(path.read_text()):
        cell = ours.get((row, column))
        assert cell is not None, label
        if (row, column) not in parts and cell.box not in _ONE_TEXT:
            assert cell.width >= _NARROWER.get(cell.box, width), label
