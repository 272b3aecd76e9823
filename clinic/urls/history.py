"""Histories of rows, and the chart as it was known."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import as_of, histories

_P = "<uuid:patient_id>"
_ROW = "<uuid:row_id>"

urlpatterns: list[URLPattern] = [
    path(f"{_P}/as-of/", as_of.chart_as_of_page, name="chart_as_of"),
    path(f"{_P}/as-of/print/", as_of.chart_as_of_print, name="chart_as_of_print"),
    path(f"{_P}/vitals/{_ROW}/history/", histories.vitals, name="vitals_history"),
    path(f"{_P}/results/{_ROW}/history/", histories.results, name="results_history"),
    path(f"{_P}/visits/<uuid:encounter_id>/history/", histories.encounters, name="encounters_history"),
    path(f"{_P}/notes/<uuid:note_id>/history/", histories.notes, name="notes_history"),
    path(f"{_P}/coverages/<uuid:coverage_id>/history/", histories.coverages, name="coverages_history"),
    path(f"{_P}/details/history/", histories.patients, name="patients_history"),
]
