"""The day as a table, printed and as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from billing.choices import ClaimState
from clinic.models import Patient
from emr.shared.csv_files import write_csv
from emr.shared.identifiers import format_mrn
from interop.day.visit import Visited

#: Columns but the last, the note, are shortened to this in print; the file has all of them.
_LONGEST = 40


@dataclass(frozen=True)
class Row:
    """One patient's day. The MRN alone says who; no name stands in the table."""

    mrn: str
    age: str
    payer: str
    diagnoses: str
    mapped: str
    claim: str
    lines: str
    total: str
    state: str
    pages: str
    note: str


def row_of(patient: Patient, age: str, visited: Visited, pages: int) -> Row:
    """A patient's day in words."""
    claim, crossed = visited.claim, visited.crossed
    if claim is None:
        said = crossed.words if crossed else ""
        return Row(format_mrn(patient.mrn), age, "", "", said, "", "", "", "no visit", "", visited.note)
    codes = claim.encounter.diagnoses.filter(entered_in_error_at=None).order_by("rank").values_list("code", flat=True)
    return Row(
        mrn=format_mrn(patient.mrn),
        age=age,
        payer=claim.payer.name if claim.payer else "self-pay",
        diagnoses=" ".join(codes),
        mapped=crossed.words if crossed else "",
        claim=claim.number,
        lines=str(claim.items.count()),
        total=f"{claim.total:.2f}",
        state=claim.get_state_display(),
        pages=str(pages) if pages else "",
        note=". ".join(filter(None, (_outcome(visited), visited.note))),
    )


def _outcome(visited: Visited) -> str:
    claim = visited.claim
    if claim is None:
        return ""
    if claim.state == ClaimState.PATIENT_BALANCE:
        return f"patient pays {claim.total:.2f}"
    return claim.state_reason if claim.state == ClaimState.HELD else ""


def write(rows: Sequence[Row], path: Path) -> None:
    """The table as CSV in UTF-8."""
    write_csv(path, [field.name for field in fields(Row)], (astuple(row) for row in rows))


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """The table as text, columns as wide as their widest word; long ones are shortened."""
    table = [tuple(field.name for field in fields(Row)), *(astuple(row) for row in rows)]
    short = [[*(_short(cell) for cell in row[:-1]), row[-1]] for row in table]
    widths = [max(len(row[column]) for row in short) for column in range(len(short[0]))]
    for row in short:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
