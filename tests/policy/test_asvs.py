"""docs/security.md answers every item of OWASP ASVS 5.0, levels 1 and 2, once, and what it cites is there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.services import ROOT

pytestmark = pytest.mark.feature("A03")

PAGE = ROOT / "docs" / "security.md"
LIST = ROOT / "tests" / "policy" / "asvs_5_0.txt"
#: The last heading of each table, by which its rows are told.
APPLIES, INSTALLATION, NOT_APPLICABLE, NOT_MET = "shown by", "what to do", "why not", "what is missing"
_ID = re.compile(r"\d{1,2}\.\d{1,2}\.\d{1,2}|\d{1,2}\.\d{1,2}|\d{1,2}")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::([\w:]+)`")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]*)\)")


def _items() -> list[str]:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def _rows() -> list[tuple[str, list[str], list[str]]]:
    """Each row of the tables below the heading: which table, the ids of its first cell, the other cells."""
    _, _, section = PAGE.read_text(encoding="utf-8").partition("\n## ASVS 5.0, level 2\n")
    rows: list[tuple[str, list[str], list[str]]] = []
    table = ""
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("|") else []
        if not cells:
            table = ""
        elif not table:
            table = cells[-1]
        elif not line.startswith("|--"):
            rows.append((table, _ids(cells[0]), cells[1:]))
    return rows


def _ids(cell: str) -> list[str]:
    """The items that a cell names: one by one, or a whole section or chapter (``10.4``, ``17``)."""
    named = cell.replace("`", "").split(", ")
    assert all(_ID.fullmatch(name) for name in named), f"no id: {cell!r}"
    return [item for name in named for item in _items() if item == name or item.startswith(f"{name}.")] or [cell]


@cache
def _tests_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        f"{outer.name}::{node.name}"
        for outer in tree.body
        if isinstance(outer, ast.ClassDef)
        for node in outer.body
        if isinstance(node, ast.FunctionDef)
    }
    return frozenset(inside | {node.name for node in tree.body if isinstance(node, ast.FunctionDef)})


def test_every_item_stands_in_one_table() -> None:
    assert len(_items()) == 253
    counted = Counter(item for _, ids, _ in _rows() for item in ids)
    assert {item: counted[item] for item in {*_items(), *counted} if counted[item] != 1} == {}
    assert {item for item in counted if item not in _items()} == set()
    assert {table for table, _, _ in _rows()} == {APPLIES, INSTALLATION, NOT_APPLICABLE, NOT_MET}


def test_every_item_that_applies_is_shown() -> None:
    unshown = [
        ids
        for table, ids, cells in _rows()
        if table == APPLIES
        and not (len(cells) == 2 and cells[0] and (_TEST.search(cells[1]) or _LINK.search(cells[1])))
    ]
    assert unshown == []
    assert [ids for table, ids, cells in _rows() if table != APPLIES and not (len(cells) == 1 and cells[0])] == []


def test_every_cited_test_exists() -> None:
    cited = {found for _, _, cells in _rows() for cell in cells for found in _TEST.findall(cell)}
    assert len(cited) > 100
    assert {f"{path}::{name}" for path, name in cited if name not in _tests_of(ROOT / path)} == set()


def test_every_cited_page_has_its_section() -> None:
    from tests.policy.test_docs import _anchors

    cited = {link for _, _, cells in _rows() for cell in cells for link in _LINK.findall(cell)}
    assert len(cited) > 10
    dangling = set()
    for link in cited:
        target, _, anchor = link.partition("#")
        file = (PAGE.parent / target).resolve() if target else PAGE
        if not file.is_file() or not anchor or anchor not in _anchors(file):
            dangling.add(link)
    assert dangling == set()
