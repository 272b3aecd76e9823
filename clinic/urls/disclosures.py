"""Disclosures and patients' requests."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import disclosures

_P = "<uuid:patient_id>/disclosures"
_ASKED = f"{_P}/requests/<uuid:request_id>"

urlpatterns: list[URLPattern] = [
    path("disclosures/", disclosures.report, name="disclosures_report"),
    path("disclosures/export/", disclosures.export_report, name="disclosures_export"),
    path(f"{_P}/", disclosures.disclosures, name="disclosures_list"),
    path(f"{_P}/add/", disclosures.add, name="disclosures_add"),
    path(f"{_P}/print/", disclosures.print_accounting, name="disclosures_print"),
    path(f"{_P}/file/", disclosures.export_accounting, name="disclosures_file"),
    path(f"{_P}/requests/add/", disclosures.ask, name="requests_add"),
    path(f"{_ASKED}/decide/", disclosures.decide, name="requests_decide"),
    path(f"{_ASKED}/disagree/", disclosures.disagree, name="requests_disagree"),
]
