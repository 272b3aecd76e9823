"""The patient's pages of an intake."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import intake_public as views

app_name = "intake"

urlpatterns: list[URLPattern] = [
    path("", views.enter, name="enter"),
    path("go/<str:token>/", views.arrive, name="arrive"),
    path("you/", views.prove, name="prove"),
    path("start/", views.start, name="start"),
    path("page/<int:number>/", views.page, name="page"),
    path("check/", views.check, name="check"),
    path("done/", views.done, name="done"),
]
