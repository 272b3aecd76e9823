"""Photo, cards and papers of a patient."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import documents

urlpatterns: list[URLPattern] = [
    path("<uuid:patient_id>/documents/", documents.documents, name="documents_list"),
    path("<uuid:patient_id>/documents/capture/", documents.capture, name="documents_capture"),
    path("<uuid:patient_id>/documents/new/", documents.add, name="documents_add"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/", documents.detail, name="documents_detail"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/content/", documents.content, name="documents_content"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/small/", documents.thumbnail, name="documents_thumbnail"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/error/", documents.error, name="documents_error"),
]
