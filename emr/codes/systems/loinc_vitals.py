"""LOINC: the vital signs and near kin, with the UCUM units that each may be recorded in."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from emr.codes.importers.csv_rows import Record
from emr.codes.importers.rows import ConceptRow, Source
from emr.codes.systems import LOINC
from emr.codes.systems.base import DATA, System, csv_source


def _build(record: Record) -> ConceptRow:
    start, end = record.period()
    return ConceptRow(
        code=record.text("code", pattern=r"\d{1,7}-\d"),
        display=record.text("display"),
        synonyms="; ".join(filter(None, (record.optional("name"), record.optional("synonyms")))),
        common=int(record.flag("common", default=False)),
        properties={
            "units": record.optional("units").split(),
            "category": record.optional("category"),
            "panel": record.optional("panel"),
        },
        valid_from=start,
        valid_to=end,
    )


_read = partial(csv_source, columns=("code", "display"), build=_build)


def _shipped() -> Source:
    return _read(DATA / "loinc_vitals.csv", version="2026-11", shipped=True)


def _from_file(path: Path) -> Source:
    return _read(path)


SYSTEM = System(
    name="loinc",
    url=LOINC,
    title="LOINC, vital signs",
    licence="LOINC licence (free; notice in README.md). © Regenstrief Institute, Inc. and the LOINC Committee.",
    source="loinc.org; the codes of the vital signs profiles of HL7 US Core",
    shipped=_shipped,
    from_file=_from_file,
)
