"""URLs of the terminology."""

from __future__ import annotations

from django.urls import path

from emr.codes.views import concepts

app_name = "codes"
urlpatterns = [
    path("search/", concepts.concepts_search, name="concepts_search"),
]
