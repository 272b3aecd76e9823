"""The day on paper: all that is booked, nothing called off, totals, and nobody whom the reader may not know."""

from __future__ import annotations

import re
from decimal import Decimal
from io import BytesIO
from typing import Any

import pdfplumber
import pytest
from django.db import transaction

from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from emr.jobs.execute import execute
from emr.jobs.models import Job
from scheduling.models import AppointmentType
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone
from tests.factories.clinic import ContactPointFactory, CoverageFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.scheduling.conftest import at

SHEET, SHEETS = "/schedule/2026-11-23/sheet/", "/schedule/2026-11-23/sheets/"


def words(response: Any) -> list[str]:
    """The text of each page of the PDF."""
    assert response.headers["Content-Type"] == "application/pdf"
    content = b"".join(response.streaming_content) if response.streaming else response.content
    with pdfplumber.open(BytesIO(content)) as pdf:
        return [" ".join((page.extract_text() or "").split()) for page in pdf.pages]


@pytest.mark.django_db
@pytest.mark.feature("C12")
def test_all_that_is_booked_and_nothing_that_was_called_off(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    first = PatientFactory(family_name="Lopez", given_name="Rosa", interpreter_needed=True, language="es")
    ContactPointFactory(patient=first)
    CoverageFactory(patient=first, copay=Decimal("25.00"))
    AppointmentFactory(patient=first, practitioner=doctor, type=visit_type, start_at=at(9), reason="Knee pain")
    for family, status in (("Moved", "cancelled"), ("Missed", "noshow"), ("Here", "arrived")):
        patient = PatientFactory(family_name=family)
        hour = {"Moved": 10, "Missed": 11, "Here": 12}[family]
        AppointmentFactory(patient=patient, practitioner=doctor, type=visit_type, start_at=at(hour), status=status)
    other = PractitionerFactory(family_name="Brandt", given_name="Erik")
    AppointmentFactory(
        patient=PatientFactory(family_name="Theirs"), practitioner=other, type=visit_type, start_at=at(9)
    )
    client = as_role("front_desk")
    pages = words(client.get(SHEET))
    assert len(pages) == 2
    for text in (
        "09:00–09:20",
        "LOPEZ Rosa",
        "14-Mar-1962 (64y)",
        "Knee pain",
        "25.00",
        "Interpreter: Spanish",
        "HERE Maria",
    ):
        assert text in pages[1]
    assert "2 visits, 0 h 40 min booked, copays 25.00" in pages[1]
    assert "Page 2 of 2" in pages[1] or "2 of 2" in pages[1]
    for gone in ("MOVED", "MISSED", "THEIRS"):
        assert gone not in pages[1]
    assert "THEIRS" in pages[0]
    assert {event.action for event in AccessEvent.objects.filter(user=client.user)} == {"print"}
    assert len(words(client.get(f"{SHEET}?practitioner={doctor.pk}"))) == 1


@pytest.mark.django_db
@pytest.mark.feature("C12")
def test_every_policy_of_the_day_is_told_and_the_copay_is_that_of_the_first(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    both, second_alone = PatientFactory(family_name="Both"), PatientFactory(family_name="Second")
    CoverageFactory(patient=both, order=2, payer__name="Beta Mutual", subscriber_id="B2", copay=Decimal("9.00"))
    CoverageFactory(patient=both, payer__name="Alpha Health", subscriber_id="A1", copay=Decimal("25.00"))
    CoverageFactory(patient=second_alone, order=2, payer__name="Gamma Care", subscriber_id="G2", copay=Decimal("12.00"))
    for hour, patient in ((9, both), (10, second_alone)):
        AppointmentFactory(patient=patient, practitioner=doctor, type=visit_type, start_at=at(hour))
    [page] = words(as_role("front_desk").get(SHEET))
    for told in ("Alpha Health A1", "Beta Mutual B2", "Gamma Care G2", "copays 37.00"):
        assert told in page
    assert "None on file" not in page


@pytest.mark.django_db
@pytest.mark.feature("C12")
def test_a_time_is_reserved_for_whom_the_reader_may_not_know(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    secret = PatientFactory(family_name="Secretson", restricted=True)
    AppointmentFactory(patient=secret, practitioner=doctor, type=visit_type, start_at=at(9), reason="Private")
    [page] = words(as_role("front_desk").get(SHEET))
    assert "Reserved" in page
    assert "SECRETSON" not in page
    assert "Private" not in page
    assert not AccessEvent.objects.filter(patient_id=secret.pk).exists()


@pytest.mark.django_db
@pytest.mark.feature("C12")
def test_as_many_queries_at_one_visit_as_at_30(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType, queries: Any
) -> None:
    client = as_role("front_desk")
    AppointmentFactory(patient=PatientFactory(), practitioner=doctor, type=visit_type, start_at=at(8))
    with queries() as asked:
        client.get(SHEET)
    few = len(asked())
    for n in range(2, 31):
        AppointmentFactory(
            patient=PatientFactory(),
            practitioner=doctor,
            type=visit_type,
            start_at=at(8 + n // 4, n % 4 * 15),
            end_at=at(8 + n // 4, n % 4 * 15 + 10),
        )
    with queries() as asked:
        client.get(SHEET)
    assert len(asked()) == few


@pytest.mark.feature("C12")
def test_everybodys_sheets_are_made_in_the_background_and_handed_to_who_asked(
    committed_db: str, as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    other = PractitionerFactory(family_name="Brandt", given_name="Erik")
    for who, family, secret in ((doctor, "Lopez", False), (other, "Chen", False), (other, "Secretson", True)):
        patient = PatientFactory(family_name=family, restricted=secret)
        hour = {"Lopez": 9, "Chen": 10, "Secretson": 11}[family]
        AppointmentFactory(patient=patient, practitioner=who, type=visit_type, start_at=at(hour))
    client = as_role("front_desk")
    assert SHEETS in client.get("/schedule/2026-11-23/").content.decode()
    page = client.get(SHEETS).content.decode()
    assert "SECRETSON" not in page.upper()
    token = re.search(r'name="request_token" value="([^"]+)"', page)[1]  # type: ignore[index]
    answers = [client.post(SHEETS, {"request_token": token}) for _ in range(2)]
    job = Job.objects.get(name="scheduling.day_sheets")
    assert [answer.url for answer in answers] == [f"/jobs/{job.pk}/"] * 2
    assert job.payload == {"day": "2026-11-23"}
    execute(job.pk)
    job.refresh_from_db()
    assert (job.status, job.progress_done, job.progress_total) == ("succeeded", 2, 2)
    shown = client.get(f"/jobs/{job.pk}/").content.decode()
    link = re.search(r'href="([^"]+/files/[^"]+)"', shown)[1]  # type: ignore[index]
    answer = client.get(link)
    brandt, okafor = words(answer)
    assert ("CHEN" in brandt, "Reserved" in brandt, "LOPEZ" in okafor) == (True, True, True)
    assert "SECRETSON" not in brandt + okafor
    assert all("1 of 1" in one for one in (brandt, okafor)), "each sheet's pages are counted by themselves"
    printed = AccessEvent.objects.filter(user=client.user, action="print")
    named = Patient.objects.filter(pk__in=printed.values("patient_id"))
    assert sorted(named.values_list("family_name", flat=True)) == ["Chen", "Lopez"]
    assert as_role("front_desk").get(link).status_code == 404
    hidden = Patient.objects.get(family_name="Lopez")
    with transaction.atomic(), acting(someone()):
        hidden.restricted = True
        hidden.save(update_fields=["restricted"])
    assert client.get(link).status_code == 404, "of somebody on it one may not know any more"


@pytest.mark.django_db
@pytest.mark.feature("C12")
def test_a_day_without_visits_has_no_sheets_and_says_so(as_role: Any, doctor: Practitioner) -> None:
    client = as_role("front_desk")
    page = client.get(SHEETS).content.decode()
    assert "Nothing is booked on this day" in page
    assert "Make the PDF" not in page
    assert client.post(SHEETS, {}).status_code == 422
