"""Many at once, on a database that commits."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from clinic.models import Encounter
from emr.accounts.models import Practitioner
from scheduling.actions import appointments as actions
from scheduling.choices import CheckItem
from scheduling.models import Appointment, AppointmentType, CheckIn
from tests.factories.clinic import PatientFactory
from tests.races import at_once
from tests.scheduling.conftest import at

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.mark.feature("C04")
def test_twenty_want_one_slot_and_one_gets_it(
    committed_db: str, person: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    desk = person("front_desk")
    patients = [PatientFactory() for _ in range(20)]
    results = at_once(
        20,
        lambda n: actions.book(
            by=desk, patient=patients[n], practitioner=doctor, type=visit_type, start_at=at(9, 5 * (n % 3))
        ),
    )
    won = [result for result in results if isinstance(result, Appointment)]
    lost = [result for result in results if isinstance(result, actions.SlotTaken)]
    assert (len(won), len(lost)) == (1, 19), results
    assert Appointment.objects.count() == 1
    assert all(error.next_free for error in lost)


@pytest.mark.feature("C14")
def test_ten_equal_submits_book_once(
    committed_db: str, person: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    desk, patient, token = person("front_desk"), PatientFactory(), uuid4()
    results = at_once(
        10,
        lambda _: actions.book(
            by=desk, patient=patient, practitioner=doctor, type=visit_type, start_at=at(9), request_token=token
        ),
    )
    assert {result.pk for result in results} == {Appointment.objects.get().pk}, results


@pytest.mark.feature("D04")
def test_ten_check_ins_open_one_visit(
    committed_db: str, person: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    desk = person("front_desk")
    visit = actions.book(by=desk, patient=PatientFactory(), practitioner=doctor, type=visit_type, start_at=at(9))
    reasons = {"demographics": "On paper", "insurance": "Pays himself"}
    results = at_once(10, lambda _: actions.check_in(by=desk, appointment=visit, done=["identity"], reasons=reasons))
    assert {result.pk for result in results} == {Encounter.objects.get().pk}, results
    assert Encounter.objects.get().practitioner == doctor
    assert CheckIn.objects.get().items.count() == len(CheckItem)
