"""A note as people read it, on screen and on paper: from its snapshot, never from the tables of today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.utils import timezone
from markupsafe import Markup

from clinic.models import Note
from clinic.models.notes import Finding
from clinic.queries.notes import named
from clinic.snapshots import Snapshot
from emr.accounts.models import Clinic, User
from emr.codes.units import units
from emr.pdf import render_pdf
from emr.shared.dates import age_text, clinic_zone
from emr.shared.identifiers import format_mrn
from emr.ui import formats
from emr.ui.markdown import to_html

_MARKS = {"H": "↑ high", "L": "↓ low", "HH": "↑↑ critical", "LL": "↓↓ critical", "A": "abnormal", "AA": "critical"}


@dataclass(frozen=True)
class ReadableVital:
    """One vital sign in words."""

    label: str
    value: str
    unit: str
    mark: str
    when: str


@dataclass(frozen=True)
class ReadablePart:
    """A text of a section: the whole of it, one body system, or one problem. ``copied`` says whence it was taken."""

    label: str
    code: str
    finding: str
    html: Markup
    copied: str


@dataclass(frozen=True)
class ReadableSection:
    """A section under its heading."""

    label: str
    parts: list[ReadablePart]


@dataclass(frozen=True)
class ReadableNote:
    """A snapshot in words ready to print."""

    patient: str
    born: str
    age: str
    mrn: str
    title: str
    visit: str
    visit_at: str
    reason: str
    practitioner: str
    author: str
    signed_by: str
    signed_at: str
    sections: list[ReadableSection]
    diagnoses: list[tuple[str, str]]
    vitals: list[ReadableVital]


def readable(snapshot: Snapshot) -> ReadableNote:
    """The snapshot in words: the clinic's zone, the age on the day of the visit, units as people write them."""
    patient, visit, note = snapshot["patient"], snapshot["encounter"], snapshot["note"]
    born = date.fromisoformat(patient["birth_date"])
    visit_at = datetime.fromisoformat(visit["period_start"])
    return ReadableNote(
        patient=f"{patient['family_name'].upper()}, {patient['given_name']}",
        born=formats.day(born),
        age=age_text(born, visit_at.astimezone(clinic_zone()).date()),
        mrn=format_mrn(patient["mrn"]),
        title=note["title"] or note["type_label"],
        visit=visit["type"],
        visit_at=formats.instant(visit_at),
        reason=visit["reason"],
        practitioner=visit["practitioner"],
        author=snapshot["author"]["name"],
        signed_by=snapshot["signed_by"]["name"],
        signed_at=formats.instant(datetime.fromisoformat(snapshot["signed_at"])),
        sections=_sections(snapshot["sections"]),
        diagnoses=[(row["code"], row["display"]) for row in snapshot["diagnoses"]],
        vitals=[readable_vital(row) for row in snapshot["vitals"]],
    )


def _sections(rows: list[dict[str, Any]]) -> list[ReadableSection]:
    """The parts under the headings of their sections; a snapshot of schema 1 knows whole sections alone."""
    return [
        ReadableSection(label, [_part(row) for row in parts])
        for label, parts in groupby(rows, key=lambda row: str(row["label"]))
    ]


def _part(row: dict[str, Any]) -> ReadablePart:
    finding = row.get("finding", "")
    return ReadablePart(
        label=row.get("part", ""),
        code=row.get("code", ""),
        finding=Finding(finding).label if finding else "",
        html=to_html(row["text"]),
        copied=_copied(row.get("copied") or {}),
    )


def _copied(source: dict[str, Any]) -> str:
    if not source:
        return ""
    day = formats.day(datetime.fromisoformat(source["visit_at"]).astimezone(clinic_zone()).date())
    return f"Copied from the note of {day} by {source['author']}{'' if source['unchanged'] else ', then edited'}"


def note_pdf(note: Note, snapshot: Snapshot, *, by: User) -> bytes:
    """The note on paper, with its addenda. Name, date of birth, MRN and page x of y stand on every page."""
    context = {
        "note": note,
        "content": readable(snapshot),
        "addenda": addenda_of(note),
        "cosign": cosignature_of(note),
        "printed_by": named(by),
        "printed_at": formats.instant(timezone.now()),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/notes/print.html", context)


def cosignature_of(note: Note) -> str:
    """Who cosigned, or who has to; empty for a note that needs no cosignature."""
    if not note.cosign_required or note.signed_at is None:
        return ""
    if note.cosigned_at is not None and note.cosigned_by is not None:
        return f"Cosigned by {named(note.cosigned_by)}, {formats.instant(note.cosigned_at)}"
    return f"Waits for the cosignature of {named(note.cosigner) if note.cosigner else 'a supervisor'}"


def addenda_of(note: Note) -> list[dict[str, Any]]:
    """The addenda in words, oldest first."""
    return [
        {
            "kind": addendum.get_kind_display(),
            "by": named(addendum.created_by),
            "at": formats.instant(addendum.created_at),
            "html": to_html(addendum.text),
        }
        for addendum in note.addenda.all()
    ]


def readable_vital(row: dict[str, Any]) -> ReadableVital:
    """One vital sign of a snapshot in words."""
    values = row["values"]
    unit = values[0]["unit"]
    marks = {_MARKS[value["interpretation"]]: None for value in values if value["interpretation"] in _MARKS}
    return ReadableVital(
        label=row["display"],
        value="/".join(value["value"] for value in values),
        unit=units()[unit].display if unit in units() else unit,
        mark=", ".join(marks),
        when=formats.clock(datetime.fromisoformat(row["effective_at"])),
    )
