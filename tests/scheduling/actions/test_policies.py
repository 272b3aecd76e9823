"""How many visits may stand at one time: the policy, the session, and the database that holds them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emr.accounts.models import Practitioner
from emr.audit.actor import acting
from emr.shared.errors import DomainError
from scheduling.actions.appointments import SlotTaken, mark_arrived, mark_no_show, reschedule
from scheduling.actions.policies import set_policy, withdraw_policy
from scheduling.models import Appointment, DoubleBookingPolicy, Equipment, Schedule
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, AppointmentTypeFactory, RoomFactory, open_week
from tests.scheduling.conftest import at
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C04")]


def policy(front: Desk, rule: str, maximum: int = 2, **whose: Any) -> DoubleBookingPolicy:
    """A rule for the whole clinic, unless ``whose`` names a practitioner or a type."""
    return set_policy(by=front.by, rule=rule, maximum=maximum, **{"practitioner": None, "type": None, **whose})


def insert(front: Desk, **fields: Any) -> Appointment:
    """A visit written past every action."""
    return AppointmentFactory.create(
        **{
            **{"patient": PatientFactory(), "practitioner": front.practitioner, "type": front.type},
            **{"start_at": at(9), "lane": 9, **fields},
        }
    )


def _capacity(doctor: Practitioner, most: int) -> None:
    with transaction.atomic(), acting(someone()):
        for session in Schedule.objects.filter(practitioner=doctor):
            session.capacity = most
            session.save(update_fields=["capacity", "updated_at"])


def _equipment(name: str) -> Equipment:
    with transaction.atomic(), acting(someone()):
        return Equipment.objects.create(created_by=someone(), name=name)


def test_without_a_policy_nobody_stands_beside_another(front: Desk) -> None:
    front.book()
    with pytest.raises(SlotTaken, match="is taken"):
        front.book(start_at=at(9, 10))
    with pytest.raises(IntegrityError, match="where 1 may stand"), transaction.atomic():
        insert(front)


def test_allow_goes_up_to_its_maximum(front: Desk) -> None:
    policy(front, "allow", 3)
    lanes = [front.book(start_at=at(9, minute)).lane for minute in (0, 5, 10)]
    assert lanes == [1, 2, 3]
    with pytest.raises(SlotTaken, match="no more than 3 visits may stand there"):
        front.book(start_at=at(9, 15))
    with pytest.raises(IntegrityError, match="where 3 may stand"), transaction.atomic():
        insert(front, start_at=at(9, 15))


def test_not_the_day_but_the_instant_counts(front: Desk) -> None:
    policy(front, "allow", 2)
    for start in (at(9), at(9), at(9, 20), at(9, 20), at(9, 40)):
        front.book(start_at=start)
    assert Appointment.objects.count() == 5


def test_a_warning_asks_for_a_reason_that_the_database_checks(front: Desk) -> None:
    policy(front, "warn", 2)
    assert front.book().override_reason == ""
    with pytest.raises(DomainError, match="Another visit stands there: 09:00 to 09:20") as caught:
        front.book()
    assert caught.value.field == "override_reason"
    with pytest.raises(IntegrityError, match="needs a reason"), transaction.atomic():
        insert(front)
    assert front.book(override_reason="Her sister comes with her").lane == 2
    with pytest.raises(SlotTaken):
        front.book(override_reason="One more")


def test_no_new_visit_passes_itself_off_as_an_old_one(front: Desk) -> None:
    with pytest.raises(IntegrityError, match="before the rules"), transaction.atomic():
        insert(front, before_rules=True)
    visit = front.book()
    with pytest.raises(IntegrityError, match="before the rules"), transaction.atomic():
        Appointment.objects.filter(pk=visit.pk).update(before_rules=True)


def test_the_reason_why_a_visit_stands_beside_another_stays(front: Desk) -> None:
    policy(front, "warn", 2)
    front.book()
    beside = front.book(override_reason="Siblings")
    with pytest.raises(IntegrityError, match="reason why a visit stands"), transaction.atomic():
        Appointment.objects.filter(pk=beside.pk).update(override_reason="")


def test_the_most_specific_rule_counts(front: Desk) -> None:
    other = AppointmentTypeFactory()
    policy(front, "allow", 5)
    policy(front, "allow", 4, type=front.type)
    policy(front, "allow", 3, practitioner=front.practitioner)
    both = policy(front, "forbid", practitioner=front.practitioner, type=front.type)
    allowed = {(front.type, True): 1, (other, True): 3, (front.type, False): 4, (other, False): 5}
    stranger = PractitionerFactory(family_name="Brandt")
    open_week(stranger)
    for (kind, ours), most in allowed.items():
        who = front.practitioner if ours else stranger
        hour = at(9 + list(allowed).index((kind, ours)))
        for _ in range(most):
            front.book(practitioner=who, type=kind, start_at=hour)
        with pytest.raises(SlotTaken):
            front.book(practitioner=who, type=kind, start_at=hour)
    withdraw_policy(by=front.by, policy=both)
    front.book(start_at=at(9))


def test_who_is_to_be_alone_is_left_alone(front: Desk) -> None:
    alone = AppointmentTypeFactory(name="Procedure")
    policy(front, "allow", 3)
    policy(front, "forbid", type=alone)
    front.book(type=alone)
    with pytest.raises(SlotTaken):
        front.book()
    front.book(start_at=at(10))
    with pytest.raises(SlotTaken):
        front.book(type=alone, start_at=at(10))


def test_setting_a_rule_again_changes_it(front: Desk) -> None:
    first = policy(front, "allow", 2)
    assert policy(front, "warn", 4).pk == first.pk
    with pytest.raises(DomainError, match="From 2 to 20"):
        policy(front, "allow", 1)
    with pytest.raises(IntegrityError, match="policy_once"), transaction.atomic(), acting(someone()):
        DoubleBookingPolicy.objects.create(created_by=someone(), rule="forbid")


def test_a_session_of_several_takes_so_many(front: Desk, doctor: Practitioner) -> None:
    _capacity(doctor, 3)
    room = RoomFactory()
    made = [front.book(room=room) for _ in range(3)]
    assert [visit.shares_room for visit in made] == [True] * 3
    with pytest.raises(SlotTaken, match="no more than 3"):
        front.book()
    other = PractitionerFactory(family_name="Brandt")
    open_week(other)
    with pytest.raises(DomainError, match=r"is taken then: 09:00 to 09:20 with Dr A\. Okafor"):
        front.book(practitioner=other, room=room)
    with pytest.raises(IntegrityError, match="one patient at a time"), transaction.atomic():
        insert(front, practitioner=other, shares_room=True, lane=1)


def test_the_time_after_a_visit_is_its_own(front: Desk) -> None:
    kind = AppointmentTypeFactory(duration_minutes=20, buffer_minutes=10)
    front.book(type=kind)
    with pytest.raises(SlotTaken) as caught:
        front.book(start_at=at(9, 20))
    assert [slot.start_at for slot in caught.value.next_free][:1] == [at(9, 30)]
    with pytest.raises(SlotTaken):
        front.book(type=kind, start_at=at(8, 35))
    assert front.book(type=kind, start_at=at(8, 30)).busy_until == at(9)


def test_editing_stands_in_nobodys_way(front: Desk) -> None:
    policy(front, "warn", 2)
    visit = front.book()
    beside = front.book(override_reason="Siblings")
    shorter = reschedule(by=front.by, appointment=visit, start_at=at(9), end_at=at(9, 15))
    assert shorter.pk == visit.pk
    with pytest.raises(DomainError, match="Another visit stands there"):
        reschedule(by=front.by, appointment=visit, start_at=at(9), end_at=at(9, 20))
    assert mark_arrived(by=front.by, appointment=beside, at=at(9)).status == "arrived"


def test_who_comes_after_all_takes_a_lane_that_is_free(front: Desk) -> None:
    policy(front, "allow", 2)
    missed = front.book()
    mark_no_show(by=front.by, appointment=missed, at=at(9, 5))
    front.book()
    assert mark_arrived(by=front.by, appointment=missed, at=at(9, 10)).lane == 2


@pytest.mark.feature("C10")
class TestRoomsAndEquipment:
    def test_a_room_is_given_once(self, front: Desk) -> None:
        room, other = RoomFactory(name="Room 2"), PractitionerFactory(family_name="Brandt")
        open_week(other)
        front.book(room=room)
        with pytest.raises(DomainError, match="Room 2 is taken then: 09:00 to 09:20") as caught:
            front.book(practitioner=other, room=room, start_at=at(9, 10))
        assert caught.value.field == "room"
        with pytest.raises(IntegrityError, match="room_taken"), transaction.atomic():
            insert(front, practitioner=other, room=room)
        assert front.book(practitioner=other, room=room, start_at=at(9, 20)).room == room

    def test_equipment_goes_with_its_visit(self, front: Desk) -> None:
        scanner = _equipment("Ultrasound")
        other = PractitionerFactory(family_name="Brandt")
        open_week(other)
        visit = front.book(equipment=[scanner])
        with pytest.raises(DomainError, match="Ultrasound is in use then: 09:00 to 09:20"):
            front.book(practitioner=other, equipment=[scanner])
        moved = reschedule(by=front.by, appointment=visit, start_at=at(11))
        assert front.book(practitioner=other, equipment=[scanner]).start_at == at(9)
        with pytest.raises(DomainError, match="Ultrasound is in use then"):
            front.book(practitioner=other, equipment=[scanner], start_at=at(11, 10))
        assert [use.equipment for use in moved.equipment.all()] == [scanner]

    def test_a_room_that_is_closed_is_not_given(self, front: Desk) -> None:
        with pytest.raises(DomainError, match="no longer used"):
            front.book(room=RoomFactory(active=False))


_starts = st.lists(
    st.tuples(st.integers(0, 11), st.integers(1, 6), st.sampled_from(["alone", "two", "three"])), max_size=9
)


@given(wanted=_starts)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_stands_is_what_a_plain_model_lets_stand(front: Desk, wanted: list[tuple[int, int, str]]) -> None:
    """Book visits of three kinds in five-minute steps; the model counts each instant with a list."""
    most = {"alone": 1, "two": 2, "three": 3}
    with transaction.atomic():
        kinds = {name: AppointmentTypeFactory(duration_minutes=5) for name in most}
        for name, kind in kinds.items():
            policy(front, "forbid" if name == "alone" else "allow", most[name], type=kind)
        standing: list[list[str]] = [[] for _ in range(20)]
        for begin, length, name in wanted:
            steps = range(begin, begin + length)
            fits = all(len(standing[n]) < min(most[one] for one in [*standing[n], name]) for n in steps)
            start = at(9, 5 * begin)
            try:
                front.book(type=kinds[name], start_at=start, end_at=start + timedelta(minutes=5 * length))
            except SlotTaken:
                booked = False
            else:
                booked = True
            assert booked == fits, (begin, length, name)
            for n in steps if booked else ():
                standing[n].append(name)
        transaction.set_rollback(True)
