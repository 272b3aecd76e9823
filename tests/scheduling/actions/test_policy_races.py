"""Twenty at once, on a database that commits: as many win as may, never more, and nobody reads of a deadlock."""

from __future__ import annotations

from typing import Any

import pytest

from emr.accounts.models import Practitioner
from emr.shared.errors import Conflict, DomainError
from scheduling.actions import appointments as actions
from scheduling.actions.policies import set_policy
from scheduling.actions.waitlist import accept_offer, add_to_waitlist, offer_time
from scheduling.choices import OCCUPYING
from scheduling.models import Appointment, AppointmentType, WaitlistEntry, WaitlistOffer
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import RoomFactory, open_week
from tests.races import at_once
from tests.scheduling.conftest import at

pytestmark = pytest.mark.usefixtures("committed_db")
MANY = 20


def told(results: list[Any]) -> list[str]:
    """The kinds of what was raised."""
    return sorted({type(result).__name__ for result in results if isinstance(result, BaseException)})


@pytest.mark.feature("C04")
@pytest.mark.parametrize("maximum", [1, 3])
def test_twenty_bookings_fill_what_the_policy_allows(
    committed_db: str, person: Any, doctor: Practitioner, visit_type: AppointmentType, maximum: int
) -> None:
    desk = person("front_desk")
    if maximum > 1:
        set_policy(by=desk, practitioner=doctor, type=None, rule="allow", maximum=maximum)
    patients = [PatientFactory() for _ in range(MANY)]
    results = at_once(
        MANY,
        lambda n: actions.book(
            by=desk, patient=patients[n], practitioner=doctor, type=visit_type, start_at=at(9, 5 * (n % 3))
        ),
    )
    assert len([one for one in results if isinstance(one, Appointment)]) == maximum, results
    assert told(results) == ["SlotTaken"]
    assert Appointment.objects.filter(status__in=OCCUPYING).count() == maximum


@pytest.mark.feature("C04")
def test_twenty_moves_to_one_time_and_into_each_others_places(
    committed_db: str, person: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    desk, other = person("front_desk"), PractitionerFactory(family_name="Brandt")
    open_week(other)
    visits = [
        actions.book(
            by=desk,
            patient=PatientFactory(),
            practitioner=doctor if n % 2 else other,
            type=visit_type,
            start_at=at(10 + n // 6, 20 * (n // 2 % 3)),
        )
        for n in range(MANY)
    ]
    # Half of them want one time, the others the place of the next.
    results = at_once(
        MANY,
        lambda n: actions.reschedule(
            by=desk,
            appointment=visits[n],
            practitioner=doctor if n < MANY // 2 else visits[n - 1].practitioner,
            start_at=at(9) if n < MANY // 2 else visits[n - 1].start_at,
        ),
    )
    assert told(results) in (["SlotTaken"], []), results
    assert len([row for row in results[: MANY // 2] if isinstance(row, Appointment)]) == 1
    standing = Appointment.objects.filter(status__in=OCCUPYING)
    assert standing.count() == MANY
    assert len({(row.practitioner_id, row.start_at) for row in standing}) == MANY


@pytest.mark.feature("C09")
def test_twenty_accept_and_the_first_has_it(
    committed_db: str, person: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    desk = person("front_desk")
    offers = []
    for _ in range(MANY):
        entry = add_to_waitlist(by=desk, patient=PatientFactory(), type=visit_type)
        offers.append(offer_time(by=desk, entry=entry, practitioner=doctor, start_at=at(9))[0])
    results = at_once(MANY, lambda n: accept_offer(by=desk, offer=offers[n]))
    (winner,) = [one for one in results if isinstance(one, Appointment)]
    assert {type(one) for one in results if one is not winner} == {Conflict}, results
    assert WaitlistOffer.objects.filter(status="accepted").get().appointment == winner
    assert WaitlistEntry.objects.filter(status="booked").get().patient_id == winner.patient_id
    assert WaitlistOffer.objects.filter(status="withdrawn").count() == MANY - 1


@pytest.mark.feature("C10")
def test_twenty_want_one_room(committed_db: str, person: Any, monday: None, visit_type: AppointmentType) -> None:
    desk, room = person("front_desk"), RoomFactory()
    doctors = [PractitionerFactory() for _ in range(MANY)]
    for one in doctors:
        open_week(one)
    patients = [PatientFactory() for _ in range(MANY)]
    results = at_once(
        MANY,
        lambda n: actions.book(
            by=desk, patient=patients[n], practitioner=doctors[n], type=visit_type, start_at=at(9), room=room
        ),
    )
    assert len([one for one in results if isinstance(one, Appointment)]) == 1, results
    assert {type(one) for one in results if not isinstance(one, Appointment)} == {DomainError}


@pytest.mark.feature("C06")
def test_one_visit_is_moved_once(
    committed_db: str, person: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    desk = person("front_desk")
    visit = actions.book(by=desk, patient=PatientFactory(), practitioner=doctor, type=visit_type, start_at=at(9))
    results = at_once(10, lambda n: actions.reschedule(by=desk, appointment=visit, start_at=at(10 + n % 5)))
    assert len([one for one in results if isinstance(one, Appointment)]) == 1, results
    assert Appointment.objects.filter(status__in=OCCUPYING).count() == 1
