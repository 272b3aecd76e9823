"""Notes."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import notes, notes_access, notes_writing

_ONE = "<uuid:patient_id>/notes/<uuid:note_id>"

urlpatterns: list[URLPattern] = [
    path("notes/unfinished/", notes.unfinished_notes, name="notes_unfinished"),
    path("<uuid:patient_id>/notes/", notes.notes, name="notes_list"),
    path("<uuid:patient_id>/notes/start/", notes.start, name="notes_start"),
    path(f"{_ONE}/", notes_writing.edit, name="notes_edit"),
    path(f"{_ONE}/autosave/", notes_writing.autosave, name="notes_autosave"),
    path(f"{_ONE}/merge/", notes_writing.merge, name="notes_merge"),
    path(f"{_ONE}/discard/", notes_writing.discard, name="notes_discard"),
    path(f"{_ONE}/sign/", notes_writing.sign, name="notes_sign"),
    path(f"{_ONE}/read/", notes.detail, name="notes_detail"),
    path(f"{_ONE}/addendum/", notes.add, name="notes_add"),
    path(f"{_ONE}/error/", notes.error, name="notes_error"),
    path(f"{_ONE}/access/", notes_access.access, name="notes_access"),
    path(f"{_ONE}/access/keep/", notes_access.keep, name="notes_keep"),
    path(f"{_ONE}/access/<uuid:grant_id>/revoke/", notes_access.revoke, name="notes_revoke"),
    path(f"{_ONE}/print/", notes.print_note, name="notes_print"),
]
