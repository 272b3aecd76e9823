"""The page of the chart as it was known, and the same on paper."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.actions.errors import enter_in_error
from clinic.models import Condition, Patient
from emr.accounts.models import User
from emr.audit.models import AccessEvent, Log, SealBlock
from tests.factories.chart import ConditionFactory, blood_pressure
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("X7")]

THEN = datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.fixture
def patient(person: Callable[..., User]) -> Patient:
    """One whose migraine was an error, as was found out in June."""
    with time_machine.travel(THEN, tick=False):
        row: Condition = ConditionFactory.create(display="Migraine")
        blood_pressure(patient=row.patient)
    with time_machine.travel(datetime(2026, 6, 1, 16, tzinfo=UTC), tick=False):
        enter_in_error(by=person("clinician"), row=row, reason="Belongs to her sister")
    return row.patient


def _get(client: Client, patient: Patient, **asked: str) -> str:
    answer = client.get(reverse("clinic:chart_as_of", args=[patient.pk]), asked)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_day_shows_what_was_known_on_it(as_role: Callable[..., Client], patient: Patient) -> None:
    client = as_role("nurse")
    then, now = _get(client, patient, on="2026-03-31"), _get(client, patient)
    assert "As known on 31-Mar-2026 at 23:59" in then
    assert "Migraine" in then
    assert "152/88" in then
    assert "Belongs to her sister" not in then
    assert "Entered in error" in now
    assert "Nothing was known yet" in _get(client, patient, on="2026-03-01")


def test_a_time_cuts_the_day(as_role: Callable[..., Client], patient: Patient) -> None:
    client = as_role("nurse")
    assert "Migraine" not in _get(client, patient, on="2026-03-01", at="00:10")
    assert "Migraine" in _get(client, patient, on="2026-03-03", at="00:10")


def test_it_says_what_a_purge_took_from_it(as_role: Callable[..., Client], patient: Patient) -> None:
    client = as_role("nurse")
    assert "Not the whole chart" not in _get(client, patient)
    header = json.dumps({"kind": "purge", "purged_before": "2020-11-01T05:00:00+00:00"})
    SealBlock.objects.create(
        log=Log.CHANGES, number=9, sealed_at=THEN, rows=0, header=header, leaves=b"", signature=b"s"
    )
    page = _get(client, patient)
    assert "Not the whole chart" in page
    assert "The log of changes begins on 01-Nov-2020" in page


@pytest.mark.parametrize("asked", [{"on": "junk"}, {"on": "2199-01-01"}, {"on": "2026-03-01", "at": "junk"}])
def test_nonsense_is_answered_beside_the_field(
    as_role: Callable[..., Client], patient: Patient, asked: dict[str, str]
) -> None:
    answer = as_role("nurse").get(reverse("clinic:chart_as_of", args=[patient.pk]), asked)
    assert answer.status_code == 422
    assert 'class="error' in answer.content.decode() or "aria-invalid" in answer.content.decode()


def test_a_print_is_on_record_as_one(as_role: Callable[..., Client], patient: Patient) -> None:
    client = as_role("clinician")
    answer = client.get(reverse("clinic:chart_as_of_print", args=[patient.pk]), {"on": "2026-03-31"})
    assert answer.content.startswith(b"%PDF")
    event = AccessEvent.objects.get(patient_id=patient.pk)
    assert (event.section, event.action) == ("as_of", "print")


@pytest.mark.parametrize("role", ["front_desk", "biller", "manager", "privacy_officer"])
def test_who_may_not_read_the_chart_may_not_read_its_past(as_role: Callable[..., Client], role: str) -> None:
    patient: Patient = PatientFactory.create()
    client = as_role(role)
    for name in ("chart_as_of", "chart_as_of_print"):
        assert client.get(reverse(f"clinic:{name}", args=[patient.pk])).status_code == 403
