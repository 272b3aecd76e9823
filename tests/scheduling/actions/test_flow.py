"""The stages of a visit's day: what leads where, who did it, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from clinic.actions.encounters import finish_encounter, set_status
from clinic.choices import EncounterStatus
from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import Conflict, DomainError
from scheduling.actions.flow import confirm, mark_arrived, move
from scheduling.models import Appointment, AppointmentStage
from scheduling.stages import BACK, ENCOUNTER, FORWARD, STATUS, Stage
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.scheduling.desk import checked_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(person: Callable[..., User]) -> User:
    return person("front_desk")


def _due(**given: object) -> Appointment:
    start = timezone.now() - timedelta(minutes=10)
    made: Appointment = AppointmentFactory(
        patient=PatientFactory(), start_at=start, end_at=start + timedelta(minutes=20), **given
    )
    return made


@pytest.mark.feature("D01")
@pytest.mark.parametrize(("start", "end"), [(a, b) for a, b in product(Stage, Stage) if a != b])
def test_the_database_has_the_same_moves(desk: User, start: Stage, end: Stage) -> None:
    row = _due(status=STATUS[start], stage=start)

    def write(reason: str) -> bool:
        try:
            with transaction.atomic(), acting(desk):
                AppointmentStage.objects.create(
                    appointment=row, previous=start, stage=end, at=timezone.now(), by=desk, reason=reason
                )
                transaction.set_rollback(True)
        except IntegrityError:
            return False
        return True

    allowed = (end in FORWARD[start], end in FORWARD[start] or end in BACK.get(start, ()))
    assert (write(""), write("A reason")) == allowed


@pytest.mark.feature("D01")
def test_no_stage_without_its_move_and_no_time_before_the_last(desk: User) -> None:
    row = mark_arrived(by=desk, appointment=_due())
    row.stage, row.stage_at = Stage.CHECKED_IN, timezone.now()
    with pytest.raises(IntegrityError, match="a stage changes by a move"), transaction.atomic(), acting(desk):
        row.save(update_fields=["stage", "stage_at"])
    row.refresh_from_db()
    before = row.stage_at - timedelta(seconds=1)
    with pytest.raises(IntegrityError, match="follow each other"), transaction.atomic(), acting(desk):
        AppointmentStage.objects.create(appointment=row, previous="arrived", stage="checked_in", at=before, by=desk)
    with pytest.raises(DomainError, match="not before"):
        checked_in(by=desk, appointment=row, at=before)


@pytest.mark.feature("D01")
def test_the_statuses_follow(desk: User) -> None:
    row = _due()
    for stage in ("arrived", "checked_in", "roomed", "ready", "with_clinician", "checkout", "completed"):
        row = move(by=desk, appointment=row, stage=stage, reason="Seen at once")
        encounter = Encounter.objects.filter(patient=row.patient).first()
        assert (row.stage, row.status) == (stage, STATUS[stage])
        if stage in ENCOUNTER and encounter is not None:
            assert encounter.status == ENCOUNTER[stage]
    told = list(AppointmentStage.objects.filter(appointment=row).values_list("stage", "by"))
    assert told == [(stage, desk.pk) for stage in list(Stage)[1:8]]


@pytest.mark.feature("D01")
def test_the_chart_moves_the_stage(desk: User) -> None:
    row = _due()
    encounter = checked_in(by=desk, appointment=row)
    set_status(by=desk, encounter=encounter, status=EncounterStatus.IN_PROGRESS)
    row.refresh_from_db()
    assert row.stage == Stage.WITH_CLINICIAN
    finish_encounter(by=desk, encounter=encounter)
    row.refresh_from_db()
    assert row.stage == Stage.CHECKOUT


@pytest.mark.feature("D04")
def test_a_check_in_taken_back_and_done_again_has_one_visit(desk: User) -> None:
    row = _due()
    first = checked_in(by=desk, appointment=row)
    move(by=desk, appointment=row, stage="arrived", reason="Not this patient")
    first.refresh_from_db()
    assert first.status == EncounterStatus.PLANNED
    second = checked_in(by=desk, appointment=row)
    second.refresh_from_db()
    assert (second.pk, second.status, second.practitioner) == (first.pk, EncounterStatus.ARRIVED, row.practitioner)


@pytest.mark.feature("D01")
def test_who_left_may_come_back(desk: User) -> None:
    row = _due()
    encounter = checked_in(by=desk, appointment=row)
    row = move(by=desk, appointment=row, stage="left")
    encounter.refresh_from_db()
    assert (row.status, row.cancel_reason, encounter.status) == ("cancelled", "Left without being seen.", "cancelled")
    row = move(by=desk, appointment=row, stage="checked_in", reason="Was on the telephone")
    encounter.refresh_from_db()
    assert (row.status, row.cancelled_at, row.cancel_reason, encounter.status) == ("checked-in", None, "", "arrived")


@pytest.mark.feature("D01")
def test_confirmed_is_no_stage(desk: User) -> None:
    row = confirm(by=desk, appointment=_due(), via="phone")
    assert (row.stage, row.status, row.confirmed_by) == ("scheduled", "booked", desk)
    assert confirm(by=desk, appointment=row, via="sms").confirmed_via == "phone"


@pytest.mark.feature("D01")
def test_what_somebody_else_moved_is_a_conflict(desk: User) -> None:
    row = mark_arrived(by=desk, appointment=_due())
    with pytest.raises(Conflict, match="it is arrived now"):
        move(by=desk, appointment=row, stage="checked_in", seen="scheduled")
