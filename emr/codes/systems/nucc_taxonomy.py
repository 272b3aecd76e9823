"""NUCC provider taxonomy. Its words are licensed: shipped are a few codes with plain words of our own.

A clinic may import the CSV file that NUCC publishes, under its own agreement with NUCC.
"""

from __future__ import annotations

from pathlib import Path

from emr.codes.importers.csv_rows import Record
from emr.codes.importers.rows import ConceptRow, Source
from emr.codes.systems import NUCC
from emr.codes.systems.base import DATA, System, csv_source

_CODE = r"[0-9A-Z]{9}X"


def _plain(record: Record) -> ConceptRow:
    return ConceptRow(code=record.text("code", pattern=_CODE), display=record.text("display"), common=1)


def _published(record: Record) -> ConceptRow:
    """A line of NUCC's own file: Code, Grouping, Classification, Specialization, Display Name."""
    classification, special = record.text("classification"), record.optional("specialization")
    built = f"{classification}, {special}" if special else classification
    return ConceptRow(
        code=record.text("code", pattern=_CODE),
        display=record.optional("display name", longest=500) or built,
        synonyms=record.optional("grouping"),
    )


def _shipped() -> Source:
    return csv_source(
        DATA / "nucc_taxonomy.csv", columns=("code", "display"), build=_plain, version="2026-11", shipped=True
    )


def _from_file(path: Path) -> Source:
    return csv_source(path, columns=("code", "classification"), build=_published, encodings=("cp1252",))


SYSTEM = System(
    name="nucc-taxonomy",
    url=NUCC,
    title="Health care provider taxonomy",
    licence="Codes as identifiers only; the texts of the set are © American Medical Association for NUCC, not shipped.",
    source="nucc.org; the words beside the shipped codes are the project's own",
    shipped=_shipped,
    from_file=_from_file,
)
