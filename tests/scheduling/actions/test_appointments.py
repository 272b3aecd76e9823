"""Booking and all that comes after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from clinic.models import Encounter
from emr.accounts.models import Practitioner, User
from emr.audit.actor import acting
from emr.shared.errors import DomainError
from scheduling.actions import appointments as actions
from scheduling.actions.exceptions import block_time
from scheduling.choices import TRANSITIONS, AppointmentStatus
from scheduling.models import Appointment, AppointmentType
from scheduling.queries.booking import patient_standing
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, AppointmentTypeFactory, RoomFactory, open_week
from tests.scheduling.conftest import MONDAY, at
from tests.scheduling.desk import checked_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(person: Any) -> User:
    return person("front_desk")


@pytest.fixture
def book(desk: User, doctor: Practitioner, visit_type: AppointmentType) -> Any:
    """Book with what a test doesn't care about filled in."""

    def booked(**wanted: Any) -> Appointment:
        values = {"by": desk, "practitioner": doctor, "type": visit_type, "start_at": at(9), **wanted}
        return actions.book(**{"patient": PatientFactory(), **values})

    return booked


@pytest.mark.feature("C02")
def test_the_type_sets_the_length(book: Any) -> None:
    visit = book(type=AppointmentTypeFactory(duration_minutes=40))
    assert visit.end_at - visit.start_at == timedelta(minutes=40)
    assert visit.status == AppointmentStatus.BOOKED


@pytest.mark.feature("C04")
def test_a_taken_slot_offers_the_next_free_ones(book: Any) -> None:
    book(start_at=at(9))
    book(start_at=at(9, 40))
    with pytest.raises(actions.SlotTaken, match=r"09:00 on 23-Nov-2026 with Dr A\. Okafor is taken") as caught:
        book(start_at=at(9))
    offered = [slot.start_at for slot in caught.value.next_free]
    assert offered == [at(9, 20), at(10), at(10, 20), at(10, 40), at(11), at(11, 20)]


def test_visits_may_touch(book: Any) -> None:
    book(start_at=at(9))
    assert book(start_at=at(9, 20)).start_at == at(9, 20)


@pytest.mark.feature("C04")
def test_the_database_alone_refuses_a_double_booking(book: Any) -> None:
    first = book()
    with pytest.raises(IntegrityError, match="no_double_booking"), transaction.atomic():
        AppointmentFactory(
            patient=PatientFactory(), practitioner=first.practitioner, type=first.type, start_at=first.start_at
        )


def test_a_cancelled_visit_frees_its_time(book: Any, desk: User) -> None:
    actions.cancel(by=desk, appointment=book(), reason="Has a cold", cancelled_for="patient")
    assert book().status == AppointmentStatus.BOOKED


@pytest.mark.feature("C14")
def test_the_same_token_books_once(book: Any) -> None:
    patient, token = PatientFactory(), uuid4()
    first = book(patient=patient, request_token=token)
    assert book(patient=patient, request_token=token) == first
    assert Appointment.objects.count() == 1
    with pytest.raises(DomainError, match="somebody else"):
        book(request_token=token)


def test_the_deceased_are_never_booked(book: Any) -> None:
    with pytest.raises(DomainError, match="died on 20-Nov-2026"):
        book(patient=PatientFactory(deceased_at=at(9) - timedelta(days=3)))
    assert not Appointment.objects.exists()


def test_a_visit_of_one_who_died_since_is_not_moved(book: Any, desk: User) -> None:
    visit = book()
    with transaction.atomic(), acting(someone()):
        visit.patient.deceased_at = at(7)
        visit.patient.save()
    with pytest.raises(DomainError, match="died"):
        actions.reschedule(by=desk, appointment=visit, start_at=at(11))


def test_a_patient_is_not_in_two_rooms(book: Any) -> None:
    patient = PatientFactory()
    other = PractitionerFactory(family_name="Brandt")
    open_week(other)
    book(patient=patient)
    with pytest.raises(DomainError, match="already has a visit then: 09:00 to 09:20"):
        book(patient=patient, practitioner=other, start_at=at(9, 10))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"start_at": at(18)}, "outside the hours"),
        ({"start_at": at(16, 50)}, "outside the hours"),
        ({"start_at": at(7, 55) - timedelta(days=1)}, "is over"),
        ({"start_at": at(9, 2)}, "full five minutes"),
        ({"start_at": at(9), "end_at": at(9)}, "ends after it begins"),
    ],
)
def test_times_that_can_not_be_given(book: Any, wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(DomainError, match=words):
        book(**wanted)


def test_no_reason_opens_the_past(book: Any) -> None:
    with pytest.raises(DomainError, match="is over"):
        book(start_at=at(9, day=MONDAY - timedelta(days=3)), override_reason="Forgot")


def test_outside_the_hours_with_a_reason(book: Any) -> None:
    assert book(start_at=at(18), override_reason="Stays late for her").override_reason == "Stays late for her"


def test_blocked_time_says_why(book: Any, desk: User, doctor: Practitioner) -> None:
    block_time(by=desk, practitioner=None, start_at=at(9), end_at=at(10), reason="Staff meeting")
    with pytest.raises(DomainError, match=r"not here then \(Staff meeting\)"):
        book()


def test_who_takes_no_visits_and_what_is_no_longer_given(book: Any) -> None:
    with pytest.raises(DomainError, match="takes no visits"):
        book(practitioner=PractitionerFactory(bookable=False))
    with pytest.raises(DomainError, match="no longer given"):
        book(type=AppointmentTypeFactory(active=False))


class TestReschedule:
    @pytest.mark.feature("C06")
    def test_books_the_new_time_and_keeps_the_old_visit_as_moved(self, book: Any, desk: User) -> None:
        visit = book(reason="Cough", room=RoomFactory())
        moved = actions.reschedule(by=desk, appointment=visit, start_at=at(11))
        assert (moved.status, moved.start_at, moved.end_at) == ("booked", at(11), at(11, 20))
        assert (moved.replaces, moved.reason, moved.room) == (visit, "Cough", visit.room)
        visit.refresh_from_db()
        assert (visit.status, visit.start_at, visit.cancelled_for) == ("cancelled", at(9), "moved")
        assert (visit.cancelled_late, visit.replaced_by) == (False, moved)

    @pytest.mark.feature("C06")
    def test_is_not_moved_twice(self, book: Any, desk: User) -> None:
        visit, token = book(), uuid4()
        moved = actions.reschedule(by=desk, appointment=visit, start_at=at(11), request_token=token)
        assert actions.reschedule(by=desk, appointment=visit, start_at=at(11), request_token=token) == moved
        with pytest.raises(DomainError, match="was moved to 11:00 on 23-Nov-2026 already"):
            actions.reschedule(by=desk, appointment=visit, start_at=at(14))

    @pytest.mark.feature("C06")
    def test_another_length_changes_the_row_in_place(self, book: Any, desk: User) -> None:
        visit = book()
        longer = actions.reschedule(by=desk, appointment=visit, start_at=at(9), end_at=at(9, 40))
        assert (longer.pk, longer.end_at) == (visit.pk, at(9, 40))
        book(start_at=at(10))
        with pytest.raises(actions.SlotTaken):
            actions.reschedule(by=desk, appointment=visit, start_at=at(9), end_at=at(10, 5))

    def test_does_not_stand_in_its_own_way(self, book: Any, desk: User) -> None:
        moved = actions.reschedule(by=desk, appointment=book(), start_at=at(9, 10))
        assert moved.start_at == at(9, 10)

    def test_into_a_taken_time_is_refused(self, book: Any, desk: User) -> None:
        visit = book()
        book(start_at=at(10))
        with pytest.raises(actions.SlotTaken):
            actions.reschedule(by=desk, appointment=visit, start_at=at(10))
        visit.refresh_from_db()
        assert visit.start_at == at(9)

    def test_to_somebody_else(self, book: Any, desk: User) -> None:
        other = PractitionerFactory(family_name="Brandt")
        open_week(other)
        moved = actions.reschedule(by=desk, appointment=book(), start_at=at(9), practitioner=other)
        assert moved.practitioner == other

    def test_not_after_arrival(self, book: Any, desk: User) -> None:
        visit = book()
        actions.mark_arrived(by=desk, appointment=visit)
        with pytest.raises(DomainError, match="arrived can't be moved"):
            actions.reschedule(by=desk, appointment=visit, start_at=at(11))


class TestStatuses:
    def test_cancel_says_why_and_who(self, book: Any, desk: User) -> None:
        visit = book()
        with pytest.raises(DomainError, match="Say why"):
            actions.cancel(by=desk, appointment=visit, reason="  ", cancelled_for="patient")
        row = actions.cancel(by=desk, appointment=visit, reason="Moved away", cancelled_for="patient")
        assert (row.status, row.cancel_reason, row.cancelled_by, row.cancelled_for) == (
            "cancelled",
            "Moved away",
            desk,
            "patient",
        )

    @pytest.mark.feature("C06")
    @pytest.mark.parametrize(("minutes", "late"), [(0, False), (1, True)], ids=["a day before", "later"])
    def test_less_than_a_day_before_is_late(self, book: Any, desk: User, minutes: int, late: bool) -> None:
        visit, tuesday = book(start_at=at(9, day=MONDAY + timedelta(days=1))), at(9, minutes)
        row = actions.cancel(by=desk, appointment=visit, reason="Ill", cancelled_for="patient", at=tuesday)
        assert row.cancelled_late is late
        assert patient_standing(row.patient_id).late == int(late)
        assert actions.undo_cancel(by=desk, appointment=row, at=tuesday).cancelled_late is False

    def test_no_show_only_when_the_time_has_come(self, book: Any, desk: User) -> None:
        visit = book()
        with pytest.raises(DomainError, match="has not come yet"):
            actions.mark_no_show(by=desk, appointment=visit)
        assert actions.mark_no_show(by=desk, appointment=visit, at=at(9, 30)).status == "noshow"

    def test_who_comes_late_may_still_arrive_unless_the_time_went(self, book: Any, desk: User) -> None:
        late, later = book(), book(start_at=at(10))
        actions.mark_no_show(by=desk, appointment=late, at=at(9, 30))
        actions.mark_no_show(by=desk, appointment=later, at=at(10, 30))
        book(start_at=at(10))
        assert actions.mark_arrived(by=desk, appointment=late).status == "arrived"
        with pytest.raises(actions.SlotTaken):
            actions.mark_arrived(by=desk, appointment=later)

    def test_every_step_is_allowed_or_refused_with_a_sentence(self, desk: User, monday: None) -> None:
        steps = {
            "arrived": lambda row: actions.mark_arrived(by=desk, appointment=row),
            "checked-in": lambda row: checked_in(by=desk, appointment=row),
            "fulfilled": lambda row: actions.complete(by=desk, appointment=row),
            "noshow": lambda row: actions.mark_no_show(by=desk, appointment=row, at=row.end_at),
            "cancelled": lambda row: actions.cancel(by=desk, appointment=row, reason="x", cancelled_for="clinic"),
        }
        for before in AppointmentStatus.values:
            for after, step in steps.items():
                row = AppointmentFactory(patient=PatientFactory(), status=before)
                if after in TRANSITIONS[before]:
                    step(row)
                elif after != before:
                    with pytest.raises(DomainError, match=r"This visit is .+, so it can't become"):
                        step(row)
                row.refresh_from_db()
                assert row.status == (after if after in TRANSITIONS[before] else before), (before, after)


@pytest.mark.feature("D04")
class TestCheckIn:
    def test_opens_one_visit_of_the_booked_practitioner(self, book: Any, desk: User, person: Any) -> None:
        visit = book(reason="Cough")
        encounter = checked_in(by=desk, appointment=visit)
        assert (encounter.practitioner, encounter.reason) == (visit.practitioner, "Cough")
        assert (encounter.type_display, encounter.status) == ("Follow-up", "arrived")
        assert checked_in(by=person("nurse"), appointment=visit) == encounter
        assert Encounter.objects.count() == 1
        visit.refresh_from_db()
        assert (visit.checked_in_by, visit.arrived_by, visit.encounter) == (desk, desk, encounter)

    def test_after_arrival(self, book: Any, desk: User, person: Any) -> None:
        visit = book()
        nurse = person("nurse")
        actions.mark_arrived(by=nurse, appointment=visit)
        checked_in(by=desk, appointment=visit)
        visit.refresh_from_db()
        assert (visit.arrived_by, visit.checked_in_by, visit.status) == (nurse, desk, "checked-in")

    def test_not_when_cancelled(self, book: Any, desk: User) -> None:
        visit = book()
        actions.cancel(by=desk, appointment=visit, reason="x", cancelled_for="clinic")
        with pytest.raises(DomainError, match="is cancelled"):
            checked_in(by=desk, appointment=visit)
        assert not Encounter.objects.exists()

    def test_a_video_visit_is_virtual(self, book: Any, desk: User) -> None:
        visit = book(type=AppointmentTypeFactory(place_of_service="10"))
        assert checked_in(by=desk, appointment=visit).class_code == "VR"
