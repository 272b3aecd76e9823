"""What the forms of the patient pages send."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from clinic.models import Patient
from emr.shared.records import uuid7

FORM = {
    "family_name": "Silva",
    "given_name": "Maria",
    "birth_date": "3/14/1962",
    "gender": "female",
}


def form(**values: Any) -> dict[str, Any]:
    return {**FORM, "token": str(uuid7()), **values}


def edit_form(client: Client, patient: Patient, **values: Any) -> dict[str, Any]:
    """What the page's form would send, with some values changed."""
    page = client.get(reverse("clinic:patients_edit", args=[patient.pk])).content.decode()
    version = re.search(r'name="version" value="([^"]+)"', page)
    assert version is not None
    base = {"family_name": patient.family_name, "given_name": patient.given_name, "gender": patient.gender}
    return {**base, "birth_date": "3/14/1962", "active": "on", "version": version[1], "keep_old_name": "on", **values}
