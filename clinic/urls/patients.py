"""Find, register, see and change patients."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import patients

urlpatterns: list[URLPattern] = [
    path("", patients.search, name="patients_search"),
    path("new/", patients.register, name="patients_register"),
    path("new/duplicates/", patients.duplicates, name="patients_duplicates"),
    path("<uuid:patient_id>/details/", patients.detail, name="patients_detail"),
    path("<uuid:patient_id>/details/edit/", patients.edit, name="patients_edit"),
    path("<uuid:patient_id>/details/edit/duplicates/", patients.alike, name="patients_alike"),
    path("<uuid:patient_id>/details/verify/", patients.verify, name="patients_verify"),
]
