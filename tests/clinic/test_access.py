"""Who may know of a patient."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinic.access import visible_to
from clinic.models import Patient
from emr.accounts.models import User
from tests.factories.clinic import PatientFactory, grant_chart, grant_chart_to_role

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A04")]


def _seen(user: User) -> set[Patient]:
    return set(visible_to(user))


def test_a_restricted_chart_is_known_to_those_to_whom_it_is_granted(person: Callable[..., User]) -> None:
    granted, other, nurse, front_desk = person("clinician"), person("clinician"), person("nurse"), person("front_desk")
    plain, by_name, by_role = PatientFactory(), PatientFactory(restricted=True), PatientFactory(restricted=True)
    grant_chart(granted, by_name)
    grant_chart_to_role("nurse", by_role)
    assert _seen(granted) == {plain, by_name}
    assert _seen(other) == {plain}
    assert _seen(nurse) == {plain, by_role}
    assert _seen(front_desk) == {plain}


def test_somebody_deactivated_knows_nobody(person: Callable[..., User]) -> None:
    user = person("clinician")
    grant_chart(user, PatientFactory(restricted=True))
    user.is_active = False
    assert _seen(user) == set()


def test_list_and_page_agree(as_role: Callable[..., Client]) -> None:
    client = as_role("clinician")
    user: User = client.user  # type: ignore[attr-defined]
    patients = [PatientFactory(), PatientFactory(restricted=True), PatientFactory(restricted=True)]
    grant_chart(user, patients[2])
    opened = {
        patient
        for patient in patients
        if client.get(reverse("clinic:chart_summary", args=[patient.pk])).status_code == 200
    }
    assert opened == _seen(user)
