"""The signed versions of a note that was unlocked."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import Note, NoteVersion

#: The largest number that the column holds.
_MOST = 32_767


def versions_of(note: Note) -> list[NoteVersion]:
    """All of them with their people, the newest first. One query."""
    return list(_with_people(note).order_by("-number"))


def version_of(note: Note, number: int) -> NoteVersion | None:
    """One of them by its number, from 1. One query."""
    return _with_people(note).filter(number=number).first() if number <= _MOST else None


def _with_people(note: Note) -> QuerySet[NoteVersion]:
    people = ("signed_by__practitioner", "cosigned_by__practitioner", "created_by__practitioner")
    return note.versions.select_related(*people)
