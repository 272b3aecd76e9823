"""Reminders leave once, at decent hours, to those who agreed, tell nothing, and leave the visit as it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction

from clinic.models import Patient
from emr.audit.actor import acting, service_user
from emr.shared.errors import DomainError
from scheduling.actions.reminders import claim, send_due, set_rule, take_sms
from scheduling.choices import AppointmentStatus, ReminderStatus
from scheduling.models import Appointment, Reminder
from scheduling.queries.reminders import LEAST_HOURS, due, reminder_lines
from tests.factories.base import someone
from tests.factories.clinic import ContactPointFactory, PatientFactory
from tests.scheduling.reminders import MOBILE, NOW, patient, reminded_by_sms, rule, send, visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("elm_street")]


class SlowPost(EmailBackend):
    """A mail server that needs a minute for each message."""

    clock: Any

    def send_messages(self, messages: Any) -> int:
        self.clock.shift(timedelta(minutes=1))
        return super().send_messages(messages)


@pytest.mark.feature("C11")
def test_ten_runs_send_one_message_and_leave_the_visit_as_it_is() -> None:
    rule()
    row = visit(patient())
    before = Appointment.objects.filter(pk=row.pk).values().get()
    assert [send() for _ in range(10)] == [(1, 0)] + [(0, 0)] * 9
    assert len(mail.outbox) == 1
    assert due(NOW) == []
    assert Appointment.objects.filter(pk=row.pk).values().get() == before


@pytest.mark.feature("C11")
def test_a_message_tells_when_and_nothing_of_whom_or_why() -> None:
    rule()
    row = visit(patient())
    send()
    [message] = mail.outbox
    assert message.to == ["zora@example.org"]
    assert "appointment at Elm Street Clinic on Wednesday, 25 November 2026 at 04:00." in message.body
    said = f"{message.subject} {message.body}"
    for secret in ("Zora", "Quimby", "Fertility", row.type.name, row.practitioner.family_name, row.patient.mrn):
        assert secret not in said


@pytest.mark.parametrize(
    "change",
    [
        {"email_reminders": False},
        {"active": False},
        {"deceased_at": NOW - timedelta(days=1)},
    ],
    ids=["did not agree", "inactive", "died"],
)
def test_nobody_is_reminded_who_should_not_be(change: dict[str, Any]) -> None:
    rule()
    visit(patient(**change))
    assert send() == (0, 0)


def with_address(hours: float) -> Patient:
    row = PatientFactory.create(email_reminders=True)
    ContactPointFactory(patient=row, system="email", value=f"p{hours}@example.org")
    return row


def test_a_rule_counts_from_its_hours_to_the_next_rules() -> None:
    two_days, evening = rule(48), rule(20)
    for hours in (47, 30, 21, 19, 2, 0.5, 49):
        visit(with_address(hours), hours=hours)
    found = {(one.appointment.start_at - NOW, one.rule) for one in due(NOW)}
    assert found == {
        (timedelta(hours=47), two_days),
        (timedelta(hours=30), two_days),
        (timedelta(hours=21), two_days),
        (timedelta(hours=19), evening),
        (timedelta(hours=2), evening),
    }


def test_who_booked_after_the_hour_is_not_reminded_of_what_they_know() -> None:
    rule()
    visit(patient(), hours=40, booked=timedelta(hours=2))
    assert send() == (0, 0)


@pytest.mark.parametrize("status", [AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW, AppointmentStatus.FULFILLED])
def test_what_does_not_take_place_is_not_reminded_of(status: str) -> None:
    rule()
    columns = {"cancelled_at": NOW, "cancelled_by": someone(), "cancelled_for": "patient", "cancel_reason": "x"}
    visit(patient(), status=status, **(columns if status == AppointmentStatus.CANCELLED else {}))
    assert send() == (0, 0)


def test_nothing_due_is_no_error_and_no_rules_neither() -> None:
    assert send() == (0, 0)
    rule()
    assert send() == (0, 0)


def test_what_falls_due_in_the_quiet_leaves_after_it() -> None:
    rule()
    visit(patient(), hours=55)
    assert send(NOW + timedelta(hours=9)) == (0, 0)  # 21:00
    assert send(NOW + timedelta(hours=20)) == (1, 0)  # 08:00


def test_where_the_quiet_begins_while_messages_leave_the_rest_waits(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.SlowPost"
    rule()
    for hours in (30, 31, 32):
        visit(with_address(hours), hours=hours)
    with time_machine.travel(NOW + timedelta(hours=7, minutes=58), tick=False) as clock:  # 19:58
        SlowPost.clock = clock
        assert send_due(by=service_user("reminders")) == (2, 0)


def test_who_says_stop_while_messages_leave_gets_none() -> None:
    rule()
    who = patient()
    visit(who)
    [one] = due(NOW)
    with transaction.atomic(), acting(someone()):
        who.email_reminders = False
        who.save(update_fields=["email_reminders"])
    assert claim(by=service_user("reminders"), one=one) is None


def test_the_rule_of_the_fewest_hours_sends_and_one_of_fewer_is_refused() -> None:
    rule(LEAST_HOURS)
    visit(patient(), hours=LEAST_HOURS)
    assert send() == (1, 0)
    with pytest.raises(DomainError, match="at least 2"):
        set_rule(by=someone(), hours_before=LEAST_HOURS - 1, by_email=True, by_sms=False)


def test_two_workers_claim_one_message() -> None:
    rule()
    visit(patient())
    [one] = due(NOW)
    user = service_user("reminders")
    assert claim(by=user, one=one) is not None
    assert claim(by=user, one=one) is None
    with pytest.raises(IntegrityError), transaction.atomic(), acting(user):
        first = Reminder.objects.get()
        first.pk, first._state.adding = None, True
        Reminder.objects.create(
            appointment=one.appointment,
            rule=one.rule,
            channel="email",
            start_at=NOW,
            recipient="x@example.org",
            made_at=NOW,
        )


def test_a_visit_that_moved_meanwhile_is_not_told_of() -> None:
    rule()
    row = visit(patient())
    [one] = due(NOW)
    with transaction.atomic(), acting(someone()):
        moved = Appointment.objects.get(pk=row.pk)
        moved.start_at += timedelta(minutes=20)
        moved.end_at += timedelta(minutes=20)
        moved.save(update_fields=["start_at", "end_at"])
    assert claim(by=service_user("reminders"), one=one) is None


def test_a_mail_server_that_refuses_is_tried_three_times_and_said(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    rule()
    row = visit(patient())
    assert [send() for _ in range(5)] == [(0, 1)] * 3 + [(0, 0)] * 2
    [reminder] = Reminder.objects.all()
    assert (reminder.status, reminder.attempts) == (ReminderStatus.FAILED, 3)
    assert reminder.failure == "The mail server did not take it (ConnectionRefusedError)."
    assert "E-mail not sent" in reminder_lines(row)[0]


@pytest.mark.feature("C11")
def test_a_text_message_leaves_through_the_carrier_once(carrier: Any) -> None:
    rule()
    visit(patient(email_reminders=False, sms_reminders=True))
    assert [send(), send()] == [(1, 0), (0, 0)]
    [(authorization, message)] = carrier.messages
    assert (authorization, message["to"]) == ("Bearer token", MOBILE)
    assert "Quimby" not in message["text"]
    assert "25 November 2026 at 04:00" in message["text"]
    assert Reminder.objects.get().reference == "msg-1"


def test_a_carrier_that_refuses_is_said(carrier: Any) -> None:
    carrier.answer = 500
    rule()
    visit(patient(email_reminders=False, sms_reminders=True))
    assert send() == (0, 1)
    assert Reminder.objects.get().failure == "The carrier refused the message (500)."


def test_taking_a_message_twice_gives_the_first(carrier: Any) -> None:
    reminded_by_sms()
    user = service_user("reminders")
    sent = {"by": user, "external_id": "a", "sender": MOBILE, "text": "Y"}
    assert take_sms(**sent) == take_sms(**sent)
