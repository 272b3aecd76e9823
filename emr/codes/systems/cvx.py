"""CVX: the CDC's vaccine codes. Shipped as a short CSV; a newer ``cvx.xml`` from the CDC replaces it.

Inactive and foreign vaccines stay selectable, because people bring their history along; "never active" ones do not.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from emr.codes.importers.csv_rows import Record
from emr.codes.importers.rows import Collected, ConceptRow, LineError, LoadError, Source, checksum
from emr.codes.systems import CVX
from emr.codes.systems.base import DATA, System, csv_source
from emr.shared.xml_files import BadXml, Element, elements

_VERSION = "2025-11-19"
_STATUSES = frozenset({"active", "inactive", "never active", "non-us", "pending"})
_CODE = r"\d{2,3}"
_REVISION = 1


@cache
def vaccine_groups() -> Mapping[str, tuple[str, ...]]:
    """What each vaccine is against, by its code; a combination against several. The CDC's groups, in plain words."""
    found: dict[str, list[str]] = defaultdict(list)
    with (DATA / "cvx_groups.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["code"]].append(row["group"])
    return {code: tuple(groups) for code, groups in found.items()}


def _concept(code: str, display: str, name: str, status: str) -> ConceptRow:
    return ConceptRow(
        code=code,
        display=display,
        synonyms=name if name.lower() != display.lower() else "",
        selectable=status != "never active",
        common=int(status == "active"),
        properties={"status": status},
    )


def _build(record: Record) -> ConceptRow:
    status = record.text("status").lower()
    if status not in _STATUSES:
        raise LineError(record.line, "status", f"“{status}” is not one of {', '.join(sorted(_STATUSES))}.")
    return _concept(record.text("code", pattern=_CODE), record.text("display"), record.optional("name"), status)


def _shipped() -> Source:
    return csv_source(
        DATA / "cvx.csv", columns=("code", "display", "status"), build=_build, version=_VERSION, shipped=True
    )


def _from_file(path: Path) -> Source:
    if path.suffix.lower() == ".csv":
        return csv_source(path, columns=("code", "display", "status"), build=_build)
    digest = checksum([path], _REVISION)
    return Source(path.name, f"sha256:{digest[:12]}", digest, lambda: _read_xml(path))


def _read_xml(path: Path) -> Iterator[ConceptRow]:
    """Each ``CVXInfo`` of the CDC's file. The parser keeps no line numbers, so an error counts the entries."""
    found = Collected(path.name)
    try:
        for number, element in enumerate(elements(path, "CVXInfo"), start=1):
            try:
                row = found.once(_from_element(element, number), number)
            except LineError as error:
                found.add(LineError(error.line, error.column, f"(entry {number} of the file) {error.problem}"))
            else:
                yield row
    except BadXml as error:
        raise LoadError(path.name, [LineError(error.line, "", error.problem)]) from error
    found.finish()


def _from_element(element: Element, number: int) -> ConceptRow:
    cells = {child.tag: " ".join((child.text or "").split()) for child in element}
    return _build(
        Record(
            number,
            {
                "code": cells.get("CVXCode", ""),
                "display": cells.get("ShortDescription", ""),
                "name": cells.get("FullVaccinename", ""),
                "status": cells.get("Status", ""),
            },
        )
    )


SYSTEM = System(
    name="cvx",
    url=CVX,
    title="CVX, vaccines administered",
    licence="Public domain (US government: CDC).",
    source="CDC, National Center for Immunization and Respiratory Diseases, cvx.xml",
    shipped=_shipped,
    from_file=_from_file,
)
