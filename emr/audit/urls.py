"""URLs of the logs."""

from __future__ import annotations

from django.urls import path

from emr.audit.views import entries

app_name = "audit"

urlpatterns = [
    path("", entries.entries_list, name="entries_list"),
    path("reads/", entries.reads_list, name="reads_list"),
]
