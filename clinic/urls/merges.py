"""Merge charts and take them apart."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import merges

urlpatterns: list[URLPattern] = [
    path("merges/", merges.merges_list, name="merges_list"),
    path("merges/duplicates/", merges.duplicates, name="merges_duplicates"),
    path("merges/<uuid:merge_id>/", merges.detail, name="merges_detail"),
    path("merges/<uuid:merge_id>/undo/", merges.undo, name="merges_undo"),
    path("merges/<uuid:merge_id>/move/", merges.move, name="merges_move"),
    path("<uuid:patient_id>/merge/", merges.start, name="merges_start"),
    path("<uuid:patient_id>/merge/<uuid:other_id>/", merges.preview, name="merges_preview"),
]
