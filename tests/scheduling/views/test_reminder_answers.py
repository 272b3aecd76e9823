"""What a patient answers to a reminder: by its link, by a text message."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Patient, Task
from scheduling.choices import AppointmentStatus
from scheduling.models import Appointment, ReminderAnswer
from tests.scheduling.reminders import incoming, patient, reminded_by_sms, rule, told, visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("elm_street")]


@pytest.mark.feature("C11")
def test_the_link_of_a_mail_confirms_and_opening_it_changes_nothing() -> None:
    rule()
    row = visit(patient(), hours=24 * 400)
    reminder, secret = told(row)
    link = reverse("scheduling:reminders_answer", args=[secret])
    stranger = Client()
    page = stranger.get(link)
    assert page.status_code == 200
    assert "Quimby" not in page.content.decode()
    assert Appointment.objects.get(pk=row.pk).confirmed_at is None
    answered = stranger.post(link, {"reply": "confirm"})
    assert "Thank you" in answered.content.decode()
    row.refresh_from_db()
    assert (row.status, row.confirmed_via) == (AppointmentStatus.BOOKED, "email")
    assert ReminderAnswer.objects.get().reminder == reminder


@pytest.mark.feature("C11")
def test_the_link_cancels_for_the_patient_once() -> None:
    rule()
    row = visit(patient(), hours=24 * 400)
    _, secret = told(row)
    link = reverse("scheduling:reminders_answer", args=[secret])
    assert "cancelled" in Client().post(link, {"reply": "cancel"}).content.decode()
    row.refresh_from_db()
    assert (row.status, row.cancelled_for) == (AppointmentStatus.CANCELLED, "patient")
    twice = Client().post(link, {"reply": "cancel"})
    assert (twice.status_code, "is cancelled" in twice.content.decode()) == (200, True)
    again = Client().post(link, {"reply": "confirm"})
    assert (again.status_code, "has changed" in again.content.decode()) == (409, True)
    assert ReminderAnswer.objects.count() == 1


def test_a_link_that_never_was_says_what_to_do() -> None:
    answer = Client().get(reverse("scheduling:reminders_answer", args=["x" * 43]))
    assert (answer.status_code, "doesn't work" in answer.content.decode().replace("&#39;", "'")) == (404, True)


@pytest.mark.feature("C11")
@pytest.mark.parametrize(
    ("text", "status", "confirmed"),
    [("Y", "booked", True), (" yes! ", "booked", True), ("N", "cancelled", False), ("Cancel", "cancelled", False)],
)
def test_a_reply_confirms_or_cancels(carrier: Any, text: str, status: str, confirmed: bool) -> None:
    row = reminded_by_sms()
    assert [incoming(text), incoming(text)] == [204, 204]
    row.refresh_from_db()
    assert (row.status, row.confirmed_at is not None) == (status, confirmed)
    assert (ReminderAnswer.objects.count(), Task.objects.count()) == (1, 0)


def test_stop_ends_text_messages_for_all_with_the_number(carrier: Any) -> None:
    row = reminded_by_sms()
    assert incoming("STOP") == 204
    assert not Patient.objects.filter(sms_reminders=True).exists()
    row.refresh_from_db()
    assert row.status == AppointmentStatus.BOOKED


@pytest.mark.parametrize("text", ["Y but a bit late", "who is this?", ""])
def test_what_is_not_understood_waits_for_the_front_desk(carrier: Any, text: str) -> None:
    row = reminded_by_sms()
    assert incoming(text) == 204
    row.refresh_from_db()
    assert row.confirmed_at is None
    task = Task.objects.get()
    assert (task.owner_role, task.for_patient, text in task.description if text else False) == (
        "front_desk",
        row.patient,
        False,
    )
    assert ReminderAnswer.objects.get().text == text


def test_two_of_a_family_with_one_telephone_are_not_guessed_apart(carrier: Any) -> None:
    first = reminded_by_sms()
    second = reminded_by_sms(hours=24 * 401, who=patient(email_reminders=False, sms_reminders=True))
    assert incoming("N") == 204
    for row in (first, second):
        row.refresh_from_db()
        assert row.status == AppointmentStatus.BOOKED
    assert Task.objects.get().for_patient is None


@pytest.mark.feature("C11")
@pytest.mark.parametrize("text", ["Y", "N"])
def test_which_of_two_visits_is_meant_is_not_guessed(carrier: Any, text: str) -> None:
    who = patient(email_reminders=False, sms_reminders=True)
    rows = [reminded_by_sms(who=who), reminded_by_sms(hours=24 * 401, who=who)]
    assert incoming(text) == 204
    for row in rows:
        row.refresh_from_db()
        assert (row.status, row.confirmed_at) == (AppointmentStatus.BOOKED, None)
    assert Task.objects.get().for_patient == who


def test_a_number_of_nobody_waits_for_the_front_desk(carrier: Any) -> None:
    assert incoming("Y", number="+12175550199") == 204
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status"), [({"key": "other"}, 403), ({"number": "0142"}, 400), ({"name": ""}, 400)]
)
def test_what_the_carrier_did_not_send_is_refused(carrier: Any, change: dict[str, str], status: int) -> None:
    reminded_by_sms()
    assert incoming("Y", **change) == status
    assert not ReminderAnswer.objects.exists()


def test_without_a_key_nothing_is_taken(settings: Any) -> None:
    settings.SMS_WEBHOOK_KEY = ""
    assert incoming("Y", key="") == 403
