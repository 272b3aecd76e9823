"""URLs under ``/access/``: who may do what."""

from __future__ import annotations

from django.urls import path

from emr.access import views

app_name = "access"
urlpatterns = [
    path("", views.matrix, name="matrix"),
    path("matrix.csv", views.matrix_csv, name="matrix_csv"),
]
