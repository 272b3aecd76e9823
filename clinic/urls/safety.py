"""Safety checks and what they rest on."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import safety

urlpatterns: list[URLPattern] = [
    path("knowledge/", safety.knowledge, name="knowledge_list"),
    path("<uuid:patient_id>/safety/", safety.safety, name="safety_list"),
    path("<uuid:patient_id>/safety/override/", safety.override, name="safety_override"),
]
