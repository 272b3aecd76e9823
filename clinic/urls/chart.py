"""The chart's first page."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import chart, printing, timeline

urlpatterns: list[URLPattern] = [
    path("<uuid:patient_id>/", chart.summary, name="chart_summary"),
    path("<uuid:patient_id>/print/", printing.chart, name="chart_print"),
    path("<uuid:patient_id>/timeline/", timeline.chart_timeline, name="chart_timeline"),
]
