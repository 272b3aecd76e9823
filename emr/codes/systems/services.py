"""What HCPCS Level II and CPT have in common: services of a clinic's own CSV file (code, display, kind)."""

from __future__ import annotations

from functools import partial

from emr.codes.importers.csv_rows import Build, Record
from emr.codes.importers.rows import ConceptRow

COLUMNS = ("code", "display")
_LONGEST_KIND = 40


def service_row(pattern: str) -> Build[ConceptRow]:
    """Build concepts whose codes match ``pattern``; ``kind`` may say lab, drug, supply, visit, modifier …"""
    return partial(_build, pattern=pattern)


def _build(record: Record, *, pattern: str) -> ConceptRow:
    start, end = record.period()
    kind = record.optional("kind", longest=_LONGEST_KIND)
    return ConceptRow(
        code=record.text("code", pattern=pattern),
        display=record.text("display"),
        synonyms=record.optional("synonyms"),
        selectable=record.flag("selectable", default=True),
        common=int(record.flag("common", default=False)),
        properties={"kind": kind} if kind else {},
        valid_from=start,
        valid_to=end,
    )
