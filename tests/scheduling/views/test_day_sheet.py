"""The day on paper: all that is booked, nothing called off, totals, and nobody whom the reader may not know."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pdfplumber
import pytest

from emr.accounts.models import Practitioner
from emr.audit.models import AccessEvent
from scheduling.models import AppointmentType
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import ContactPointFactory, CoverageFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.scheduling.conftest import at

pytestmark = pytest.mark.django_db

SHEET = "/schedule/2026-11-23/sheet/"


def words(response: Any) -> list[str]:
    """The text of each page of the PDF."""
    assert response.headers["Content-Type"] == "application/pdf"
    with pdfplumber.open(BytesIO(response.content)) as pdf:
        return [" ".join((page.extract_text() or "").split()) for page in pdf.pages]


@pytest.mark.feature("C12")
def test_all_that_is_booked_and_nothing_that_was_called_off(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    first = PatientFactory(family_name="Lopez", given_name="Rosa")
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
    for text in ("09:00–09:20", "LOPEZ Rosa", "14-Mar-1962 (64y)", "Knee pain", "25.00", "HERE Maria"):
        assert text in pages[1]
    assert "2 visits, 0 h 40 min booked, copays 25.00" in pages[1]
    assert "Page 2 of 2" in pages[1] or "2 of 2" in pages[1]
    for gone in ("MOVED", "MISSED", "THEIRS"):
        assert gone not in pages[1]
    assert "THEIRS" in pages[0]
    assert {event.action for event in AccessEvent.objects.filter(user=client.user)} == {"print"}
    assert len(words(client.get(f"{SHEET}?practitioner={doctor.pk}"))) == 1


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
