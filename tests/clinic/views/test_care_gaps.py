"""Care due on the pages: decided, taken back, listed for the clinic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import CareGapDecision, Patient
from emr.audit.models import AccessEvent
from emr.shared.dates import clinic_today
from tests.factories.chart import ProcedureFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.feature("F16"), pytest.mark.django_db]

Login = Callable[..., Client]
RULE = "colorectal-screening"


def _patient(**fields: object) -> Patient:
    patient: Patient = PatientFactory.create(**{"birth_date": date(1970, 5, 1), "gender": "male", **fields})
    return patient


def _decide(client: Client, patient: Patient, **sent: str) -> int:
    return client.post(reverse("clinic:care_decide", args=[patient.pk, RULE]), sent).status_code


def test_a_rule_says_its_source_and_is_decided_and_taken_back(as_role: Login) -> None:
    client, patient = as_role("nurse"), _patient()
    here = reverse("clinic:care_list", args=[patient.pk])
    page = client.get(here).content.decode()
    assert "US Preventive Services Task Force, 18 May 2021" in page
    assert "Version 2021-05" in page

    refused = [
        _decide(client, patient, decision="declined"),
        _decide(client, patient, decision="later"),
        _decide(client, patient, decision="done-elsewhere", way="Colonoscopy"),
        _decide(client, patient, decision="done-elsewhere", way="Colonoscopy", done_on="1-Jan-2001"),
        _decide(client, patient, decision="later", until="1-Jan-2020"),
    ]
    assert refused == [422] * 5
    assert not CareGapDecision.objects.exists()
    assert _decide(client, patient, decision="declined", reason="Afraid of it") == 303
    row = CareGapDecision.objects.get()
    assert (row.rule, row.rule_version, row.decision, row.until) == (RULE, "2021-05", "declined", None)
    shown = client.get(here).content.decode()
    assert ("Afraid of it" in shown, "For good" in shown) == (True, True)

    back = reverse("clinic:care_take_back", args=[patient.pk, row.pk])
    assert client.post(back, {"reason": ""}).status_code == 422
    client.post(back, {"reason": "Thought again"})
    assert "Afraid of it" not in client.get(here).content.decode()
    panel = client.get(reverse("clinic:care_panel", args=[patient.pk])).content.decode()
    assert ("HIV screening" in panel, "since 01-May-1985" in panel, "more<" in panel) == (True, True, True)
    last = clinic_today() - timedelta(days=40)
    done = {"decision": "done-elsewhere", "way": "Colonoscopy", "done_on": last.isoformat(), "reason": "At Mercy"}
    assert _decide(client, patient, **done) == 303
    row = CareGapDecision.objects.get(entered_in_error_at=None)
    assert (row.done_on, row.until and row.until.year, row.reason) == (last, last.year + 10, "Colonoscopy. At Mercy")
    assert client.get(reverse("clinic:care_decide", args=[patient.pk, "nothing"])).status_code == 404


def test_the_clinics_list_is_by_rule_and_its_reading_is_recorded(as_role: Login) -> None:
    client, owed, cared = as_role("clinician"), _patient(family_name="Owed"), _patient(family_name="Cared")
    ProcedureFactory(
        patient=cared, system="http://snomed.info/sct", code="73761001", performed_start="2024-02-01T12:00Z"
    )
    page = client.get(reverse("clinic:care_due"), {"rule": RULE}).content.decode()
    assert ("OWED" in page, "CARED" in page) == (True, False)
    assert set(AccessEvent.objects.filter(section="care").values_list("patient_id", flat=True)) == {owed.pk}
    assert client.get(reverse("clinic:care_due"), {"rule": "no such", "after": "x"}).status_code == 200
    assert as_role("front_desk").get(reverse("clinic:care_due")).status_code == 403


def test_pages_need_as_many_statements_however_many_there_are(as_role: Login) -> None:
    client, counted = as_role("clinician"), []
    for number in (1, 29):
        for _ in range(number):
            ProcedureFactory(patient=_patient(), performed_start="2001-02-01T12:00Z", code="73761001")
        for path in (reverse("clinic:care_due") + f"?rule={RULE}", _busy(number)):
            client.get(path)
            with CaptureQueriesContext(connection) as seen:
                client.get(path)
            counted.append(len(seen))
    assert counted[:2] == counted[2:]


def _busy(number: int) -> str:
    patient = _patient()
    for _ in range(number):
        ProcedureFactory(patient=patient, performed_start="2001-02-01T12:00Z")
    return reverse("clinic:care_list", args=[patient.pk])
