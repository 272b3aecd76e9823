"""The lists of the chart."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import allergies, conditions, encounters, immunizations, medications, observations, procedures

_P = "<uuid:patient_id>"
_ROW = "<uuid:row_id>"
_VISIT = f"{_P}/visits/<uuid:encounter_id>"

urlpatterns: list[URLPattern] = [
    path(f"{_P}/visits/", encounters.encounters, name="encounters_list"),
    path(f"{_VISIT}/", encounters.detail, name="encounters_detail"),
    path(f"{_VISIT}/status/", encounters.status, name="encounters_status"),
    path(f"{_VISIT}/diagnoses/add/", encounters.diagnose, name="encounters_diagnose"),
    path(f"{_VISIT}/diagnoses/{_ROW}/remove/", encounters.undiagnose, name="encounters_undiagnose"),
    path(f"{_VISIT}/diagnoses/{_ROW}/first/", encounters.promote, name="encounters_promote"),
    path(f"{_P}/vitals/", observations.vitals, name="vitals_list"),
    path(f"{_P}/vitals/add/", observations.add, name="vitals_add"),
    path(f"{_P}/vitals/{_ROW}/error/", observations.error, name="vitals_error"),
    path(f"{_P}/results/", observations.results_list, name="results_list"),
    path(f"{_P}/medications/", medications.medications, name="medications_list"),
    path(f"{_P}/medications/add/", medications.add, name="medications_add"),
    path(f"{_P}/medications/{_ROW}/stop/", medications.stop, name="medications_stop"),
    path(f"{_P}/medications/{_ROW}/error/", medications.error, name="medications_error"),
    path(f"{_P}/allergies/", allergies.allergies, name="allergies_list"),
    path(f"{_P}/allergies/add/", allergies.add, name="allergies_add"),
    path(f"{_P}/allergies/none-known/", allergies.none_known, name="allergies_none_known"),
    path(f"{_P}/allergies/{_ROW}/resolve/", allergies.resolve, name="allergies_resolve"),
    path(f"{_P}/allergies/{_ROW}/error/", allergies.error, name="allergies_error"),
    path(f"{_P}/problems/", conditions.conditions, name="conditions_list"),
    path(f"{_P}/problems/add/", conditions.add, name="conditions_add"),
    path(f"{_P}/problems/{_ROW}/resolve/", conditions.resolve, name="conditions_resolve"),
    path(f"{_P}/problems/{_ROW}/error/", conditions.error, name="conditions_error"),
    path(f"{_P}/immunizations/", immunizations.immunizations, name="immunizations_list"),
    path(f"{_P}/immunizations/add/", immunizations.add, name="immunizations_add"),
    path(f"{_P}/immunizations/{_ROW}/error/", immunizations.error, name="immunizations_error"),
    path(f"{_P}/procedures/", procedures.procedures, name="procedures_list"),
    path(f"{_P}/procedures/{_ROW}/error/", procedures.error, name="procedures_error"),
]
