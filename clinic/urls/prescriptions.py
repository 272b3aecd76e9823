"""Prescriptions and requests to refill them."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import prescriptions, refills

_P = "<uuid:patient_id>"
_DRUG = f"{_P}/medications/<uuid:medication_id>"
_RX = f"{_P}/prescriptions/<uuid:prescription_id>"
_REFILL = f"{_P}/refills/<uuid:refill_id>"

urlpatterns: list[URLPattern] = [
    path("refills/", refills.refills, name="refills_list"),
    path(f"{_P}/prescriptions/", prescriptions.prescriptions, name="prescriptions_list"),
    path(f"{_P}/prescriptions/add/", prescriptions.add, name="prescriptions_add"),
    path(f"{_DRUG}/prescribe/", prescriptions.prescribe, name="prescriptions_prescribe"),
    path(f"{_RX}/", prescriptions.detail, name="prescriptions_detail"),
    path(f"{_RX}/edit/", prescriptions.edit, name="prescriptions_edit"),
    path(f"{_RX}/sign/", prescriptions.sign, name="prescriptions_sign"),
    path(f"{_RX}/print/", prescriptions.print_one, name="prescriptions_print"),
    path(f"{_RX}/transmit/", prescriptions.transmit, name="prescriptions_transmit"),
    path(f"{_RX}/end/", prescriptions.end, name="prescriptions_end"),
    path(f"{_RX}/error/", prescriptions.error, name="prescriptions_error"),
    path(f"{_DRUG}/refill/", refills.add, name="refills_add"),
    path(f"{_REFILL}/", refills.decide, name="refills_decide"),
    path(f"{_REFILL}/deny/", refills.deny, name="refills_deny"),
    path(f"{_REFILL}/withdraw/", refills.withdraw, name="refills_withdraw"),
]
