"""Two versions of a text made one, for its writer to finish. Nothing that stands in either is left out."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

from clinic.models.notes import Finding
from clinic.note_keys import FINDING

#: With more lines in each, one text is put after the other: comparing would keep the reader waiting.
_MOST_LINES = 2000


def merged(theirs: str, mine: str) -> str:
    """Lines that both have stand once; where they differ, first theirs, then mine."""
    left, right = theirs.splitlines(), mine.splitlines()
    if len(left) * len(right) > _MOST_LINES**2:
        return theirs if theirs == mine else f"{theirs}\n{mine}"
    lines: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        lines += left[a:b]
        if kind != "equal":
            lines += right[c:d]
    return "\n".join(lines)


def merged_sections(theirs: Mapping[str, str], mine: Mapping[str, str]) -> dict[str, str]:
    """As :func:`merged`, part by part. Of two findings what is abnormal stands: it is the one to look at again."""
    return {
        key: _finding(theirs.get(key, ""), mine.get(key, ""))
        if key.endswith(FINDING)
        else merged(theirs.get(key, ""), mine.get(key, ""))
        for key in {**theirs, **mine}
    }


def _finding(theirs: str, mine: str) -> str:
    return Finding.ABNORMAL.value if Finding.ABNORMAL in {theirs, mine} else mine or theirs
