"""URLs of the ground floor's own pages."""

from __future__ import annotations

from django.urls import path

from emr.ui import views

app_name = "ui"
urlpatterns = [
    path("", views.home, name="home"),
    path("ui/gallery/", views.gallery, name="gallery"),
    path("ui/gallery/suggest/", views.gallery_suggest, name="gallery_suggest"),
    path("ui/gallery/print/", views.gallery_print, name="gallery_print"),
]
