"""The URLs of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from interop.views import messages

app_name = "interop"

urlpatterns: list[URLPattern] = [
    path("results/", messages.waiting_list, name="messages_list"),
    path("results/file/", messages.upload, name="messages_upload"),
    path("results/<uuid:message_id>/", messages.detail, name="messages_detail"),
    path("results/<uuid:message_id>/dismiss/", messages.dismiss, name="messages_dismiss"),
    path("patients/<uuid:patient_id>/reports/<uuid:report_id>/undo/", messages.undo, name="messages_undo"),
]
