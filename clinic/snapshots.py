"""What signing a note means: the whole of it as one canonical JSON text, and that text's SHA-256.

The snapshot holds strings, whole numbers, lists and nothing else, so that the database gives it back exactly, and it
can be read long after the tables have changed.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, TypedDict

from clinic.choices import ObservationCategory, SectionKind
from clinic.models import Encounter, Note, Observation
from emr.accounts.models import User

SCHEMA = 1


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
    sections: list[dict[str, str]]
    diagnoses: list[dict[str, Any]]
    vitals: list[dict[str, Any]]
    author: Person
    signed_by: Person
    signed_at: str


def snapshot_of(note: Note, *, by: User, at: datetime) -> Snapshot:
    """The note as ``by`` would sign it now: patient, visit, text, diagnoses, vital signs of the visit. Five queries."""
    encounter = Encounter.objects.select_related("patient", "practitioner").get(pk=note.encounter_id)
    return {
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
        "sections": [
            {"kind": section.kind, "label": SectionKind(section.kind).label, "text": section.text}
            for section in note.sections.order_by("rank")
            if section.text.strip()
        ],
        "diagnoses": [
            {"rank": row.rank, "system": row.system, "code": row.code, "display": row.display}
            for row in encounter.diagnoses.filter(entered_in_error_at=None)
        ],
        "vitals": [vital_of(row) for row in visit_vitals(encounter)],
        "author": person(note.author),
        "signed_by": person(by),
        "signed_at": _instant(at),
    }


def visit_vitals(encounter: Encounter) -> list[Observation]:
    """The vital signs of a visit with their components, in the order in which they were taken. Two queries."""
    rows = encounter.observations.filter(category=ObservationCategory.VITAL_SIGNS, entered_in_error_at=None)
    return list(rows.order_by("effective_at", "created_at").prefetch_related("components"))


def digest(snapshot: Snapshot) -> str:
    """The SHA-256 of the canonical JSON: keys sorted, no spaces, UTF-8."""
    text = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def verify(note: Note) -> bool:
    """Whether a signed note is what was signed: its hash fits its snapshot, and its sections still say the same."""
    if note.signed_at is None or note.snapshot is None:
        return False
    signed = {section["kind"]: section["text"] for section in note.snapshot["sections"]}
    now = {section.kind: section.text for section in note.sections.all() if section.text.strip()}
    return digest(note.snapshot) == note.content_hash and signed == now


def person(user: User) -> Person:
    """An account as a note names it: the practitioner's name with credentials where there is one."""
    practitioner = getattr(user, "practitioner", None)
    return {"id": str(user.pk), "name": str(practitioner or user), "npi": practitioner.npi if practitioner else ""}


def value_words(row: Any) -> tuple[str, str]:
    """Value and unit of an observation or a component in words: ``("152", "mm[Hg]")``."""
    if row.value_quantity is not None:
        return f"{row.value_comparator}{row.value_quantity:f}", row.value_unit
    return row.value_display or row.value_text, ""


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
