"""CMS place of service: where a service was given, as a claim says it."""

from __future__ import annotations

from pathlib import Path

from emr.codes.importers.csv_rows import Record
from emr.codes.importers.rows import ConceptRow, Source
from emr.codes.systems import POS
from emr.codes.systems.base import DATA, System, csv_source

_COLUMNS = ("code", "display")


def _build(record: Record) -> ConceptRow:
    start, end = record.period()
    return ConceptRow(
        code=record.text("code", pattern=r"\d{2}"),
        display=record.text("display"),
        common=int(record.flag("common", default=False)),
        valid_from=start,
        valid_to=end,
    )


def _shipped() -> Source:
    return csv_source(DATA / "place_of_service.csv", columns=_COLUMNS, build=_build, version="2024-08-01", shipped=True)


def _from_file(path: Path) -> Source:
    return csv_source(path, columns=_COLUMNS, build=_build)


SYSTEM = System(
    name="place-of-service",
    url=POS,
    title="Place of service",
    licence="Public domain (US government: CMS).",
    source="CMS, Place of Service Code Set",
    shipped=_shipped,
    from_file=_from_file,
)
