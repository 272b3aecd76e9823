"""Checks with payers on the pages of insurance."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.actions.eligibility import check_eligibility
from clinic.models import Coverage, CoverageEligibilityResponse, Patient
from emr.jobs.models import Job
from emr.shared.dates import clinic_today
from emr.shared.records import uuid7
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import CoverageFactory, PatientFactory, RelatedPersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D06")]


@pytest.fixture(autouse=True)
def _simulated(settings: Any) -> None:
    settings.ELIGIBILITY_BACKEND = "clinic.eligibility.simulator.Simulator"


@pytest.fixture
def desk(as_role: Callable[..., Client]) -> Client:
    ClinicFactory()
    return as_role("front_desk")


@pytest.fixture
def patient(db: None) -> Patient:
    made: Patient = PatientFactory.create()
    return made


def checked(client: Client, patient: Patient, member: str) -> CoverageEligibilityResponse:
    coverage = CoverageFactory(patient=patient, subscriber_id=member, plan_name="Choice", copay=None)
    return check_eligibility(by=client.user, coverage=coverage, service_date=clinic_today(), request_token=uuid7())


def insurance(client: Client, patient: Patient, **asked: str) -> str:
    return client.get(reverse("clinic:coverages_list", args=[patient.pk]), asked).content.decode()


def test_a_failed_check_stands_beside_the_policy_and_hides_nothing(desk: Client, patient: Patient) -> None:
    row = checked(desk, patient, "ABC93")
    page = insurance(desk, patient)
    assert "Could not be checked" in page
    assert "The payer gave no answer within 20 seconds." in page
    assert all(part in page for part in ("ABC93", row.insurer.name, "Choice", "In force"))


def test_a_failed_check_after_an_answer_leaves_its_copay_on_the_page(
    desk: Client, patient: Patient, settings: Any
) -> None:
    good = checked(desk, patient, "ABC100")
    settings.ELIGIBILITY_BACKEND = ""
    user = desk.user  # type: ignore[attr-defined]
    again = {"coverage": good.coverage, "service_date": clinic_today(), "request_token": uuid7()}
    assert check_eligibility(by=user, **again).outcome == "error"
    page = " ".join(re.sub(r"<[^>]+>", " ", insurance(desk, patient)).split())
    assert "Could not be checked" in page
    assert f"Copay ${good.copay:.2f} from the payer" in page
    assert "Before that: Active answered" in page


def test_the_copay_of_the_answer_is_shown(desk: Client, patient: Patient) -> None:
    row = checked(desk, patient, "ABC100")
    page = insurance(desk, patient)
    assert f"${row.copay}.00" in page or f"${row.copay}" in page
    assert "from the payer" in page


def test_a_check_is_asked_of_a_worker_once_for_the_day_of_service(desk: Client, patient: Patient) -> None:
    coverage = CoverageFactory(patient=patient)
    address = reverse("clinic:eligibility_ask", args=[patient.pk, coverage.pk])
    sent = {"service_date": "03-Apr-2026", "token": str(uuid7())}
    first, again = desk.post(address, sent), desk.post(address, sent)
    job = Job.objects.get()
    assert (job.payload["service_date"], job.payload["coverage"]) == ("2026-04-03", str(coverage.pk))
    assert first.headers["Location"] == again.headers["Location"]
    assert reverse("jobs:jobs_progress", args=[job.pk]) in desk.get(first.headers["Location"]).content.decode()


def test_the_history_has_every_try_and_the_page_of_one_all_that_went_over_the_line(
    desk: Client, patient: Patient
) -> None:
    row = checked(desk, patient, "ABC100")
    again = check_eligibility(by=desk.user, coverage=row.coverage, service_date=date(2026, 1, 2), request_token=uuid7())
    page = desk.get(reverse("clinic:eligibility_list", args=[patient.pk])).content.decode()
    assert page.count("<tr data-row>") == 2
    detail = desk.get(reverse("clinic:eligibility_detail", args=[patient.pk, again.pk])).content.decode()
    assert "DTP*291*D8*20260102" in detail
    assert "Copay, office visit, individual, visit, in network" in detail
    other = reverse("clinic:eligibility_detail", args=[PatientFactory.create().pk, row.pk])
    assert desk.get(other).status_code == 404


@pytest.mark.feature("B07")
def test_the_list_says_what_is_in_force_on_any_day_asked(desk: Client, patient: Patient) -> None:
    CoverageFactory(patient=patient, subscriber_id="OLD1", period_end=date(2025, 12, 31))
    CoverageFactory(patient=patient, subscriber_id="NEW1", period_start=date(2026, 1, 1))
    answers = {
        day: insurance(desk, patient, on=day).partition("All policies")[0] for day in ("2025-12-31", "2026-01-01")
    }
    assert [("OLD1" in page, "NEW1" in page) for page in answers.values()] == [(True, False), (False, True)]
    assert "billed to the patient" in insurance(desk, patient, on="2019-05-05")
    assert desk.get(reverse("clinic:coverages_list", args=[patient.pk]), {"on": "2026-02-31"}).status_code == 200


@pytest.mark.feature("B07")
def test_a_subscriber_on_file_fills_what_is_left_empty(desk: Client, patient: Patient) -> None:
    kin = RelatedPersonFactory(patient=patient, family_name="Ortiz", given_name="Ana", birth_date=date(1980, 5, 6))
    payer = CoverageFactory().payer
    sent = {
        "token": str(uuid7()),
        "payer": str(payer.pk),
        "order": "1",
        "subscriber_id": "X1",
        "relationship": "spouse",
        "subscriber_person": str(kin.pk),
    }
    desk.post(reverse("clinic:coverages_add", args=[patient.pk]), sent)
    row = Coverage.objects.get(patient=patient)
    assert (row.subscriber_person, row.subscriber_family_name, row.subscriber_birth_date) == (
        kin,
        "Ortiz",
        date(1980, 5, 6),
    )
    stranger = RelatedPersonFactory()
    answer = desk.post(
        reverse("clinic:coverages_add", args=[patient.pk]),
        {**sent, "token": str(uuid7()), "subscriber_person": str(stranger.pk)},
    )
    assert (answer.status_code, Coverage.objects.filter(patient=patient).count()) == (422, 1)


def test_the_list_asks_as_often_for_thirty_policies_as_for_one(desk: Client, patient: Patient) -> None:
    counts = []
    for numbers in (range(1), range(1, 30)):
        for number in numbers:
            period = {"period_start": date(1990 + number, 1, 1), "period_end": date(1990 + number, 12, 31)}
            coverage = CoverageFactory(patient=patient, **period)
            check_eligibility(by=desk.user, coverage=coverage, service_date=clinic_today(), request_token=uuid7())
        insurance(desk, patient)
        with CaptureQueriesContext(connection) as asked:
            insurance(desk, patient)
        counts.append(len(asked))
    assert counts[0] == counts[1]
