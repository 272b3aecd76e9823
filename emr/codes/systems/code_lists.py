"""Plain lists of code and display that the clinic brings: RxNorm and SNOMED CT. Neither is shipped."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from emr.codes.importers.csv_rows import Build, Record
from emr.codes.importers.rows import ConceptRow, Source
from emr.codes.systems.base import csv_source

_COLUMNS = ("code", "display")


def _build(record: Record, *, pattern: str) -> ConceptRow:
    start, end = record.period()
    return ConceptRow(
        code=record.text("code", pattern=pattern),
        display=record.text("display"),
        synonyms=record.optional("synonyms"),
        common=int(record.flag("common", default=False)),
        valid_from=start,
        valid_to=end,
    )


def code_list(path: Path, *, pattern: str) -> Source:
    """A CSV file with at least ``code`` and ``display``; ``pattern`` is a regular expression for the codes."""
    build: Build[ConceptRow] = partial(_build, pattern=pattern)
    return csv_source(path, columns=_COLUMNS, build=build)
