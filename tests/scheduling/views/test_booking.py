"""Booking by the form, with and without htmx."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Practitioner
from emr.audit.models import AccessEvent
from scheduling.models import Appointment, AppointmentType
from scheduling.queries.booking import read_slot
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, AppointmentTypeFactory, RecallFactory
from tests.races import at_once
from tests.scheduling.conftest import at

BOOK = "/schedule/book/"


def slot(doctor: Practitioner, hour: int, minute: int = 0) -> str:
    return f"{doctor.pk}@{at(hour, minute).isoformat()}"


@pytest.fixture
def filled(doctor: Practitioner, visit_type: AppointmentType) -> Any:
    """The form's values for a visit at nine; a test changes what it is about."""

    def values(**wanted: Any) -> dict[str, Any]:
        return {
            "step": "book",
            "patient": str(PatientFactory().pk) if "patient" not in wanted else "",
            "q": "",
            "type": str(visit_type.pk),
            "practitioner": str(doctor.pk),
            "day": "2026-11-23",
            "slot": slot(doctor, 9),
            "time": "",
            "override_reason": "",
            "reason": "Cough",
            "comment": "",
            "request_token": str(uuid4()),
            **wanted,
        }

    return values


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.django_db
class TestForm:
    def test_a_link_presets_patient_practitioner_and_time(
        self, as_role: Any, doctor: Practitioner, visit_type: AppointmentType
    ) -> None:
        patient = PatientFactory.create(family_name="Lopez")
        client = as_role("front_desk")
        page = text(
            client.get(BOOK, {"patient": patient.pk, "practitioner": doctor.pk, "start": at(10, 20).isoformat()})
        )
        assert "LOPEZ, Maria" in page
        assert "Born 14-Mar-1962" in page
        assert f"MRN {patient.mrn[:3]} {patient.mrn[3:6]}" in page
        assert re.search(r'value="[^"]+T16:20:00\+00:00" checked', page)
        assert AccessEvent.objects.filter(user=client.user, patient_id=patient.pk, section="appointments").exists()

    @pytest.mark.feature("D08")
    def test_a_visit_booked_from_the_recalls_serves_its_recall(
        self, as_role: Any, filled: Any, doctor: Practitioner
    ) -> None:
        row, client = RecallFactory.create(), as_role("front_desk")
        stranger = RecallFactory.create()
        link = f"{BOOK}?recall={row.pk}&amp;patient={row.patient_id}"
        worklist = reverse("scheduling:recalls_list")
        assert link in client.get(worklist).content.decode()
        assert f'name="recall" value="{row.pk}"' in client.get(link.replace("&amp;", "&")).content.decode()
        sent = filled(patient=str(row.patient_id), recall=str(row.pk))
        assert [client.post(BOOK, sent).headers["Location"] for _ in range(2)] == [worklist] * 2
        row.refresh_from_db()
        assert row.appointment == Appointment.objects.get()
        foreign = filled(patient=str(row.patient_id), recall=str(stranger.pk), slot=slot(doctor, 11))
        assert client.post(BOOK, foreign).status_code == 303
        stranger.refresh_from_db()
        assert stranger.appointment is None

    def test_a_time_between_the_offered_ones_is_offered_when_asked_for(
        self, as_role: Any, doctor: Practitioner, visit_type: AppointmentType
    ) -> None:
        page = text(as_role("front_desk").get(BOOK, {"practitioner": doctor.pk, "start": at(10, 30).isoformat()}))
        assert re.search(r'value="[^"]+T16:30:00\+00:00" checked', page)

    @pytest.mark.parametrize(("since", "kept"), [(14, True), (16, False)])
    def test_a_chosen_time_that_begins_while_the_form_is_filled_in_stays_chosen(
        self, as_role: Any, doctor: Practitioner, visit_type: AppointmentType, since: int, kept: bool
    ) -> None:
        start = at(10, 20)
        with time_machine.travel(start + timedelta(minutes=since), tick=False):
            page = text(as_role("front_desk").get(BOOK, {"practitioner": doctor.pk, "start": start.isoformat()}))
        assert bool(re.search(r'value="[^"]+T16:20:00\+00:00" checked', page)) == kept

    def test_books(self, as_role: Any, filled: Any, doctor: Practitioner) -> None:
        client = as_role("front_desk")
        response = client.post(BOOK, filled())
        assert (response.status_code, response.headers["Location"]) == (303, "/schedule/2026-11-23/")
        made = Appointment.objects.get()
        assert (made.start_at, made.practitioner, made.reason, made.created_by) == (
            at(9),
            doctor,
            "Cough",
            client.user,
        )

    def test_search_then_choose_without_javascript(self, as_role: Any, filled: Any) -> None:
        patient = PatientFactory(family_name="Lopez")
        client = as_role("front_desk")
        found = text(client.post(BOOK, filled(step="find", patient="", q="lopez")))
        assert f'name="choose" value="{patient.pk}"' in found
        assert 'value="Cough"' in found
        chosen = text(client.post(BOOK, {**filled(step="", patient=""), "choose": str(patient.pk)}))
        assert "LOPEZ, Maria" in chosen
        assert f'value="{patient.pk}"' in chosen
        actions = set(AccessEvent.objects.filter(patient_id=patient.pk).values_list("action", flat=True))
        assert actions == {"search", "view"}

    def test_enter_in_the_search_box_searches(self, as_role: Any, filled: Any) -> None:
        PatientFactory(family_name="Lopez")
        response = as_role("front_desk").post(BOOK, filled(patient="", q="lopez"))
        assert response.status_code == 200
        assert "Choose LOPEZ, Maria, born 14-Mar-1962" in text(response)

    @pytest.mark.feature("C02")
    def test_the_type_sets_the_length_of_the_times_offered(self, as_role: Any, filled: Any) -> None:
        long = AppointmentTypeFactory(duration_minutes=60)
        response = as_role("front_desk").post(
            BOOK, filled(step="times", type=str(long.pk), slot=""), headers={"HX-Request": "true"}
        )
        times = re.findall(r"<span>(\d\d:\d\d)</span>", text(response))
        assert times == [f"{hour:02d}:00" for hour in range(8, 17)]
        assert "<html" not in text(response)

    @pytest.mark.feature("C04")
    def test_a_taken_time_says_so_and_offers_the_next_ones(
        self, as_role: Any, filled: Any, doctor: Practitioner, visit_type: AppointmentType
    ) -> None:
        AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9))
        client, values = as_role("front_desk"), filled(reason="Cough & fever")
        response = client.post(BOOK, values)
        page = text(response)
        assert response.status_code == 409
        assert "09:00 on 23-Nov-2026 with Dr A. Okafor is taken" in page
        assert "Cough &amp; fever" in page
        assert values["patient"] in page
        assert values["request_token"] in page
        offered = re.findall(r'name="take" value="([^"]+)"', page)
        assert [read_slot(one)[1] for one in offered][:2] == [at(9, 20), at(9, 40)]  # type: ignore[index]
        assert client.post(BOOK, {**values, "take": offered[0]}).status_code == 303
        assert Appointment.objects.filter(start_at=at(9, 20), reason="Cough & fever").exists()

    def test_the_deceased_are_refused(self, as_role: Any, filled: Any) -> None:
        gone = PatientFactory(deceased_at=at(9) - timedelta(days=30))
        response = as_role("front_desk").post(BOOK, {**filled(), "patient": str(gone.pk)})
        assert response.status_code == 422
        assert "died on 24-Oct-2026" in text(response)
        assert not Appointment.objects.exists()

    def test_a_restricted_patient_can_not_be_named_by_id(self, as_role: Any, filled: Any) -> None:
        secret = PatientFactory(family_name="Secretson", restricted=True)
        response = as_role("front_desk").post(BOOK, {**filled(), "patient": str(secret.pk)})
        assert response.status_code == 422
        assert "SECRETSON" not in text(response)
        assert not Appointment.objects.exists()

    def test_outside_the_hours_needs_a_reason(self, as_role: Any, filled: Any, doctor: Practitioner) -> None:
        client, values = as_role("front_desk"), filled(slot="", time="18:30")
        refused = client.post(BOOK, values)
        assert refused.status_code == 422
        assert "outside the hours of Dr A. Okafor" in text(refused)
        assert client.post(BOOK, {**values, "override_reason": "Stays late"}).status_code == 303
        assert Appointment.objects.get().start_at == at(18, 30)

    @pytest.mark.parametrize("bad", ["", "x", "x@y", "00000000-0000-0000-0000-000000000000@2026-11-23T09:00:00+00:00"])
    def test_a_broken_time_is_asked_for_again(self, as_role: Any, filled: Any, bad: str) -> None:
        response = as_role("front_desk").post(BOOK, filled(slot=bad))
        assert response.status_code == 422
        assert "Choose a time." in text(response)

    @pytest.mark.parametrize("query", ["patient=x", "start=9", "practitioner=1&start=2026-11-23T09:00", "day=x&type=y"])
    def test_broken_links_open_an_empty_form(self, as_role: Any, doctor: Practitioner, query: str) -> None:
        assert as_role("front_desk").get(f"{BOOK}?{query}").status_code == 200

    @pytest.mark.parametrize("role", ["biller", "privacy_officer"])
    def test_not_for_everybody(self, as_role: Any, role: str) -> None:
        assert as_role(role).get(BOOK).status_code == 403


@pytest.mark.feature("C14")
def test_ten_equal_posts_book_once(committed_db: str, as_role: Any, filled: Any) -> None:
    values = filled()
    cookies = as_role("front_desk").cookies

    def post(_: int) -> int:
        client = Client()
        client.cookies = cookies
        return client.post(BOOK, values).status_code

    with time_machine.travel(at(7, 58), tick=False):
        statuses = at_once(10, post)
    assert statuses == [303] * 10
    assert Appointment.objects.count() == 1
