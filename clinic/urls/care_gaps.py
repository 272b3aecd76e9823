"""Care that is due."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import care_gaps

_P = "<uuid:patient_id>/care-due"

urlpatterns: list[URLPattern] = [
    path("care-due/", care_gaps.due, name="care_due"),
    path(f"{_P}/", care_gaps.care, name="care_list"),
    path(f"{_P}/panel/", care_gaps.panel, name="care_panel"),
    path(f"{_P}/<slug:key>/decide/", care_gaps.decide, name="care_decide"),
    path(f"{_P}/decisions/<uuid:decision_id>/take-back/", care_gaps.take_back, name="care_take_back"),
]
