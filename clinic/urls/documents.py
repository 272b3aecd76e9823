"""Photo, cards and papers of a patient."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import documents, documents_review

urlpatterns: list[URLPattern] = [
    path("<uuid:patient_id>/documents/", documents.documents, name="documents_list"),
    path("<uuid:patient_id>/documents/capture/", documents.capture, name="documents_capture"),
    path("<uuid:patient_id>/documents/new/", documents.add, name="documents_add"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/", documents.detail, name="documents_detail"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/content/", documents.content, name="documents_content"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/small/", documents.thumbnail, name="documents_thumbnail"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/pages/<int:number>/", documents.page, name="documents_page"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/file/", documents_review.file, name="documents_file"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/review/", documents_review.review, name="documents_review"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/reviewer/", documents_review.assign, name="documents_assign"),
    path("<uuid:patient_id>/documents/<uuid:document_id>/error/", documents.error, name="documents_error"),
]
