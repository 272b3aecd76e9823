"""The signed versions of a note that was unlocked: all of them, one to read, and what changed in it afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Note, NoteVersion, Patient
from clinic.note_changes import changes as changes_between
from clinic.printouts.notes import readable
from clinic.queries.note_versions import version_of, versions_of
from clinic.queries.notes import named
from clinic.snapshots import Snapshot, digest
from clinic.views.notes import content_of, note_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission


@chart_view(Permission.VIEW_NOTES, section="notes")
@require_GET
def versions(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponse:
    """All versions, the newest first."""
    note = note_of(request, patient, note_id)
    return _page(request, patient, note, "versions", {"rows": versions_of(note)})


@chart_view(Permission.VIEW_NOTES, section="notes")
@require_GET
def version(request: StaffRequest, patient: Patient, note_id: UUID, number: int) -> HttpResponse:
    """One version as it was signed."""
    note = note_of(request, patient, note_id)
    row = _found(note, number)
    context = {"row": row, "content": readable(row.snapshot), "whole": digest(row.snapshot) == row.content_hash}
    return _page(request, patient, note, "version", context)


@chart_view(Permission.VIEW_NOTES, section="notes")
@require_GET
def changes(request: StaffRequest, patient: Patient, note_id: UUID, number: int) -> HttpResponse:
    """What changed from one version to the one that follows it: signed anew, or as the note stands now."""
    note = note_of(request, patient, note_id)
    row, later = _found(note, number), version_of(note, number + 1)
    newer: Snapshot = later.snapshot if later else content_of(note, request.user)
    context = {"row": row, "later": later, "parts": changes_between(row.snapshot, newer)}
    return _page(request, patient, note, "changes", context)


def _found(note: Note, number: int) -> NoteVersion:
    row = version_of(note, number)
    if row is None:
        raise Http404
    return row


def _page(request: StaffRequest, patient: Patient, note: Note, name: str, more: dict[str, Any]) -> HttpResponse:
    context = {**chart_context(request, patient, "notes"), "note": note, "named": named, **more}
    return render(request, f"clinic/notes/{name}.html", context)
