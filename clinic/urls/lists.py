"""The lists of the chart."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.urls.rooms import room_urls
from clinic.views import (
    allergies,
    care,
    conditions,
    devices,
    encounters,
    family_histories,
    immunizations,
    medications,
    observations,
    printing,
    procedures,
    reconciliations,
    social_history,
)

_P = "<uuid:patient_id>"
_ROW = "<uuid:row_id>"
_VISIT = f"{_P}/visits/<uuid:encounter_id>"

urlpatterns: list[URLPattern] = [
    path(f"{_P}/visits/", encounters.encounters, name="encounters_list"),
    path(f"{_VISIT}/", encounters.detail, name="encounters_detail"),
    path(f"{_VISIT}/print/", printing.visit, name="encounters_print"),
    path(f"{_VISIT}/summary/", printing.visit_summary, name="encounters_summary"),
    path(f"{_VISIT}/status/", encounters.status, name="encounters_status"),
    path(f"{_VISIT}/diagnoses/add/", encounters.diagnose, name="encounters_diagnose"),
    path(f"{_VISIT}/diagnoses/{_ROW}/remove/", encounters.undiagnose, name="encounters_undiagnose"),
    path(f"{_VISIT}/diagnoses/{_ROW}/first/", encounters.promote, name="encounters_promote"),
    path(f"{_P}/results/", observations.results_list, name="results_list"),
    path(f"{_P}/allergies/none-known/", allergies.none_known, name="allergies_none_known"),
    *room_urls(conditions.ROOM),
    path(f"{_P}/medications/reconcile/", reconciliations.start, name="medications_reconcile"),
    path(f"{_P}/medications/reconciliations/", reconciliations.events, name="medications_reconciliations"),
    *room_urls(medications.ROOM),
    *room_urls(allergies.ROOM),
    *room_urls(immunizations.ROOM),
    *room_urls(procedures.ROOM),
    path(f"{_P}/family-history/none-known/", family_histories.none_known, name="family_history_none_known"),
    *room_urls(family_histories.ROOM),
    *room_urls(social_history.ROOM),
    *room_urls(devices.ROOM),
    *room_urls(care.TEAM),
    *room_urls(care.GOALS),
    *room_urls(care.PLANS),
]
