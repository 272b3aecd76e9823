"""A desk, and a patient with all that a search shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories.clinic import (
    ContactPointFactory,
    PatientAddressFactory,
    PatientFactory,
    PatientNameFactory,
)


@pytest.fixture
def desk(as_role: Any) -> Client:
    return as_role("front_desk")


@pytest.fixture
def maria() -> Any:
    patient = PatientFactory(
        mrn="1004827", family_name="Silva", given_name="Maria", middle_name="Luz", preferred_name="Mia"
    )
    ContactPointFactory(patient=patient, value="+12175550142")
    PatientAddressFactory(patient=patient)
    PatientNameFactory(patient=patient, family_name="Oliveira", given_name="Maria")
    return patient
