"""What CARC and RARC have in common: lists of a clinic's own CSV file (code, description, start, stop)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from emr.codes.importers.csv_rows import Build, Record
from emr.codes.importers.rows import ConceptRow, LineError, Source
from emr.codes.systems.base import csv_source

_COLUMNS = ("code", "description")
#: Characters: a concept's text has no more. What is longer stands whole among its properties.
_SHORT, _LONGEST = 500, 4000


def reason_list(path: Path, *, pattern: str) -> Source:
    """A file with at least ``code`` and ``description``; ``pattern`` is a regular expression for the codes."""
    build: Build[ConceptRow] = partial(_build, pattern=pattern)
    return csv_source(path, columns=_COLUMNS, build=build)


def _build(record: Record, *, pattern: str) -> ConceptRow:
    start, end = record.date("start"), record.date("stop")
    if start and end and end < start:
        raise LineError(record.line, "stop", "is before start.")
    text = record.text("description", longest=_LONGEST)
    long = len(text) > _SHORT
    return ConceptRow(
        code=record.text("code", pattern=pattern),
        display=f"{text[: _SHORT - 1]}…" if long else text,
        properties={"text": text} if long else {},
        valid_from=start,
        valid_to=end,
    )
