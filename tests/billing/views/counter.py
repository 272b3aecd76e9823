"""The form of a payment over the counter, where it is sent, and the words of a receipt."""

from __future__ import annotations

import pypdfium2  # type: ignore[import-untyped]
from django.urls import reverse

from clinic.models import Patient
from emr.shared.records import uuid7
from scheduling.models import Appointment


def panel_url(patient: Patient, visit: Appointment | None = None) -> str:
    return reverse("billing:payments_panel", args=[patient.pk, visit.pk] if visit else [patient.pk])


def form(amount: str = "30.00", **more: str) -> dict[str, str]:
    return {"amount": amount, "kind": "copay", "method": "cash", "request_token": str(uuid7()), **more}


def words(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
