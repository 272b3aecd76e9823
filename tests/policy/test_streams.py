"""What an action reads by a cursor is closed where it may be refused."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.feature("H11")
ROOT = Path(__file__).resolve().parents[2]


def bare_cursors(source: str) -> list[int]:
    """Lines that open a cursor and leave its end to chance."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [one.lineno for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "iterator"]


def test_no_action_leaves_a_cursor_open() -> None:
    assert bare_cursors("for row in rows.iterator():\n    pass") == [1]
    files = sorted(ROOT.glob("*/actions/*.py"))
    assert len(files) > 50
    found = {str(path.relative_to(ROOT)): lines for path in files if (lines := bare_cursors(path.read_text()))}
    assert found == {}, "Read these rows through emr.shared.streams.streamed."
