"""Notes."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import (
    notes,
    notes_access,
    notes_signing,
    notes_versions,
    notes_waiting,
    notes_words,
    notes_writing,
)

_ONE = "<uuid:patient_id>/notes/<uuid:note_id>"

urlpatterns: list[URLPattern] = [
    path("notes/unfinished/", notes_waiting.unfinished_notes, name="notes_unfinished"),
    path("notes/cosign/", notes_waiting.to_cosign, name="notes_to_cosign"),
    path("<uuid:patient_id>/notes/", notes.notes, name="notes_list"),
    path("<uuid:patient_id>/notes/start/", notes.start, name="notes_start"),
    path("<uuid:patient_id>/notes/word/", notes_words.word, name="notes_word"),
    path(f"{_ONE}/", notes_writing.edit, name="notes_edit"),
    path(f"{_ONE}/autosave/", notes_writing.autosave, name="notes_autosave"),
    path(f"{_ONE}/merge/", notes_writing.merge, name="notes_merge"),
    path(f"{_ONE}/discard/", notes_writing.discard, name="notes_discard"),
    path(f"{_ONE}/sign/", notes_signing.sign, name="notes_sign"),
    path(f"{_ONE}/cosign/", notes_signing.cosign, name="notes_cosign"),
    path(f"{_ONE}/unlock/", notes_signing.unlock, name="notes_unlock"),
    path(f"{_ONE}/versions/", notes_versions.versions, name="notes_versions"),
    path(f"{_ONE}/versions/<int:number>/", notes_versions.version, name="notes_version"),
    path(f"{_ONE}/versions/<int:number>/changes/", notes_versions.changes, name="notes_changes"),
    path(f"{_ONE}/read/", notes.detail, name="notes_detail"),
    path(f"{_ONE}/addendum/", notes.add, name="notes_add"),
    path(f"{_ONE}/error/", notes.error, name="notes_error"),
    path(f"{_ONE}/access/", notes_access.access, name="notes_access"),
    path(f"{_ONE}/access/keep/", notes_access.keep, name="notes_keep"),
    path(f"{_ONE}/access/<uuid:grant_id>/revoke/", notes_access.revoke, name="notes_revoke"),
    path(f"{_ONE}/print/", notes.print_note, name="notes_print"),
]
