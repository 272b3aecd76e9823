"""The URLs of the chart, room by room: each room lists its own in the module of its name."""

from __future__ import annotations

from django.urls import URLPattern

from clinic.urls import (
    access,
    break_glass,
    care_gaps,
    chart,
    coverages,
    disclosures,
    documents,
    history,
    intake,
    letters,
    lists,
    merges,
    note_templates,
    notes,
    orders,
    patients,
    people,
    prescriptions,
    safety,
    signals,
    tasks,
    vitals,
)

app_name = "clinic"

urlpatterns: list[URLPattern] = [
    *access.urlpatterns,
    *patients.urlpatterns,
    *people.urlpatterns,
    *break_glass.urlpatterns,
    *chart.urlpatterns,
    *lists.urlpatterns,
    *safety.urlpatterns,
    *prescriptions.urlpatterns,
    *care_gaps.urlpatterns,
    *merges.urlpatterns,
    *history.urlpatterns,
    *disclosures.urlpatterns,
    *intake.urlpatterns,
    *documents.urlpatterns,
    *letters.urlpatterns,
    *note_templates.urlpatterns,
    *notes.urlpatterns,
    *orders.urlpatterns,
    *coverages.urlpatterns,
    *signals.urlpatterns,
    *tasks.urlpatterns,
    *vitals.urlpatterns,
]
