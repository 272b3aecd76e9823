"""UCUM: the units that the product records and shows. What converts into what is in ``emr.codes.units``."""

from __future__ import annotations

from emr.codes.importers.csv_rows import Record
from emr.codes.importers.rows import ConceptRow, Source
from emr.codes.systems import UCUM
from emr.codes.systems.base import DATA, System, csv_source

UNITS = DATA / "ucum_units.csv"


def _build(record: Record) -> ConceptRow:
    return ConceptRow(
        code=record.text("code", longest=64),
        display=record.text("display"),
        synonyms=record.optional("words"),
        properties={"quantity": record.text("quantity")},
    )


def _shipped() -> Source:
    return csv_source(UNITS, columns=("code", "display", "quantity"), build=_build, version="2026-11", shipped=True)


SYSTEM = System(
    name="ucum",
    url=UCUM,
    title="UCUM, units of measure",
    licence="UCUM licence (free; notice in README.md). © Regenstrief Institute, Inc. and The UCUM Organization.",
    source="ucum.org",
    shipped=_shipped,
)
