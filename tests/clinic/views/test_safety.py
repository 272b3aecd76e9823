"""Safety checks on the pages: where a drug is entered, where an allergy is, and the page of all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import MedicationStatement, SafetyOverride
from clinic.queries.safety import check_new_drug, standing_alerts
from emr.codes.coding import Coding
from tests.factories.care import KnowledgeBaseFactory
from tests.factories.chart import MedicationFactory
from tests.factories.clinic import AllergyIntoleranceFactory, PatientFactory

pytestmark = [pytest.mark.feature("F06"), pytest.mark.django_db]

Login = Callable[..., Client]


def test_entering_a_drug_asks_why_and_keeps_the_answer(as_role: Login) -> None:
    patient, client = PatientFactory(), as_role("nurse")
    AllergyIntoleranceFactory(patient=patient, display="Penicillin V")
    MedicationFactory(patient=patient, display="ampicillin 500 MG")
    path, sent = (
        reverse("clinic:medications_add", args=[patient.pk]),
        {"coding": "Amoxicillin", "coding_choice": "text"},
    )
    asked = client.post(path, sent)
    assert asked.status_code == 422
    page = asked.content.decode()
    assert "An allergy to Penicillin V is on file, and Amoxicillin is of the same class: penicillins." in page
    assert "Choose why you go on, or choose another drug." in page
    assert not MedicationStatement.objects.filter(display="Amoxicillin").exists()

    (alert,) = check_new_drug(patient, Coding("", "", "Amoxicillin")).stops
    shown = client.post(path, {**sent, f"why_{alert.key}": "benefit", "why_comment": "Syphilis"}, follow=True)
    assert SafetyOverride.objects.get().comment == "Syphilis"
    # What only warns is said, and stops nobody.
    assert "Amoxicillin and ampicillin 500 MG are of the same class: penicillins." in shown.content.decode()


def test_an_allergy_says_what_it_speaks_against_and_the_list_keeps_saying_it(as_role: Login) -> None:
    patient, client = PatientFactory(), as_role("clinician")
    row = MedicationFactory(patient=patient, display="Amoxicillin 250 MG")
    said = "An allergy to Penicillin is on file, and Amoxicillin 250 MG is of the same class: penicillins."
    sent = {"coding": "Penicillin", "coding_choice": "text"}
    assert said in client.post(reverse("clinic:allergies_add", args=[patient.pk]), sent, follow=True).content.decode()
    medications = reverse("clinic:medications_list", args=[patient.pk])
    assert said in client.get(medications).content.decode()

    page = client.get(reverse("clinic:safety_list", args=[patient.pk])).content.decode()
    assert "no knowledge base of interactions is loaded" in page
    key = standing_alerts(patient)[1][0][1].key
    over = reverse("clinic:safety_override", args=[patient.pk])
    assert client.post(over, {"key": key, "reason": ""}).status_code == 422
    assert client.post(over, {"key": "gone", "reason": "tolerated"}).status_code == 409
    after = client.post(over, {"key": key, "reason": "tolerated", "comment": "Twice"}, follow=True).content.decode()
    assert "Has tolerated it before. Twice" in after
    assert SafetyOverride.objects.get().medication == row
    assert said not in client.get(medications).content.decode()


def test_the_checks_need_as_many_statements_for_long_lists(as_role: Login) -> None:
    client, counted = as_role("nurse"), []
    for rows in (1, 30):
        patient = PatientFactory()
        for at in range(rows):
            MedicationFactory(patient=patient, display=f"thing{at} 5 MG")
            AllergyIntoleranceFactory(patient=patient, display=f"stuff{at}")
        path = reverse("clinic:safety_list", args=[patient.pk])
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            client.get(path)
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_what_the_checks_know_is_said(as_role: Login) -> None:
    KnowledgeBaseFactory(name="Old pairs")
    page = as_role("nurse").get(reverse("clinic:knowledge_list")).content.decode()
    assert "Old pairs 1" in page
    assert "Only the shipped classes are known." in page
