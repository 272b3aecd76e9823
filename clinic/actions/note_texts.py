"""The text of a note as rows: what was typed becomes whole, what changed is written, what was copied names its source.

These are the hands of the actions in ``notes`` and ``note_copies``; they decide nothing, and lock nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

from clinic.exam import normal_of
from clinic.models import EncounterDiagnosis, Note, NoteSection
from clinic.models.notes import Finding
from clinic.note_keys import FINDING, SectionKey, key_of, known, parse, texts_of
from clinic.tokens import expand
from emr.accounts.models import User
from emr.shared.errors import DomainError


def sections_of(note: Note) -> QuerySet[NoteSection]:
    """The rows of a note with what their order and their words need."""
    return note.sections.select_related("diagnosis", "copied_from__encounter")


def completed(texts: Mapping[str, str], note: Note, by: User) -> dict[str, str]:
    """What is saved for what was typed: words replaced, and of a system that is normal the sentence that says so."""
    found = expand(known(texts), note.patient, by)
    for key, text in list(found.items()):
        of = parse(key)
        if of is not None and key.endswith(FINDING) and text == Finding.NORMAL and not found.get(str(of), "x").strip():
            found[str(of)] = normal_of(of.kind, of.item)
    return found


def write_texts(*, by: User, note: Note, given: Mapping[str, str]) -> bool:
    """Write what differs from the saved rows; tells whether anything did.

    Raises DomainError for a problem that is not of the note's visit.
    """
    stored = {str(key_of(row)): row for row in note.sections.all()}
    changed = changes(texts_of(stored.values()), given)
    keys = {str(key): key for name in changed if (key := parse(name)) is not None}
    _check_problems(note, keys.values())
    for name, key in keys.items():
        row = stored.get(name) or _new(by, note, key)
        row.text = changed.get(name, row.text)
        row.finding = changed.get(key.finding, row.finding)
        if not row.text.strip():
            row.copied_from, row.copied_text = None, ""
        _save(row)
    return bool(changed)


def changes(saved: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Those of the given texts that are not what is saved."""
    return {key: text for key, text in given.items() if text != saved.get(key, "")}


def append_copy(*, by: User, note: Note, key: SectionKey, text: str, finding: str, source: Note) -> bool:
    """Add a text of an earlier note to a section, and name that note; tells whether it was not there already.

    A body system that was looked at today keeps what was found today.
    Raises DomainError where the section holds text of a third note: one source is named, so that it can be trusted.
    """
    row = note.sections.filter(kind=key.kind, item=key.item, diagnosis=key.diagnosis).first()
    row = row or _new(by, note, key)
    if text.strip() in row.text or (key.item and (row.finding or row.text.strip())):
        return False
    if row.copied_from_id not in {None, source.pk}:
        raise DomainError(f"{row} holds text of another earlier note already. Copy from one note only.")
    row.text = f"{row.text.rstrip()}\n\n{text}".lstrip("\n")
    row.finding = row.finding or finding
    row.copied_from, row.copied_text = source, f"{row.copied_text}\n\n{text}".lstrip("\n")
    _save(row)
    return True


def _new(by: User, note: Note, key: SectionKey) -> NoteSection:
    return NoteSection(
        created_by=by,
        note=note,
        kind=key.kind,
        item=key.item,
        diagnosis_id=key.diagnosis,
        rank=max(key.place[1], 1),
    )


def _save(row: NoteSection) -> None:
    if row._state.adding:
        row.save()
    else:
        row.save(update_fields=["text", "finding", "copied_from", "copied_text", "updated_at"])


def _check_problems(note: Note, keys: Iterable[SectionKey]) -> None:
    wanted = {key.diagnosis for key in keys if key.diagnosis}
    if wanted and EncounterDiagnosis.objects.filter(encounter=note.encounter_id, pk__in=wanted).count() < len(wanted):
        raise DomainError("This problem is not one of the visit's diagnoses.")
