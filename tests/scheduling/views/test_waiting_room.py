"""The waiting-room screen: opened by a link that works once, revocable, and silent about whom it shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from emr.accounts.models import Practitioner, User
from emr.audit.actor import acting
from scheduling.actions.flow import mark_arrived, move
from scheduling.models import Appointment, WaitingDisplay
from scheduling.queries.flow import board
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, AppointmentTypeFactory, RoomFactory
from tests.pages import said
from tests.scheduling.desk import Desk, checked_in

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D02")]

SCREENS = reverse("scheduling:displays_list")
WALL = reverse("scheduling:waiting_room")
LINES = reverse("scheduling:waiting_room_lines")


@pytest.fixture
def wall(as_role: Callable[..., Any], doctor: Practitioner) -> Client:
    """A device that was opened as a screen. ``manager`` is who made its link."""
    manager, screen = as_role("manager"), Client()
    assert screen.post(_link(manager)).headers["Location"] == WALL
    screen.manager = manager  # type: ignore[attr-defined]
    return screen


def _link(manager: Client, name: str = "The hall") -> str:
    page = manager.post(SCREENS, {"name": name}).content.decode()
    return re.findall(r'value="(http[^"]+/waiting/[^"]+)"', page)[0]


def _here(by: User, *names: tuple[str, str], **given: Any) -> list[Appointment]:
    rows = []
    for given_name, family_name in names:
        start = timezone.now() + timedelta(minutes=5 * Appointment.objects.count())
        patient = PatientFactory(given_name=given_name, family_name=family_name, **given)
        row = AppointmentFactory(patient=patient, start_at=start, end_at=start + timedelta(minutes=5))
        rows.append(mark_arrived(by=by, appointment=row))
    return rows


def _shown(wall: Client, path: str = LINES) -> list[tuple[str, str]]:
    return re.findall(r"<b>([^<]+)</b><span>([^<]+)</span>", wall.get(path).content.decode())


def test_who_is_seen_by_video_or_at_home_is_not_on_the_wall(wall: Client) -> None:
    by = wall.manager.user  # type: ignore[attr-defined]
    _here(by, ("Ana", "Berg"))
    for place in ("02", "10", "12"):
        start = timezone.now() + timedelta(minutes=5 * Appointment.objects.count())
        kind = AppointmentTypeFactory.create(place_of_service=place)
        # With the initials of somebody who does sit there: no number tells them apart.
        patient = PatientFactory(given_name="Abe", family_name="Bolt")
        row = AppointmentFactory(patient=patient, type=kind, start_at=start, end_at=start + timedelta(minutes=5))
        mark_arrived(by=by, appointment=row)
    assert _shown(wall) == [("AB", "Waiting")]


def test_the_link_is_shown_once_and_works_once(as_role: Callable[..., Any], doctor: Practitioner) -> None:
    manager, first, second = as_role("manager"), Client(), Client()
    link = _link(manager)
    assert link.rsplit("/", 2)[1] not in manager.get(SCREENS).content.decode()
    for _ in range(2):
        assert "Make this the waiting-room screen?" in first.get(link).content.decode(), "looking uses nothing up"
    assert first.post(link).status_code == 302
    assert (second.post(link).status_code, second.get(WALL).status_code) == (404, 404)
    assert first.get(WALL).status_code == 200
    row = WaitingDisplay.objects.get()
    assert (row.link_hash, row.opened_at is not None, row.seen_at is not None) == (None, True, True)


def test_a_link_runs_out_within_the_hour(as_role: Callable[..., Any], doctor: Practitioner) -> None:
    link = _link(as_role("manager"))
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert Client().post(link).status_code == 404


def test_the_device_keeps_a_secret_and_no_session(wall: Client) -> None:
    before = Session.objects.count()
    answer = wall.get(WALL)
    cookie = answer.cookies["chartroom-waiting"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert (set(wall.cookies), Session.objects.count()) == ({"chartroom-csrf", "chartroom-waiting"}, before)
    assert wall.get(reverse("scheduling:flow_board")).status_code == 302
    forged = Client()
    forged.cookies["chartroom-waiting"] = cookie.value[:-1] + "x"
    assert forged.get(LINES).status_code == 404


def test_a_revoked_screen_shows_nothing(wall: Client) -> None:
    _here(wall.manager.user, ("Maria", "Quarles"))  # type: ignore[attr-defined]
    assert _shown(wall) == [("MQ", "Waiting")]
    row = WaitingDisplay.objects.get()
    assert wall.manager.post(reverse("scheduling:displays_revoke", args=[row.pk])).status_code == 303  # type: ignore[attr-defined]
    for path in (WALL, LINES):
        answer = wall.get(path)
        assert answer.status_code == 404
        assert "MQ" not in said(answer)
    row.refresh_from_db()
    assert (row.revoked_by, "The hall" in wall.manager.get(SCREENS).content.decode()) == (wall.manager.user, False)  # type: ignore[attr-defined]


def test_it_says_who_waits_and_who_is_to_come_and_nothing_else(wall: Client) -> None:
    by = wall.manager.user  # type: ignore[attr-defined]
    born = date(1962, 3, 14)
    waits, comes, seen, _ = _here(
        by, ("Maria", "Quarles"), ("Ana", "Brook"), ("Tom", "Reed"), ("Ole", "Unseen"), birth_date=born
    )
    _here(by, ("Vera", "Important"), birth_date=born, restricted=True)
    for row in (comes, seen):
        checked_in(by=by, appointment=row)
    move(by=by, appointment=comes, stage="roomed", room=RoomFactory(name="Room 2"))
    move(by=by, appointment=seen, stage="with_clinician")
    assert _shown(wall) == [("AB", "Please come to Room 2"), ("MQ", "Waiting"), ("OU", "Waiting")]
    for path in (WALL, LINES):
        page = said(wall.get(path))
        told = [str(waits.patient_id), str(waits.pk), waits.patient.mrn, "VI", "Okafor", "1962", "Follow-up"]
        told += ["Maria", "Quarles", "Ana", "Brook", "Reed", "Unseen", "Vera", "Important"]
        assert [word for word in told if word in page] == []
        assert "Vera" not in path
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert _shown(wall) == [("MQ", "Waiting"), ("OU", "Waiting")]


def test_equal_initials_get_numbers_that_stay_and_that_the_board_tells(wall: Client) -> None:
    by = wall.manager.user  # type: ignore[attr-defined]
    first, second, _ = _here(by, ("Maria", "Quarles"), ("Max", "Quint"), ("Ole", "Unseen"))
    assert _shown(wall) == [("MQ 1", "Waiting"), ("MQ 2", "Waiting"), ("OU", "Waiting")]
    known = type(first.patient).objects.all()
    assert {row.id: row.code for row in board(known, practitioner=None, clinical=False).rows if row.code} == {
        first.pk: "MQ 1",
        second.pk: "MQ 2",
    }
    move(by=by, appointment=first, stage="left")
    assert _shown(wall) == [("MQ 2", "Waiting"), ("OU", "Waiting")]


def test_without_a_screen_the_board_tells_no_codes(front: Desk) -> None:
    first, _ = _here(front.by, ("Maria", "Quarles"), ("Max", "Quint"))
    known = type(first.patient).objects.all()
    assert {row.code for row in board(known, practitioner=None, clinical=False).rows} == {""}


def test_costs_the_same_however_many_wait(wall: Client, queries: Any) -> None:
    counts = []
    wall.get(LINES)
    for number in (1, 29):
        _here(wall.manager.user, *[("Maria", "Quarles")] * number)  # type: ignore[attr-defined]
        with queries() as asked:
            wall.get(LINES)
        counts.append(len(asked()))
    assert counts[0] == counts[1]


def test_names_are_not_given_twice_and_what_was_typed_stays(wall: Client) -> None:
    answer = wall.manager.post(SCREENS, {"name": "the HALL"})  # type: ignore[attr-defined]
    assert answer.status_code == 422
    assert "A screen of this name is in use." in answer.content.decode()
    assert 'value="the HALL"' in answer.content.decode()


def test_who_sets_no_hours_hangs_no_screen(as_role: Callable[..., Any]) -> None:
    assert as_role("front_desk").get(SCREENS).status_code == 403


def test_no_secret_without_an_opening(wall: Client, person: Callable[..., User]) -> None:
    row = WaitingDisplay.objects.get()
    row.opened_at = None
    with pytest.raises(IntegrityError, match="opened_once"), transaction.atomic(), acting(person("manager")):
        row.save(update_fields=["opened_at"])
