"""One patient's appointments, behind the chart's door."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from clinic.models import Encounter
from emr.accounts.models import Practitioner
from emr.audit.models import AccessEvent
from scheduling.actions import appointments as actions
from scheduling.models import Appointment, AppointmentType, CheckIn
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import (
    ContactPointFactory,
    CoverageFactory,
    PatientAddressFactory,
    PatientFactory,
    RelatedPersonFactory,
    grant_chart,
)
from tests.factories.intake import text as consent_text
from tests.factories.scheduling import AppointmentFactory, AppointmentTypeFactory, open_week
from tests.scheduling.conftest import at

pytestmark = pytest.mark.django_db

#: What is sent at check-in for somebody of whom nothing is on file.
WITH_REASONS = {"done": ["identity"], "reason_demographics": "On paper", "reason_insurance": "Pays himself"}
STEPS = ["detail", "confirm", "arrive", "no_show", "complete", "cancel", "reschedule", "check_in", "checkout"]
POSTED = {"confirm", "arrive", "no_show", "complete"}


@pytest.fixture
def visit(doctor: Practitioner, visit_type: AppointmentType) -> Appointment:
    return AppointmentFactory.create(patient=PatientFactory(), practitioner=doctor, type=visit_type, start_at=at(9))


def path(step: str, visit: Appointment, patient: Any = None) -> str:
    return reverse(f"scheduling:appointments_{step}", args=[(patient or visit.patient).pk, visit.pk])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("step", STEPS)
def test_ids_that_do_not_belong_together_are_404(as_role: Any, visit: Appointment, step: str) -> None:
    other = PatientFactory()
    client = as_role("front_desk")
    for call in (client.get, client.post):
        if (call == client.get and step in POSTED) or (call == client.post and step == "detail"):
            continue
        assert call(path(step, visit, other)).status_code == 404
    visit.refresh_from_db()
    assert visit.status == "booked"


@pytest.mark.parametrize("step", STEPS)
def test_a_restricted_chart_is_404_without_a_grant(as_role: Any, visit: Appointment, step: str) -> None:
    secret = PatientFactory(restricted=True)
    hidden = AppointmentFactory(patient=secret, practitioner=visit.practitioner, type=visit.type)
    client = as_role("front_desk")
    assert client.post(path(step, hidden)).status_code in {404, 405}
    grant_chart(client.user, secret)
    assert client.get(path("detail", hidden)).status_code == 200


def test_detail_tells_the_history(as_role: Any, person: Any, visit: Appointment) -> None:
    desk = person("front_desk", first_name="Dana", last_name="Ruiz")
    moved = actions.reschedule(by=desk, appointment=visit, start_at=at(11))
    actions.mark_arrived(by=desk, appointment=moved)
    client = as_role("front_desk")
    page = text(client.get(path("detail", moved)))
    assert page.index("Arrived<span") < page.index("Moved to 23-Nov-2026 11:00")
    old = text(client.get(path("detail", visit)))
    assert old.index("Moved to another time<span") < old.index("Booked for 23-Nov-2026 09:00")
    assert "Dana Ruiz" in page
    assert AccessEvent.objects.filter(user=client.user, patient_id=visit.patient_id, section="appointments").exists()


def test_htmx_gets_the_panel_alone(as_role: Any, visit: Appointment) -> None:
    ContactPointFactory(patient=visit.patient)
    response = as_role("front_desk").get(path("detail", visit), headers={"HX-Request": "true"})
    assert "<html" not in text(response)
    assert "MRN" in text(response)
    assert 'href="tel:(217)555-0142">(217) 555-0142</a>' in text(response)


def test_the_steps_of_a_day(as_role: Any, visit: Appointment) -> None:
    client = as_role("front_desk")
    assert client.post(path("arrive", visit)).status_code == 303
    back = client.post(path("check_in", visit), {"back": "day"} | WITH_REASONS)
    assert back.headers["Location"] == "/schedule/2026-11-23/"
    assert client.post(path("complete", visit)).status_code == 303
    visit.refresh_from_db()
    assert visit.status == "fulfilled"


@pytest.mark.feature("D02")
def test_who_says_on_the_telephone_that_they_will_come_is_confirmed(as_role: Any, visit: Appointment) -> None:
    client = as_role("front_desk")
    assert ">Confirmed<" in text(client.get(path("detail", visit)))
    assert client.post(path("confirm", visit), {"back": "day"}).headers["Location"] == "/schedule/2026-11-23/"
    visit.refresh_from_db()
    assert (visit.confirmed_via, visit.confirmed_by, visit.stage) == ("phone", client.user, "scheduled")
    page = text(client.get(path("detail", visit)))
    assert "telephone, " in page
    assert ">Confirmed<" not in page


def test_an_impossible_step_is_explained(as_role: Any, visit: Appointment) -> None:
    response = as_role("front_desk").post(path("complete", visit))
    assert response.status_code == 409
    assert "This visit is booked, so it can&#39;t become completed." in text(response)


def test_cancel_asks_for_who_and_why(as_role: Any, visit: Appointment) -> None:
    client = as_role("front_desk")
    assert client.get(path("cancel", visit)).status_code == 200
    refused = client.post(path("cancel", visit), {"reason": ""})
    assert refused.status_code == 422
    assert "Say why the visit is cancelled." in text(refused)
    done = client.post(path("cancel", visit), {"reason": "Moved away", "cancelled_for": "patient"})
    assert done.status_code == 303
    assert "less than 24 hours before" in text(client.get(path("detail", visit)))


@pytest.mark.feature("C06")
class TestMove:
    def test_to_a_free_time(self, as_role: Any, visit: Appointment) -> None:
        client = as_role("front_desk")
        assert "09:40" in text(client.get(path("reschedule", visit)))
        wanted = {"step": "book", "day": "2026-11-23", "slot": f"{visit.practitioner_id}@{at(9, 40).isoformat()}"}
        assert client.post(path("reschedule", visit), wanted).status_code == 303
        assert visit.__class__.objects.get(replaces=visit).start_at == at(9, 40)

    def test_its_own_time_is_free_for_it(self, as_role: Any, visit: Appointment) -> None:
        assert ">09:00</span>" in text(as_role("front_desk").get(path("reschedule", visit)))

    def test_a_taken_time_offers_others(self, as_role: Any, visit: Appointment) -> None:
        AppointmentFactory(patient=PatientFactory(), practitioner=visit.practitioner, type=visit.type, start_at=at(10))
        wanted = {"step": "book", "day": "2026-11-23", "slot": f"{visit.practitioner_id}@{at(10).isoformat()}"}
        response = as_role("front_desk").post(path("reschedule", visit), wanted)
        assert response.status_code == 409
        assert 'name="take"' in text(response)

    def test_shows_another_day_without_losing_the_choice_of_whom(self, as_role: Any, visit: Appointment) -> None:
        other = PractitionerFactory(family_name="Brandt")
        open_week(other)
        asked = {"step": "times", "day": "2026-11-24", "practitioner": str(other.pk)}
        response = as_role("front_desk").post(path("reschedule", visit), asked, headers={"HX-Request": "true"})
        assert "Tuesday, 24 November 2026" in text(response)
        assert "Okafor" not in text(response)


@pytest.mark.feature("D04")
def test_check_in_twice_opens_one_visit(as_role: Any, visit: Appointment) -> None:
    client = as_role("front_desk")
    for _ in range(2):
        assert client.post(path("check_in", visit), WITH_REASONS).status_code == 303
    assert Encounter.objects.get().practitioner == visit.practitioner
    assert "checked in already" in text(client.get(path("check_in", visit)))


def test_a_cancelled_visit_is_not_checked_in(as_role: Any, person: Any, visit: Appointment) -> None:
    actions.cancel(by=person("front_desk"), appointment=visit, reason="x", cancelled_for="clinic")
    response = as_role("front_desk").post(path("check_in", visit))
    assert response.status_code == 409
    assert not Encounter.objects.exists()


@pytest.mark.feature("D03")
class TestCheckInAsks:
    def test_for_a_reason_beside_what_is_required_and_keeps_what_was_typed(
        self, as_role: Any, visit: Appointment
    ) -> None:
        answer = as_role("front_desk").post(
            path("check_in", visit), {"done": ["identity"], "reason_insurance": "Pays himself", "reason_photo": "Later"}
        )
        page = text(answer)
        assert answer.status_code == 422
        assert "Address and telephone: say why it is left out." in page
        assert "Insurance: say why it is left out." not in page
        assert 'value="Pays himself"' in page
        assert 'value="Later"' in page
        assert not Encounter.objects.exists()
        assert not CheckIn.objects.exists()

    def test_what_is_not_on_file_can_not_be_said_to_be_done(self, as_role: Any, visit: Appointment) -> None:
        everything = {"done": ["identity", "demographics", "insurance", "photo"]}
        assert as_role("front_desk").post(path("check_in", visit), everything).status_code == 422
        assert not Encounter.objects.exists()

    def test_and_keeps_each_answer_with_its_reason(self, as_role: Any, visit: Appointment) -> None:
        client = as_role("front_desk")
        assert client.post(path("check_in", visit), WITH_REASONS).status_code == 303
        kept = CheckIn.objects.get(appointment=visit, patient=visit.patient, created_by=client.user)
        told = {item.item: (item.outcome, item.required, item.reason) for item in kept.items.all()}
        assert told == {
            "identity": ("done", True, ""),
            "demographics": ("missing", True, "On paper"),
            "insurance": ("missing", True, "Pays himself"),
            "eligibility": ("not_asked", False, ""),
            "consents": ("not_asked", False, ""),
            "questionnaires": ("not_asked", False, ""),
            "photo": ("missing", False, ""),
            "cards": ("missing", False, ""),
            "copay": ("not_asked", False, ""),
        }

    def test_for_a_copay_and_a_text_that_is_not_signed(self, as_role: Any, visit: Appointment) -> None:
        PatientAddressFactory(patient=visit.patient)
        ContactPointFactory(patient=visit.patient)
        policy = CoverageFactory(patient=visit.patient, copay="25.00")
        consent_text()
        client = as_role("front_desk")
        sent = {"done": ["identity", "demographics", "insurance", "consents", "copay"]}
        refused = text(client.post(path("check_in", visit), sent))
        assert "Consents: say why it is left out." in refused
        assert client.post(path("check_in", visit), sent | {"reason_consents": "Wants to read it"}).status_code == 303
        items = CheckIn.objects.get().items
        assert items.get(item="copay").outcome == "done"
        assert items.get(item="consents").reason == "Wants to read it"
        policy.refresh_from_db()
        visit.patient.refresh_from_db()
        assert (policy.verified_by, visit.patient.demographics_verified_by) == (client.user, client.user)


class TestCheckInPage:
    def test_names_what_is_missing(self, as_role: Any, visit: Appointment) -> None:
        page = text(as_role("front_desk").get(path("check_in", visit)))
        for item in ("Address", "Telephone number", "Emergency contact", "Insurance in force"):
            assert f'<span class="grow">{item}' in page
        assert "the patient pays" in page

    def test_offers_to_enter_it_only_to_who_may(self, as_role: Any, visit: Appointment) -> None:
        add = reverse("clinic:coverages_add", args=[visit.patient_id])
        pages = [as_role(role).get(path("check_in", visit)).content.decode() for role in ("front_desk", "nurse")]
        assert [add in page for page in pages] == [True, False]
        assert all("Insurance in force on the day of the visit" in page for page in pages)

    def test_nothing_missing(self, as_role: Any, visit: Appointment) -> None:
        PatientAddressFactory(patient=visit.patient)
        ContactPointFactory(patient=visit.patient)
        RelatedPersonFactory(patient=visit.patient)
        CoverageFactory(patient=visit.patient, copay="25.00")
        page = text(as_role("front_desk").get(path("check_in", visit)))
        assert "Missing" not in page
        assert "$25.00" in page

    def test_insurance_that_ended_is_not_in_force(self, as_role: Any, visit: Appointment) -> None:
        CoverageFactory(patient=visit.patient, copay="25.00", period_end="2026-11-22")
        page = text(as_role("front_desk").get(path("check_in", visit)))
        assert "the patient pays" in page
        assert "$25.00" not in page

    def test_shows_who_they_are_when_last_verified_and_ticks_nothing_that_a_person_says(
        self, as_role: Any, visit: Appointment
    ) -> None:
        CoverageFactory(patient=visit.patient, copay="25.00")
        page = text(as_role("front_desk").get(path("check_in", visit)))
        assert "What is your full name? What is your date of birth?" in page
        assert page.count("Last verified") == 2
        assert "The payer was not asked" in page
        assert 'value="identity" aria-label' in page
        assert 'value="insurance" aria-label' in page
        assert 'value="copay" aria-label' in page

    def test_costs_the_same_however_much_is_on_file(self, as_role: Any, visit: Appointment, queries: Any) -> None:
        client = as_role("front_desk")

        def statements() -> int:
            with queries() as asked:
                client.get(path("check_in", visit))
            return len(asked())

        for made in (CoverageFactory, ContactPointFactory, RelatedPersonFactory, PatientAddressFactory):
            made(patient=visit.patient)
        consent_text()
        statements()
        few = statements()
        for _ in range(5):
            RelatedPersonFactory(patient=visit.patient)
            consent_text()
        for order in (2, 3):
            CoverageFactory(patient=visit.patient, order=order)
        assert statements() == few <= 40

    def test_a_visit_without_copay(self, as_role: Any, visit: Appointment) -> None:
        free = AppointmentTypeFactory(takes_copay=False)
        other = AppointmentFactory(patient=visit.patient, practitioner=visit.practitioner, type=free, start_at=at(10))
        CoverageFactory(patient=visit.patient, copay="25.00")
        page = text(as_role("front_desk").get(path("check_in", other)))
        assert "None for this type of visit" in page


@pytest.mark.parametrize("name", ["patient_panel", "appointments_list"])
def test_lists_what_comes_and_what_was_in_a_fixed_number_of_queries(
    as_role: Any, visit: Appointment, queries: Any, name: str
) -> None:
    client = as_role("clinician")
    url = reverse(f"scheduling:{name}", args=[visit.patient_id])
    client.get(url)
    with queries() as asked:
        page = text(client.get(url))
    few = len(asked())
    assert "23-Nov-2026 09:00" in page
    for n in range(30):
        AppointmentFactory(
            patient=visit.patient,
            practitioner=visit.practitioner,
            type=visit.type,
            start_at=at(10 + n % 7, 5 * (n // 7) * 4 % 60),
            status="booked" if n < 4 else "cancelled",
        )
    with queries() as asked:
        page = text(client.get(url))
    assert len(asked()) == few <= 15
    assert page.count("Cancelled") >= 5


@pytest.mark.parametrize("role", ["biller", "privacy_officer"])
def test_not_for_everybody(as_role: Any, visit: Appointment, role: str) -> None:
    assert as_role(role).get(path("detail", visit)).status_code == 403


def test_a_clinician_does_not_check_in(as_role: Any, visit: Appointment) -> None:
    assert as_role("clinician").post(path("check_in", visit)).status_code == 403
