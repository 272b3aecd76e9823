"""Series, walk-ins, moves and counts, as the forms send them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from scheduling.actions.appointments import mark_no_show, reschedule
from scheduling.models import Appointment, DoubleBookingPolicy
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentTypeFactory, EquipmentFactory, RoomFactory
from tests.scheduling.conftest import MONDAY, at
from tests.scheduling.desk import Desk

pytestmark = pytest.mark.django_db


def typed(front: Desk, patient: Any, **more: Any) -> dict[str, Any]:
    """The booking form as it is sent for Monday at nine."""
    return {
        **{"step": "book", "patient": patient.pk, "type": front.type.pk, "practitioner": front.practitioner.pk},
        **{"day": "23-Nov-2026", "slot": f"{front.practitioner.pk}@{at(9).isoformat()}", "request_token": uuid4()},
        **more,
    }


@pytest.mark.feature("C08")
def test_a_series_lists_its_clashes_and_keeps_what_was_typed(front: Desk, as_role: Any) -> None:
    client, patient = as_role("front_desk"), PatientFactory.create()
    front.book(start_at=at(9, day=MONDAY + timedelta(weeks=1)))
    form = typed(front, patient, frequency="weekly", interval=1, count=3, reason="Dressing")
    answer = client.post(reverse("scheduling:appointments_book"), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'name="clash-2026-11-30"' in page
    assert 'value="Dressing"' in page
    assert Appointment.objects.filter(patient=patient).count() == 0
    client.post(reverse("scheduling:appointments_book"), {**form, "clash-2026-11-30": "next"})
    starts = Appointment.objects.filter(patient=patient).order_by("start_at").values_list("start_at", flat=True)
    assert list(starts) == [at(9), at(9, 20, MONDAY + timedelta(weeks=1)), at(9, day=MONDAY + timedelta(weeks=2))]


@pytest.mark.feature("C14")
@pytest.mark.parametrize("repeated", [{}, {"frequency": "weekly", "interval": 1, "count": 2}], ids=["one", "series"])
def test_a_form_that_was_sent_for_another_patient_books_nothing_and_tells_nothing(
    front: Desk, as_role: Any, repeated: dict[str, Any]
) -> None:
    client, link = as_role("front_desk"), reverse("scheduling:appointments_book")
    first, second = PatientFactory(family_name="Quillfeather"), PatientFactory(family_name="Second")
    form = typed(front, first, reason="Dressing", **repeated)
    assert client.post(link, form).status_code == 303
    booked = Appointment.objects.count()
    assert client.post(link, form).status_code == 303
    later = {"slot": f"{front.practitioner.pk}@{at(11).isoformat()}", "reason": "Something else"}
    answer = client.post(link, {**form, **later, "patient": second.pk})
    page = answer.content.decode()
    assert (answer.status_code, Appointment.objects.count()) == (409, booked)
    assert "This form was sent for somebody else already, and nothing was saved." in page
    assert 'value="Something else"' in page
    assert "QUILLFEATHER" not in page.upper()


@pytest.mark.feature("C06")
def test_a_walk_in_brings_the_later_visit_forward(front: Desk, as_role: Any) -> None:
    patient = PatientFactory()
    later = front.book(patient=patient, start_at=at(15))
    with time_machine.travel(at(9, 7), tick=False):
        as_role("front_desk").post(
            reverse("scheduling:appointments_book"), typed(front, patient, here="on", instead_of=later.pk, slot="")
        )
    later.refresh_from_db()
    here = later.replaced_by
    assert (later.cancelled_for, here.status, here.start_at) == ("moved", "arrived", at(9, 5))


@pytest.mark.feature("C10")
@pytest.mark.parametrize("later", [False, True], ids=["new", "brought forward"])
def test_a_walk_in_has_the_room_the_equipment_and_the_length_that_were_typed(
    front: Desk, as_role: Any, later: bool
) -> None:
    patient, room, scanner = PatientFactory.create(), RoomFactory.create(), EquipmentFactory.create(name="Ultrasound")
    instead = {"instead_of": front.book(patient=patient, start_at=at(15)).pk} if later else {}
    form = typed(front, patient, here="on", slot="", room=room.pk, equipment=[scanner.pk], minutes=30, **instead)
    with time_machine.travel(at(9, 7), tick=False):
        assert as_role("front_desk").post(reverse("scheduling:appointments_book"), form).status_code == 303
    here = Appointment.objects.get(patient=patient, status="arrived")
    assert (here.room, here.end_at - here.start_at) == (room, timedelta(minutes=30))
    assert [use.equipment for use in here.equipment.all()] == [scanner]


def test_what_begins_now_does_not_repeat(front: Desk, as_role: Any) -> None:
    form = typed(front, PatientFactory(), here="on", slot="", frequency="weekly", interval=1, count=2)
    answer = as_role("front_desk").post(reverse("scheduling:appointments_book"), form)
    assert (answer.status_code, "comes once" in answer.content.decode()) == (422, True)
    assert not Appointment.objects.exists()


@pytest.mark.feature("C08")
def test_the_room_that_the_form_shows_is_given_to_no_other_visit(front: Desk, as_role: Any) -> None:
    client, patient = as_role("front_desk"), PatientFactory.create()
    rooms = [RoomFactory.create(), RoomFactory.create()]
    client.post(reverse("scheduling:appointments_book"), typed(front, patient, frequency="weekly", interval=1, count=2))
    for row, room in zip(Appointment.objects.filter(patient=patient).order_by("start_at"), rooms, strict=True):
        reschedule(by=front.by, appointment=row, start_at=row.start_at, room=room)
    first = Appointment.objects.filter(patient=patient).earliest("start_at")
    link = reverse("scheduling:appointments_reschedule", args=[patient.pk, first.pk])
    slot = f"{front.practitioner.pk}@{at(10).isoformat()}"
    client.post(link, {"step": "book", "day": "23-Nov-2026", "slot": slot, "scope": "all", "room": rooms[0].pk})
    moved = Appointment.objects.filter(patient=patient, status="booked").order_by("start_at")
    assert [row.room for row in moved] == rooms


@pytest.mark.feature("C08")
def test_a_moved_series_says_how_many_went_and_how_many_stay(front: Desk, as_role: Any) -> None:
    client, patient = as_role("front_desk"), PatientFactory.create()
    client.post(reverse("scheduling:appointments_book"), typed(front, patient, frequency="weekly", interval=1, count=3))
    first, second, _ = Appointment.objects.filter(patient=patient).order_by("start_at")
    reschedule(by=front.by, appointment=second, start_at=second.start_at + timedelta(hours=5))
    slot = f"{front.practitioner.pk}@{at(10).isoformat()}"
    form = {"step": "book", "day": "23-Nov-2026", "slot": slot, "scope": "all"}
    link = reverse("scheduling:appointments_reschedule", args=[patient.pk, first.pk])
    page = client.post(link, form, follow=True).content.decode()
    assert "2 moved, the first to 10:00 on 23-Nov-2026 with Dr A. Okafor." in page
    assert "Not moved, because each was changed or left out by itself: 1." in page


def test_a_walk_in_on_a_closed_day_needs_a_reason(front: Desk, as_role: Any) -> None:
    patient = PatientFactory()
    with time_machine.travel(at(10, day=MONDAY + timedelta(days=5)), tick=False):
        answer = as_role("front_desk").post(
            reverse("scheduling:appointments_book"), typed(front, patient, here="on", slot="")
        )
    assert answer.status_code == 422
    assert "outside the hours" in answer.content.decode()


@pytest.mark.feature("C06")
def test_a_plain_post_moves_and_the_page_shows_the_chain_both_ways(front: Desk, as_role: Any) -> None:
    client, visit = as_role("front_desk"), front.book()
    to = reverse("scheduling:appointments_reschedule", args=[visit.patient_id, visit.pk])
    wanted = {"practitioner": front.practitioner.pk, "start": at(11).isoformat(), "end": at(11, 30).isoformat()}
    client.post(to, wanted)
    visit.refresh_from_db()
    new = visit.replaced_by
    assert (new.start_at, new.end_at) == (at(11), at(11, 30))
    for one, other in ((visit, new), (new, visit)):
        page = client.get(reverse("scheduling:appointments_detail", args=[one.patient_id, one.pk])).content.decode()
        assert reverse("scheduling:appointments_detail", args=[other.patient_id, other.pk]) in page
    assert "Called off" not in page


@pytest.mark.feature("C06")
def test_a_move_into_a_taken_time_offers_the_next(front: Desk, as_role: Any) -> None:
    visit = front.book()
    front.book(start_at=at(11))
    answer = as_role("front_desk").post(
        reverse("scheduling:appointments_reschedule", args=[visit.patient_id, visit.pk]),
        {"practitioner": front.practitioner.pk, "start": at(11).isoformat()},
    )
    assert answer.status_code == 409
    assert "11:00 on 23-Nov-2026 with Dr A. Okafor is taken" in answer.content.decode()


@pytest.mark.feature("C13")
def test_the_report_counts_and_the_file_says_the_same(front: Desk, as_role: Any) -> None:
    client, patient = as_role("front_desk"), PatientFactory(family_name="Quill")
    for hour in (9, 10):
        mark_no_show(by=front.by, appointment=front.book(patient=patient, start_at=at(hour)), at=at(hour, 20))
    front.book(start_at=at(11), type=AppointmentTypeFactory(name="Physical"))
    reschedule(by=front.by, appointment=front.book(start_at=at(13)), start_at=at(14))
    page = client.get(reverse("scheduling:no_shows_report")).content.decode()
    assert page.count("QUILL") == 2
    assert "50 %" in page
    lines = b"".join(client.get(reverse("scheduling:no_shows_csv")).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(lines)))
    assert len(rows) == 3
    assert [row[-1] for row in rows] == ["Missed in the period", "2", "2"]
    for cell in (*rows[0], *rows[1][:6]):
        assert cell in page
    card = client.get(reverse("scheduling:appointments_book") + f"?patient={patient.pk}").content.decode()
    assert "Missed 2 visits in two years" in card


@pytest.mark.feature("C06")
def test_who_called_off_late_is_said_before_booking_again(front: Desk, as_role: Any) -> None:
    client, visit = as_role("front_desk"), front.book()
    link = reverse("scheduling:appointments_cancel", args=[visit.patient_id, visit.pk])
    page = client.post(link, {"reason": "Ill", "cancelled_for": "patient"}, follow=True).content.decode()
    assert "less than 24 hours before" in page
    card = client.get(reverse("scheduling:appointments_book") + f"?patient={visit.patient_id}").content.decode()
    assert "Called off less than a day before 1 time in two years." in card


@pytest.mark.feature("C04")
def test_a_rule_is_set_and_withdrawn_on_its_page(front: Desk, as_role: Any) -> None:
    client, to = as_role("manager"), reverse("scheduling:policies_list")
    assert client.post(to, {"rule": "allow", "maximum": "1"}).status_code == 422
    client.post(to, {"rule": "warn", "maximum": "3", "practitioner": front.practitioner.pk})
    row = DoubleBookingPolicy.objects.get()
    assert "With a reason" in client.get(to).content.decode()
    client.post(reverse("scheduling:policies_withdraw", args=[row.pk]))
    row.refresh_from_db()
    assert row.withdrawn


@pytest.mark.feature("C02")
def test_a_type_keeps_its_colour_buffer_fee_and_flags(monday: None, as_role: Any) -> None:
    kind = AppointmentTypeFactory(name="Procedure")
    fields = {"name": "Procedure", "duration_minutes": "30", "place_of_service": "11", "color": "orange"}
    more = {"buffer_minutes": "10", "no_show_fee": "25.00", "online_bookable": "on", "active": "on"}
    as_role("manager").post(reverse("scheduling:types_edit", args=[kind.pk]), {**fields, **more})
    kind.refresh_from_db()
    assert (kind.color, kind.buffer_minutes, str(kind.no_show_fee)) == ("orange", 10, "25.00")
    assert (kind.online_bookable, kind.takes_copay) == (True, False)
