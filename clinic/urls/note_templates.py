"""Templates of notes, and words that stand for longer texts."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import note_templates as views

urlpatterns: list[URLPattern] = [
    path("note-templates/", views.templates, name="note_templates_list"),
    path("note-templates/new/", views.add_template, name="note_templates_add"),
    path("note-templates/usual/", views.usual, name="note_templates_usual"),
    path("note-templates/<uuid:note_template_id>/", views.edit_template, name="note_templates_edit"),
    path("note-templates/<uuid:note_template_id>/retire/", views.retire_template, name="note_templates_retire"),
    path("note-words/", views.macros, name="macros_list"),
    path("note-words/new/", views.add_macro, name="macros_add"),
    path("note-words/<uuid:macro_id>/", views.edit_macro, name="macros_edit"),
    path("note-words/<uuid:macro_id>/retire/", views.retire_macro, name="macros_retire"),
]
