"""What signing a note means: the whole of it as one canonical JSON text, and that text's SHA-256.

The snapshot holds strings, whole numbers, booleans, lists and nothing else, so that the database gives it back exactly,
and it can be read long after the tables have changed. Schema 1 knew whole sections only. Schema 2 has each part of a
section with its key (``clinic.note_keys``), what was found, the problem and the source of what was copied, and the text
as it was read by the signer.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, TypedDict

from clinic.choices import ObservationCategory, SectionKind
from clinic.exam import label_of
from clinic.models import Encounter, Note, NoteSection, Observation
from clinic.note_keys import FINDING, in_order, key_of, texts_of
from emr.accounts.models import User

SCHEMA = 2


class Person(TypedDict):
    """Who wrote or signed: as called on that day."""

    id: str
    name: str
    npi: str


class Snapshot(TypedDict):
    """All that is locked by a signature."""

    schema: int
    patient: dict[str, str]
    encounter: dict[str, str]
    note: dict[str, Any]
    sections: list[dict[str, Any]]
    diagnoses: list[dict[str, Any]]
    vitals: list[dict[str, Any]]
    author: Person
    signed_by: Person
    signed_at: str
    rendered: str


def snapshot_of(note: Note, *, by: User, at: datetime) -> Snapshot:
    """The note as ``by`` would sign it now: patient, visit, text, diagnoses, vital signs of the visit. Five queries."""
    encounter = Encounter.objects.select_related("patient", "practitioner").get(pk=note.encounter_id)
    rows = note.sections.select_related("diagnosis", "copied_from__encounter", "copied_from__author__practitioner")
    snapshot: Snapshot = {
        "schema": SCHEMA,
        "patient": _patient(encounter),
        "encounter": _encounter(encounter),
        "note": {
            "id": str(note.pk),
            "type": note.type,
            "type_label": note.get_type_display(),
            "title": note.title,
            "version": note.version,
        },
        "sections": [_section(row) for row in in_order(rows) if row.text.strip() or row.finding],
        "diagnoses": [
            {"rank": row.rank, "system": row.system, "code": row.code, "display": row.display}
            for row in encounter.diagnoses.filter(entered_in_error_at=None)
        ],
        "vitals": [vital_of(row) for row in visit_vitals(encounter)],
        "author": person(note.author),
        "signed_by": person(by),
        "signed_at": _instant(at),
        "rendered": "",
    }
    snapshot["rendered"] = rendered(snapshot)
    return snapshot


def rendered(snapshot: Snapshot) -> str:
    """The words of a snapshot as plain text, headings and all: to be read by people without this product."""
    patient, visit = snapshot["patient"], snapshot["encounter"]
    name = f"{patient['family_name'].upper()}, {patient['given_name']}"
    lines = [
        snapshot["note"]["title"] or snapshot["note"]["type_label"],
        f"{name}, born {patient['birth_date']}, MRN {patient['mrn']}",
        f"{visit['type']}, {visit['period_start']}, {visit['practitioner']}",
    ]
    heading = ""
    for row in snapshot["sections"]:
        if row["label"] != heading:
            heading = row["label"]
            lines += ["", heading]
        found = f" ({row['finding']})" if row["finding"] else ""
        part = f"{row['part']}{found}" if row["part"] else ""
        lines += [": ".join(filter(None, [part, row["text"]]))]
    lines += ["", "Diagnoses", *(f"{row['rank']}. {row['display']} {row['code']}" for row in snapshot["diagnoses"])]
    lines += ["", "Vital signs", *(_vital_words(row) for row in snapshot["vitals"])]
    return "\n".join(lines)


def visit_vitals(encounter: Encounter) -> list[Observation]:
    """The vital signs of a visit with their components, in the order in which they were taken. Two queries."""
    rows = encounter.observations.filter(
        category=ObservationCategory.VITAL_SIGNS, entered_in_error_at=None, superseded_by=None
    )
    return list(rows.order_by("effective_at", "created_at").prefetch_related("components"))


def digest(snapshot: Snapshot) -> str:
    """The SHA-256 of the canonical JSON: keys sorted, no spaces, UTF-8."""
    text = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(snapshot: Snapshot) -> str:
    """The SHA-256 of what a signer has read, whenever it was shown: two are alike where the same would be locked."""
    return digest({**snapshot, "signed_at": ""})


def verify(note: Note) -> bool:
    """Whether a signed note is what was signed: its hash fits its snapshot, and its sections still say the same."""
    if note.signed_at is None or note.snapshot is None:
        return False
    now = {key: text for key, text in texts_of(note.sections.all()).items() if text.strip()}
    return digest(note.snapshot) == note.content_hash and signed_texts(note) == now


def signed_texts(note: Note) -> dict[str, str]:
    """What a signed note says by the keys of its parts, findings among them."""
    found: dict[str, str] = {}
    for row in note.snapshot["sections"] if note.snapshot else ():
        key = row.get("key", row["kind"])
        if row["text"].strip():
            found[key] = row["text"]
        if row.get("finding"):
            found[f"{key}{FINDING}"] = row["finding"]
    return found


def person(user: User) -> Person:
    """An account as a note names it: the practitioner's name with credentials where there is one."""
    practitioner = getattr(user, "practitioner", None)
    return {"id": str(user.pk), "name": str(practitioner or user), "npi": practitioner.npi if practitioner else ""}


def value_words(row: Any) -> tuple[str, str]:
    """Value and unit of an observation or a component in words: ``("152", "mm[Hg]")``."""
    if row.value_quantity is not None:
        return f"{row.value_comparator}{row.value_quantity:f}", row.value_unit
    return row.value_display or row.value_text, ""


def _section(row: NoteSection) -> dict[str, Any]:
    """One part of the note. ``part`` names the body system or the problem; empty for a whole section."""
    problem = row.diagnosis
    return {
        "key": str(key_of(row)),
        "kind": row.kind,
        "label": SectionKind(row.kind).label,
        "part": label_of(row.kind, row.item) if row.item else problem.display if problem else "",
        "code": problem.code if problem else "",
        "finding": row.finding,
        "text": row.text,
        "copied": _source(row),
    }


def _source(row: NoteSection) -> dict[str, Any]:
    """Whence a text was copied forward, and whether it still says just that; empty for what was written here."""
    source = row.copied_from
    if source is None:
        return {}
    return {
        "note": str(source.pk),
        "visit_at": _instant(source.encounter.period_start),
        "author": person(source.author)["name"],
        "unchanged": row.text == row.copied_text,
    }


def _vital_words(row: dict[str, Any]) -> str:
    values = row["values"]
    return f"{row['display']}: {'/'.join(value['value'] for value in values)} {values[0]['unit']}".strip()


def _patient(encounter: Encounter) -> dict[str, str]:
    patient = encounter.patient
    return {
        "id": str(patient.pk),
        "mrn": patient.mrn,
        "name": patient.full_name,
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "birth_date": patient.birth_date.isoformat(),
        "gender": patient.gender,
    }


def _encounter(encounter: Encounter) -> dict[str, str]:
    return {
        "id": str(encounter.pk),
        "period_start": _instant(encounter.period_start),
        "type": str(encounter),
        "reason": encounter.reason,
        "practitioner": str(encounter.practitioner or ""),
        "place_of_service": encounter.place_of_service,
    }


def vital_of(row: Observation) -> dict[str, Any]:
    """One vital sign as a snapshot keeps it."""
    parts: list[Any] = [*row.components.all()] or [row]
    return {
        "code": row.code,
        "display": row.display,
        "effective_at": _instant(row.effective_at),
        "values": [_value(part) for part in parts],
    }


def _value(part: Any) -> dict[str, str]:
    value, unit = value_words(part)
    return {
        "code": part.code,
        "display": part.display,
        "value": value,
        "unit": unit,
        "interpretation": part.interpretation,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
