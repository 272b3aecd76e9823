"""Insurance of a patient, and the payers."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import coverages, eligibility

_ONE = "<uuid:patient_id>/coverages/<uuid:coverage_id>"

urlpatterns: list[URLPattern] = [
    path("payers/", coverages.payers, name="payers_list"),
    path("payers/new/", coverages.add_payer, name="payers_add"),
    path("payers/<uuid:payer_id>/", coverages.edit_payer, name="payers_edit"),
    path("<uuid:patient_id>/coverages/", coverages.coverages, name="coverages_list"),
    path("<uuid:patient_id>/coverages/new/", coverages.add, name="coverages_add"),
    path("<uuid:patient_id>/coverages/swap/", coverages.swap, name="coverages_swap"),
    path("<uuid:patient_id>/coverages/checks/", eligibility.history, name="eligibility_list"),
    path("<uuid:patient_id>/coverages/checks/<uuid:check_id>/", eligibility.detail, name="eligibility_detail"),
    path(f"{_ONE}/check/", eligibility.ask, name="eligibility_ask"),
    path(f"{_ONE}/verify/", coverages.verify, name="coverages_verify"),
    path(f"{_ONE}/edit/", coverages.edit, name="coverages_edit"),
    path(f"{_ONE}/replace/", coverages.replace, name="coverages_replace"),
    path(f"{_ONE}/end/", coverages.end, name="coverages_end"),
    path(f"{_ONE}/error/", coverages.error, name="coverages_error"),
]
