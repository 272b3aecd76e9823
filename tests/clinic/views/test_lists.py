"""The pages of the chart's lists: who may open them, what they show, what they cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Patient
from emr.audit.models import AccessEvent
from tests.factories.care import CarePlanFactory, CareTeamFactory, DeviceFactory, FamilyFactory, GoalFactory
from tests.factories.chart import (
    ConditionFactory,
    ImmunizationFactory,
    MedicationFactory,
    ObservationFactory,
    ProcedureFactory,
    VisitFactory,
    blood_pressure,
)
from tests.factories.clinic import AllergyIntoleranceFactory, AllergyReactionFactory, PatientFactory

pytestmark = pytest.mark.django_db


def _allergy(patient: Patient) -> None:
    AllergyReactionFactory(allergy=AllergyIntoleranceFactory(patient=patient))


def _result(patient: Patient) -> None:
    ObservationFactory(patient=patient, category="laboratory", code="2823-3", display="Potassium", value_unit="mmol/L")


def _visit(patient: Patient) -> None:
    VisitFactory(patient=patient)


def _one_of_each(patient: Patient) -> None:
    for make in _MAKERS.values():
        make(patient)


_MAKERS: dict[str, Callable[[Patient], Any]] = {
    "conditions": lambda patient: ConditionFactory(patient=patient),
    "medications": lambda patient: MedicationFactory(patient=patient),
    "allergies": _allergy,
    "immunizations": lambda patient: ImmunizationFactory(patient=patient),
    "procedures": lambda patient: ProcedureFactory(patient=patient),
    "family_history": lambda patient: FamilyFactory(patient=patient),
    "social_history": lambda patient: ObservationFactory(patient=patient, category="social-history", code="11341-5"),
    "devices": lambda patient: DeviceFactory(patient=patient),
    "care_team": lambda patient: CareTeamFactory(patient=patient),
    "goals": lambda patient: GoalFactory(patient=patient, care_plan=CarePlanFactory(patient=patient)),
    "care_plans": lambda patient: GoalFactory(patient=patient, care_plan=CarePlanFactory(patient=patient)),
    "vitals": lambda patient: blood_pressure(patient=patient),
    "results": _result,
    "encounters": _visit,
}
#: The statements of one page, however long its list: session, user, permissions and access event included.
_QUERIES = {
    "clinic:conditions_list": ("conditions", 14),
    "clinic:medications_list": ("medications", 19),
    "clinic:allergies_list": ("allergies", 20),
    "clinic:immunizations_list": ("immunizations", 14),
    "clinic:procedures_list": ("procedures", 14),
    "clinic:family_history_list": ("family_history", 14),
    "clinic:social_history_list": ("social_history", 15),
    "clinic:devices_list": ("devices", 14),
    "clinic:care_team_list": ("care_team", 14),
    "clinic:goals_list": ("goals", 14),
    "clinic:care_plans_list": ("care_plans", 15),
    "clinic:vitals_list": ("vitals", 20),
    "clinic:results_list": ("results", 18),
    "clinic:encounters_list": ("encounters", 15),
    "clinic:chart_summary": ("summary", 15),
}


def _count(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return len(caught)


@pytest.mark.parametrize("name", _QUERIES)
def test_a_page_costs_the_same_with_one_row_and_with_thirty(name: str, as_role: Callable[..., Client]) -> None:
    room, expected = _QUERIES[name]
    make = _MAKERS.get(room, _one_of_each)
    one, thirty = PatientFactory(), PatientFactory()
    make(one)
    for _ in range(30):
        make(thirty)
    client = as_role("clinician")

    counts = [_count(client, reverse(name, args=[patient.pk])) for patient in (one, thirty)]

    assert counts == [expected, expected]


@pytest.mark.parametrize("name", _QUERIES)
def test_looking_at_a_page_is_on_record_once_with_its_section(name: str, as_role: Callable[..., Client]) -> None:
    section, _ = _QUERIES[name]
    patient = PatientFactory()
    _one_of_each(patient)
    client = as_role("nurse")

    client.get(reverse(name, args=[patient.pk]))

    event = AccessEvent.objects.get(patient_id=patient.pk)
    assert (event.section, event.url_name, event.user) == (section, name, client.user)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", _QUERIES)
def test_an_empty_chart_says_what_to_do(name: str, as_role: Callable[..., Client]) -> None:
    client = as_role("clinician")

    response = client.get(reverse(name, args=[PatientFactory().pk]))

    assert response.status_code == 200
    assert 'class="empty' in response.content.decode()
