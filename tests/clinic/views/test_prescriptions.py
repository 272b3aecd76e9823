"""The pages of prescriptions, their paper, and requests for more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import MedicationRequest, MedicationStatement, RefillRequest
from clinic.queries.safety import check_new_drug
from emr.accounts.models import Practitioner
from emr.audit.actor import acting
from emr.codes.coding import Coding
from tests.factories.accounts import ClinicFactory
from tests.factories.care import PrescriptionFactory, RefillFactory
from tests.factories.chart import MedicationFactory
from tests.factories.clinic import (
    AllergyIntoleranceFactory,
    PatientAddressFactory,
    PatientFactory,
    PharmacyFactory,
)

pytestmark = [pytest.mark.feature("F07"), pytest.mark.django_db]

Login = Callable[..., Client]
_SUPPLY = {"quantity": "60", "quantity_unit": "tablets", "refills": "0", "substitution_allowed": "on"}


def _url(verb: str, *keys: Any) -> str:
    return reverse(f"clinic:{verb}", args=[getattr(key, "pk", key) for key in keys])


def _me(client: Client) -> Practitioner:
    who = Practitioner.objects.get(user=client.user)  # type: ignore[attr-defined]
    who.dea_number = "AB1234563"
    with acting(client.user):  # type: ignore[attr-defined]
        who.save()
    return who


def _text(content: bytes) -> tuple[int, str]:
    document = pypdfium2.PdfDocument(content)
    return len(document), " ".join("".join(page.get_textpage().get_text_range() for page in document).split())


def test_a_controlled_drug_from_the_form_to_the_copy(as_role: Login) -> None:
    ClinicFactory()
    client, patient = as_role("clinician"), PatientFactory(family_name="Silva", given_name="Maria")
    me, home = _me(client), PatientAddressFactory(patient=patient)
    AllergyIntoleranceFactory(patient=patient, display="Codeine")
    add = _url("prescriptions_add", patient)
    sent = {
        **_SUPPLY,
        "coding": "oxycodone 5 MG tablet",
        "coding_choice": "text",
        "dose_quantity": "5",
        "dose_unit": "mg",
        "frequency": "every 6 hours",
        "as_needed": "on",
        "more": "for pain",
        "prescriber": str(me.pk),
    }
    wrong = client.post(add, {**sent, "frequency": "", "more": "", "schedule": "4"})
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "Say how it is taken" in page
    assert "oxycodone 5 MG tablet is Schedule II." in page
    assert "oxycodone 5 MG tablet is of the same class: opioids." in page
    (alert,) = check_new_drug(patient, Coding("", "", "oxycodone 5 MG tablet")).stops
    token = {"request_token": "0197f000-0000-7000-8000-000000000001"}
    for _ in range(2):
        signing = client.post(add, {**sent, **token, f"why_{alert.key}": "tolerated"})
    row = MedicationRequest.objects.get()
    assert signing.headers["Location"] == _url("prescriptions_sign", patient, row)
    assert (row.schedule, row.dosage_text) == ("2", "5 mg every 6 hours as needed, for pain")
    assert "Below is exactly what your signature locks." in client.get(signing.headers["Location"]).content.decode()
    client.post(signing.headers["Location"])

    paper = client.post(_url("prescriptions_print", patient, row))
    pages, text = _text(paper.content)
    assert pages == 1
    for said in (
        "DEA AB1234563",
        f"{home.line1} {home.city}",
        "60 (sixty) tablets",
        "None. Schedule II is not refilled.",
        "Schedule II",
        row.number,
        "by hand",
    ):
        assert said in text, said
    assert "COPY" not in text
    silent = client.post(_url("prescriptions_print", patient, row))
    assert (silent.status_code, "Say why it is printed again" in silent.content.decode()) == (422, True)
    again = client.post(_url("prescriptions_print", patient, row), {"reason": "Jammed"})
    assert "COPY 1. Not another prescription" in _text(again.content)[1]
    shown = client.get(_url("prescriptions_detail", patient, row)).content.decode()
    assert "Jammed" in shown
    assert "is neither phoned nor faxed" in shown or "names no pharmacy" in shown


def test_a_drug_of_the_list_is_prescribed_phoned_and_taken_back(as_role: Login) -> None:
    client, patient = as_role("clinician"), PatientFactory()
    me, shop = _me(client), PharmacyFactory()
    drug = MedicationFactory(patient=patient, display="metformin 500 MG", frequency="twice a day")
    path = _url("prescriptions_prescribe", patient, drug)
    assert "no knowledge base of interactions is loaded" in client.get(path).content.decode()
    client.post(path, {**_SUPPLY, "frequency": "twice a day", "prescriber": str(me.pk), "pharmacy": str(shop.pk)})
    row = MedicationRequest.objects.get()
    assert row.medication == drug
    assert client.post(_url("prescriptions_transmit", patient, row), {"method": "phoned"}).status_code == 422
    client.post(_url("prescriptions_sign", patient, row))
    client.post(_url("prescriptions_transmit", patient, row), {"method": "phoned"})
    row.refresh_from_db()
    assert (row.status, row.method) == ("active", "phoned")
    assert client.post(_url("prescriptions_end", patient, row), {"reason": ""}).status_code == 422
    client.post(_url("prescriptions_end", patient, row), {"reason": "Diarrhea"})
    row.refresh_from_db()
    assert (row.status, row.status_reason) == ("stopped", "Diarrhea")
    stopped = MedicationFactory(patient=patient, status="stopped")
    assert client.get(_url("prescriptions_prescribe", patient, stopped)).status_code == 404


def test_a_nurse_drafts_and_a_clinician_signs(as_role: Login) -> None:
    nurse, clinician, patient = as_role("nurse"), as_role("clinician"), PatientFactory()
    me = _me(clinician)
    sent = {**_SUPPLY, "coding": "metformin 500 MG", "coding_choice": "text", "frequency": "daily"}
    done = nurse.post(_url("prescriptions_add", patient), {**sent, "prescriber": str(me.pk)})
    row = MedicationRequest.objects.get()
    assert done.headers["Location"] == _url("prescriptions_detail", patient, row)
    assert nurse.get(_url("prescriptions_sign", patient, row)).status_code == 403
    assert (
        "can&#39;t be signed yet" in as_role("clinician").get(_url("prescriptions_sign", patient, row)).content.decode()
    )
    nurse.post(_url("prescriptions_error", patient, row), {"reason": "Wrong chart"})
    row.refresh_from_db()
    assert (row.status, MedicationStatement.objects.get().status) == ("entered-in-error", "not-taken")


def test_more_is_asked_for_and_decided(as_role: Login) -> None:
    nurse, client, patient = as_role("nurse"), as_role("clinician"), PatientFactory()
    _me(client)
    drug = MedicationFactory(patient=patient, display="metformin 500 MG", frequency="daily")
    nurse.post(_url("refills_add", patient, drug), {"source": "pharmacy", "comment": "Called at noon"})
    asked = RefillRequest.objects.get()
    twice = nurse.post(_url("refills_add", patient, drug), {"source": "patient"})
    assert (twice.status_code, "is waiting already" in twice.content.decode()) == (422, True)
    assert "Called at noon" in client.get(_url("refills_list")).content.decode()
    decide = _url("refills_decide", patient, asked)
    assert nurse.get(decide).status_code == 403
    assert "It was never prescribed here." in client.get(decide).content.decode()
    client.post(decide, {**_SUPPLY, "dosage_text": "daily"})
    asked.refresh_from_db()
    assert asked.prescription is not None
    assert (asked.status, asked.prescription.status) == ("accepted", "active")

    second = RefillFactory(medication=drug)
    decide = _url("refills_decide", patient, second)
    same = {**_SUPPLY, "dosage_text": "daily"}
    assert "say why" in client.post(decide, {**same, "quantity": "90"}).content.decode()
    client.post(decide, {**same, "quantity": "90", "reason": "Ninety days"})
    second.refresh_from_db()
    assert second.decision_reason == "Ninety days"
    third = RefillFactory(medication=drug)
    assert client.post(_url("refills_deny", patient, third), {"reason": ""}).status_code == 422
    client.post(_url("refills_deny", patient, third), {"reason": "A visit first"})
    assert "A visit first" in client.get(_url("refills_list") + "?show=decided").content.decode()
    client.post(_url("medications_stop", patient, drug), {"reason": "Diarrhea", "on": "2026-11-20"})
    fourth = RefillFactory(medication=drug)
    gone = client.get(_url("refills_decide", patient, fourth)).content.decode()
    assert "is not on the list any more (Diarrhea)" in gone
    assert "Approve and sign" not in gone
    assert client.post(_url("refills_decide", patient, fourth), same).status_code == 422
    nurse.post(_url("refills_withdraw", patient, fourth))
    fourth.refresh_from_db()
    assert fourth.status == "cancelled"
    listed = nurse.get(_url("prescriptions_list", patient)).content.decode()
    assert ("A visit first" in listed, "Ninety days" in listed) == (True, True)


def test_lists_need_as_many_statements_however_long(as_role: Login) -> None:
    client, counted = as_role("clinician"), []
    for rows in (1, 30):
        patient = PatientFactory()
        for at in range(rows):
            drug = MedicationFactory(patient=patient, display=f"thing{at}")
            PrescriptionFactory(medication=drug)
            RefillFactory(medication=drug)
        for path in (_url("prescriptions_list", patient), _url("refills_list")):
            client.get(path)
            with CaptureQueriesContext(connection) as seen:
                client.get(path)
            counted.append(len(seen))
    assert counted[:2] == counted[2:]
