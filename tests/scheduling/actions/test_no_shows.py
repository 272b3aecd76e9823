"""What follows when a patient doesn't come: a call, the fee of the type, and both taken back for who comes late."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import transaction

from clinic.models import Task
from emr.audit.actor import acting
from scheduling.actions.appointments import mark_arrived, mark_no_show
from scheduling.models import Appointment
from tests.scheduling.conftest import at
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C13")]


def asked(visit: Appointment) -> list[tuple[str, str, str]]:
    """The tasks about the patient: of what kind, whose, in which state."""
    rows = Task.objects.filter(for_patient=visit.patient_id).order_by("code")
    return list(rows.values_list("code", "owner_role", "status"))


def with_fee(front: Desk) -> None:
    with transaction.atomic(), acting(front.by):
        front.type.no_show_fee = Decimal("25.00")
        front.type.save(update_fields=["no_show_fee"])


def test_somebody_calls_once_and_nobody_asks_for_a_fee_that_is_none(front: Desk) -> None:
    visit = front.book()
    for _ in range(2):
        mark_no_show(by=front.by, appointment=visit, at=at(9, 30))
    assert asked(visit) == [("no-show-call", "front_desk", "requested")]


def test_the_fee_of_the_type_is_asked_for_and_both_end_when_the_patient_comes_after_all(front: Desk) -> None:
    with_fee(front)
    visit = front.book()
    mark_no_show(by=front.by, appointment=visit, at=at(9, 15))
    assert [one[:2] for one in asked(visit)] == [("no-show-call", "front_desk"), ("no-show-fee", "biller")]
    assert (
        Task.objects.get(code="no-show-fee").description
        == "No-show of 23-Nov-2026: fee of 25.00 by the rule of its type"
    )
    mark_arrived(by=front.by, appointment=visit, at=at(9, 20))
    assert {status for _, _, status in asked(visit)} == {"completed"}


def test_who_missed_a_visit_long_ago_is_not_called_about_it(front: Desk) -> None:
    visit = front.book()
    with time_machine.travel(at(9, 31) + timedelta(days=7), tick=False):
        mark_no_show(by=front.by, appointment=visit, at=at(9, 30))
    assert asked(visit) == []
