"""Letters, and the templates that they begin with."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import letter_templates, letters

_ONE = "<uuid:patient_id>/letters/<uuid:letter_id>"
_TEMPLATE = "letters/templates/<uuid:letter_template_id>"

urlpatterns: list[URLPattern] = [
    path("letters/templates/", letter_templates.templates, name="letter_templates_list"),
    path("letters/templates/new/", letter_templates.new, name="letter_templates_new"),
    path("letters/templates/usual/", letter_templates.usual, name="letter_templates_usual"),
    path(f"{_TEMPLATE}/", letter_templates.edit, name="letter_templates_edit"),
    path(f"{_TEMPLATE}/retire/", letter_templates.retire, name="letter_templates_retire"),
    path("<uuid:patient_id>/letters/", letters.letters, name="letters_list"),
    path("<uuid:patient_id>/letters/new/", letters.new, name="letters_new"),
    path(f"{_ONE}/", letters.detail, name="letters_detail"),
    path(f"{_ONE}/edit/", letters.edit, name="letters_edit"),
    path(f"{_ONE}/sign/", letters.sign, name="letters_sign"),
    path(f"{_ONE}/pages/<int:number>/", letters.page, name="letters_page"),
    path(f"{_ONE}/error/", letters.error, name="letters_error"),
]
