"""Somebody new, registered and booked by one button of the booking page."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from clinic.models import ContactPoint, Patient
from emr.accounts.models import Practitioner
from emr.audit.models import AccessEvent
from emr.shared.records import uuid7
from scheduling.models import Appointment, AppointmentType
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.races import at_once
from tests.scheduling.conftest import at

BOOK = "/schedule/book/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def typed(doctor: Practitioner, visit_type: AppointmentType) -> Any:
    """The form's values for a visit of somebody new at nine; a test changes what it is about."""

    def values(**wanted: Any) -> dict[str, Any]:
        return {
            **{"step": "book", "patient": "", "q": "", "newcomer": "1", "newcomer_token": str(uuid7())},
            **{"given_name": "Ida", "family_name": "Newman", "birth_date": "3/14/1991", "gender": "female"},
            **{"phone": "(312) 555-0142", "type": str(visit_type.pk), "practitioner": str(doctor.pk)},
            **{"day": "2026-11-23", "slot": f"{doctor.pk}@{at(9).isoformat()}", "reason": "Cough"},
            **{"request_token": str(uuid4()), **wanted},
        }

    return values


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.django_db
@pytest.mark.feature("C04")
class TestNewcomer:
    def test_one_submit_registers_and_books(self, as_role: Any, typed: Any, doctor: Practitioner) -> None:
        client = as_role("front_desk")
        response = client.post(BOOK, typed())
        assert (response.status_code, response.headers["Location"]) == (303, "/schedule/2026-11-23/")
        made = Appointment.objects.select_related("patient").get()
        person = made.patient
        assert (person.given_name, person.family_name, str(person.birth_date), person.gender) == (
            *("Ida", "Newman"),
            *("1991-03-14", "female"),
        )
        assert (made.start_at, made.reason, person.created_by) == (at(9), "Cough", client.user)
        assert ContactPoint.objects.get(patient=person).value.endswith("3125550142")
        assert "Ida Newman is registered" in text(client.get("/schedule/2026-11-23/"))

    def test_a_taken_time_registers_nobody_and_keeps_what_was_typed(
        self, as_role: Any, typed: Any, doctor: Practitioner, visit_type: AppointmentType
    ) -> None:
        AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9))
        client, values = as_role("front_desk"), typed(given_name="Ida & Co")
        refused = client.post(BOOK, values)
        page = text(refused)
        assert refused.status_code == 409
        assert not Patient.objects.filter(family_name="Newman").exists()
        assert [kept for kept in ("Ida &amp; Co", "Newman", "(312) 555-0142", "3/14/1991") if kept not in page] == []
        assert re.search(r'<option value="female" selected', page)
        assert values["newcomer_token"] in page
        offered = re.findall(r'name="take" value="([^"]+)"', page)
        assert client.post(BOOK, {**values, "take": offered[0]}).status_code == 303
        assert Appointment.objects.get(start_at=at(9, 20)).patient_id == Patient.objects.get(family_name="Newman").pk

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"given_name": ""}, "Enter the given name."),
            ({"family_name": ""}, "Enter the family name."),
            ({"birth_date": ""}, "Enter a date, like 14-Mar-1962."),
            ({"birth_date": "31-Feb-1991"}, "Enter a date that exists and is not in the future"),
            ({"birth_date": "3/14/2091"}, "Enter a date that exists and is not in the future"),
            ({"gender": ""}, "Choose the sex."),
            ({"gender": "x"}, "Select a valid choice"),
            ({"phone": "12"}, "telephone number"),
            ({"newcomer_token": "x"}, "Enter a valid UUID"),
            ({"slot": ""}, "Choose a time."),
        ],
    )
    def test_bad_input_registers_nobody(self, as_role: Any, typed: Any, wrong: dict[str, str], said: str) -> None:
        response = as_role("front_desk").post(BOOK, typed(**wrong))
        assert response.status_code == 422
        assert said in text(response)
        assert 'value="Cough"' in text(response)
        assert not Patient.objects.exists()

    def test_somebody_alike_needs_a_reason_or_is_chosen(self, as_role: Any, typed: Any) -> None:
        known = PatientFactory.create(given_name="Ida", family_name="Neumann", birth_date="1991-03-14")
        client, values = as_role("front_desk"), typed()
        refused = client.post(BOOK, values)
        assert refused.status_code == 422
        assert "A patient on file looks the same" in text(refused)
        assert "Choose the patient on file, or say why this is another person." in text(refused)
        assert f'name="choose" value="{known.pk}"' in text(refused)
        seen = AccessEvent.objects.filter(user=client.user, patient_id=known.pk, section="duplicates")
        assert [event.action for event in seen] == ["search"]
        assert client.post(BOOK, {**values, "duplicate_reason": "Twin sister"}).status_code == 303
        assert Patient.objects.count() == 2

    def test_choosing_the_one_on_file_leaves_the_new_one(self, as_role: Any, typed: Any) -> None:
        known = PatientFactory.create(given_name="Ida", family_name="Neumann", birth_date="1991-03-14")
        client, values = as_role("front_desk"), typed()
        chosen = client.post(BOOK, {**values, "choose": str(known.pk)}, headers=HTMX)
        assert "NEUMANN, Ida" in text(chosen)
        assert 'name="newcomer"' not in text(chosen)
        assert client.post(BOOK, {**values, "newcomer": "", "patient": str(known.pk)}).status_code == 303
        assert list(Patient.objects.all()) == [known]

    def test_warns_while_one_types(self, as_role: Any, typed: Any) -> None:
        PatientFactory.create(given_name="Ida", family_name="Neumann", birth_date="1991-03-14")
        client = as_role("front_desk")
        told = text(client.post(BOOK, typed(step="alike"), headers=HTMX))
        assert "NEUMANN, Ida" in told
        assert "Why this is another person" in told
        assert "<html" not in told
        nobody = text(
            client.post(
                BOOK, typed(step="alike", given_name="Otto", family_name="Dragic", birth_date="x"), headers=HTMX
            )
        )
        assert "NEUMANN" not in nobody

    def test_begins_as_what_was_looked_for(self, as_role: Any, typed: Any) -> None:
        blank = {"newcomer": "", "given_name": "", "family_name": "", "birth_date": "", "phone": ""}
        client = as_role("front_desk")
        found = client.post(BOOK, typed(**blank, step="find", q="ida newman 3/14/1991"))
        assert 'value="new"' in text(found)
        form = client.post(BOOK, typed(**blank, step="new", q="newman, ida 3/14/1991"), headers=HTMX)
        values = dict(re.findall(r'name="(given_name|family_name|birth_date)" value="([^"]*)"', text(form)))
        assert values == {"given_name": "Ida", "family_name": "Newman", "birth_date": "14-Mar-1991"}
        back = client.post(BOOK, typed(step="change", q="newman"), headers=HTMX)
        assert 'name="newcomer"' not in text(back)
        assert 'value="newman"' in text(back)

    def test_a_series_and_a_walk_in_of_somebody_new(self, as_role: Any, typed: Any) -> None:
        client = as_role("front_desk")
        several = client.post(BOOK, typed(frequency="weekly", interval="1", count="3"))
        assert several.status_code == 303
        assert Appointment.objects.filter(patient__family_name="Newman").count() == 3
        here = client.post(BOOK, typed(family_name="Herewith", phone="", birth_date="1/2/1955", here="on", slot=""))
        # Two minutes before the hours.
        assert "outside the hours" in text(here)
        assert not Patient.objects.filter(family_name="Herewith").exists()

    def test_whom_may_not_register_is_asked_to_find(self, as_role: Any, typed: Any) -> None:
        client = as_role("clinician")
        assert 'value="new"' not in text(client.get(BOOK))
        response = client.post(BOOK, typed())
        assert response.status_code == 422
        assert not Patient.objects.exists()


@pytest.mark.feature("C14")
def test_equal_posts_register_and_book_once(committed_db: str, as_role: Any, typed: Any) -> None:
    values = typed()
    cookies = as_role("front_desk").cookies

    def post(_: int) -> int:
        client = Client()
        client.cookies = cookies
        return client.post(BOOK, values).status_code

    with time_machine.travel(at(7, 58), tick=False):
        statuses = at_once(6, post)
    assert statuses == [303] * 6
    assert (Patient.objects.count(), Appointment.objects.count()) == (1, 1)
