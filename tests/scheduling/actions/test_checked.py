"""What was verified at check-in: whole, for a reason where something is missing, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import DomainError
from scheduling.actions.flow import check_in, move
from scheduling.choices import CheckItem, CheckOutcome
from scheduling.models import Appointment, CheckIn, CheckInItem
from scheduling.queries.flow import board
from tests.factories.clinic import CoverageFactory, PatientFactory
from tests.scheduling.desk import Desk

pytestmark = pytest.mark.django_db

REASONS = {"demographics": "On paper", "insurance": "Pays himself"}


@pytest.mark.feature("D03")
def test_what_is_required_is_not_skipped_without_a_reason(front: Desk) -> None:
    visit = front.book()
    with pytest.raises(DomainError) as refused:
        check_in(by=front.by, appointment=visit, done=["identity"], reasons={"insurance": "x", "demographics": " "})
    assert refused.value.field == "reason_demographics"
    assert not Encounter.objects.exists()
    assert not CheckIn.objects.exists()


@pytest.mark.feature("D03")
def test_nor_by_the_database(front: Desk) -> None:
    visit = front.book()
    with acting(front.by), pytest.raises(IntegrityError, match="scheduling_check_reason"), transaction.atomic():
        made = CheckIn.objects.create(patient=visit.patient, appointment=visit, created_by=front.by)
        CheckInItem.objects.create(
            check_in=made, item=CheckItem.IDENTITY, outcome=CheckOutcome.MISSING, required=True, reason=" "
        )


@pytest.mark.feature("D04")
def test_a_second_time_keeps_the_first_answers(front: Desk, person: Callable[..., User]) -> None:
    visit = front.book()
    first = check_in(by=front.by, appointment=visit, done=["identity"], reasons=REASONS)
    again = check_in(by=person("nurse"), appointment=visit, done=[], reasons=dict.fromkeys(CheckItem, "No"))
    assert (again, first.practitioner) == (first, front.practitioner)
    assert CheckIn.objects.get().created_by == front.by


@pytest.mark.feature("D03")
def test_a_move_that_skips_it_says_why_beside_each_item(front: Desk) -> None:
    visit = front.book()
    with pytest.raises(DomainError) as refused:
        move(by=front.by, appointment=visit, stage="checked_in")
    assert refused.value.field == "reason"
    assert not Encounter.objects.exists()
    move(by=front.by, appointment=visit, stage="checked_in", reason="Straight to the room")
    missing = CheckInItem.objects.filter(outcome=CheckOutcome.MISSING)
    assert set(missing.values_list("reason", flat=True)) == {"Straight to the room"}
    assert set(missing.filter(required=True).values_list("item", flat=True)) == {
        "identity",
        "demographics",
        "insurance",
    }


@pytest.mark.feature("D03")
@pytest.mark.parametrize(("done", "alerts"), [(["copay"], ()), ([], ("Copay due",))], ids=["taken", "left"])
def test_the_board_says_that_the_copay_is_due(front: Desk, done: list[str], alerts: tuple[str, ...]) -> None:
    patient = PatientFactory.create()
    CoverageFactory(patient=patient, copay="25.00")
    visit = front.book(patient=patient)
    check_in(
        by=front.by,
        appointment=visit,
        done=["identity", "insurance", *done],
        reasons={"demographics": "On paper", "copay": "Forgot the purse"},
    )
    assert [row.alerts for row in board(type(patient).objects.all(), practitioner=None, clinical=False).rows] == [
        alerts
    ]


@pytest.mark.feature("D03")
def test_who_may_not_write_policies_verifies_none(front: Desk, person: Callable[..., User]) -> None:
    patient = PatientFactory.create()
    policy = CoverageFactory(patient=patient, copay=0)
    visit: Appointment = front.book(patient=patient)
    check_in(by=person("nurse"), appointment=visit, done=["identity", "insurance"], reasons=REASONS)
    policy.refresh_from_db()
    assert policy.verified_at is None
