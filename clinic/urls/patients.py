"""The URLs of the room ``patients``."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
