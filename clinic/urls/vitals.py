"""Vital signs, numbers across time, growth."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import growth, observations, trends

_P = "<uuid:patient_id>"
_ROW = "<uuid:row_id>"

urlpatterns: list[URLPattern] = [
    path(f"{_P}/vitals/", observations.vitals, name="vitals_list"),
    path(f"{_P}/vitals/add/", observations.add, name="vitals_add"),
    path(f"{_P}/vitals/{_ROW}/correct/", observations.correct, name="vitals_correct"),
    path(f"{_P}/vitals/{_ROW}/error/", observations.error, name="vitals_error"),
    path(f"{_P}/trends/", trends.trends, name="trends_list"),
    path(f"{_P}/trends/{_ROW}/", trends.detail, name="trends_detail"),
    path(f"{_P}/growth/", growth.growth, name="growth_list"),
    path(f"{_P}/growth.pdf", growth.growth_print, name="growth_print"),
]
