"""Writes ``static/css/daygrid.css``: grid positions as classes, because a strict policy allows no inline style.

Run ``python -m emr.ui.daygrid`` after a change here; a test compares the file with this module's answer.
"""

from __future__ import annotations

from pathlib import Path

MINUTES = 5
"""One grid row is five minutes."""
#: The day on which clocks are put back has 25 hours; nothing is longer.
_ROWS = 25 * 60 // MINUTES
#: Practitioners, rooms or days side by side; beyond that the last class serves.
COLUMNS = 24
#: Visits side by side.
LANES = 6
#: Rules on one line of the file.
_A_LINE = 10
TARGET = Path(__file__).resolve().parents[2] / "static" / "css" / "daygrid.css"


def stylesheet() -> str:
    """Return the file: ``gs-N`` row start, ``gr-N`` row span, ``gc-N`` lane or ``gc-all``, ``cols-N``, ``lanes-N``."""
    rules = [f".gs-{row}{{grid-row-start:{row}}}" for row in range(1, _ROWS + 1)]
    rules += [f".gr-{span}{{grid-row-end:span {span}}}" for span in range(1, _ROWS + 1)]
    rules += [f".gc-{lane}{{grid-column:{lane}}}" for lane in range(1, LANES + 1)]
    rules.append(".gc-all{grid-column:1/-1}")
    rules += [f".cols-{count}{{--cols:{count}}}" for count in range(1, COLUMNS + 1)]
    rules += [f".lanes-{count}{{--lanes:{count}}}" for count in range(1, LANES + 1)]
    body = "\n".join("".join(rules[at : at + _A_LINE]) for at in range(0, len(rules), _A_LINE))
    return f"/* Written by emr/ui/daygrid.py: do not edit. */\n@layer grid {{\n{body}\n}}\n"


if __name__ == "__main__":
    TARGET.write_text(stylesheet())
