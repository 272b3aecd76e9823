"""Signals of snooping, and the staff who are patients."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import signals

urlpatterns: list[URLPattern] = [
    path("signals/", signals.signals_list, name="signals_list"),
    path("signals.csv", signals.signals_export, name="signals_export"),
    path("signals/look/", signals.signals_look, name="signals_look"),
    path("signals/<uuid:signal_id>/", signals.signals_review, name="signals_review"),
    path("signals/staff/", signals.staff_patients_list, name="staff_patients_list"),
    path("signals/staff/<uuid:link_id>/end/", signals.staff_patients_end, name="staff_patients_end"),
]
