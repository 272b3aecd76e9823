"""URLs of people and of the clinic itself."""

from __future__ import annotations

from django.urls import path

from emr.accounts.views import people

app_name = "accounts"

urlpatterns = [
    path("", people.people_list, name="people_list"),
    path("roles/", people.roles_list, name="roles_list"),
    path("add/", people.people_add, name="people_add"),
    path("<uuid:user_id>/", people.people_edit, name="people_edit"),
    path("<uuid:user_id>/practitioner/", people.practitioners_edit, name="practitioners_edit"),
    path("clinic/", people.clinic_edit, name="clinic_edit"),
]
