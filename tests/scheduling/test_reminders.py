"""Reminders leave once, at decent hours, to those who agreed, tell nothing, and leave the visit as it is."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import Patient, Task
from emr.accounts.models import Clinic
from emr.audit.actor import acting, service_user
from emr.jobs.daily import enqueue_due
from emr.jobs.models import Job
from scheduling.actions.reminders import claim, send_due, take_sms
from scheduling.choices import AppointmentStatus, ReminderReply, ReminderStatus
from scheduling.models import Appointment, Reminder, ReminderAnswer, ReminderRule
from scheduling.queries.reminders import due, reminder_lines
from scheduling.reminding.quiet import is_quiet
from scheduling.reminding.texts import meaning
from tests.factories.accounts import ClinicFactory
from tests.factories.base import someone
from tests.factories.clinic import ContactPointFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory

pytestmark = pytest.mark.django_db

#: Monday noon in New York.
NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
MOBILE = "+12175550142"


@pytest.fixture(autouse=True)
def clinic(settings: Any) -> Clinic:
    settings.REMINDER_QUIET_HOURS = "20:00-08:00"
    return ClinicFactory.create(name="Elm Street Clinic", phone="2175550100", time_zone="America/New_York")


def rule(hours: int = 48, **ways: bool) -> ReminderRule:
    with acting(someone()):
        return ReminderRule.objects.create(created_by=someone(), hours_before=hours, **ways)


def patient(**agreed: Any) -> Patient:
    row = PatientFactory.create(family_name="Quimby", given_name="Zora", **({"email_reminders": True} | agreed))
    ContactPointFactory(patient=row, system="email", value="zora@example.org")
    ContactPointFactory(patient=row, system="phone", use="mobile", value=MOBILE)
    return row


def visit(who: Patient, *, hours: float = 40, booked: timedelta = timedelta(days=30), **columns: Any) -> Appointment:
    start = NOW + timedelta(hours=hours)
    row = AppointmentFactory.create(
        patient=who, start_at=start, end_at=start + timedelta(minutes=20), reason="Fertility", **columns
    )
    with transaction.atomic(), acting(someone()):
        row.created_at = NOW - booked
        row.save(update_fields=["created_at"])
    return row


def send(now: datetime = NOW) -> tuple[int, int]:
    return send_due(by=service_user("reminders"), now=now)


def secret_of(message: Any) -> str:
    return str(message.body).split("/reminders/")[1].split("/")[0]


@pytest.mark.feature("C11")
def test_ten_runs_send_one_message_and_leave_the_visit_as_it_is() -> None:
    rule()
    row = visit(patient())
    before = Appointment.objects.filter(pk=row.pk).values().get()
    assert [send() for _ in range(10)] == [(1, 0)] + [(0, 0)] * 9
    assert len(mail.outbox) == 1
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


def test_a_rule_counts_from_its_hours_to_the_next_rules() -> None:
    two_days, evening = rule(48), rule(20)
    for hours in (47, 30, 21, 19, 2, 0.5, 49):
        visit(PatientWith(hours), hours=hours)
    found = {(one.appointment.start_at - NOW, one.rule) for one in due(NOW)}
    assert found == {
        (timedelta(hours=47), two_days),
        (timedelta(hours=30), two_days),
        (timedelta(hours=21), two_days),
        (timedelta(hours=19), evening),
        (timedelta(hours=2), evening),
    }


def PatientWith(hours: float) -> Patient:  # noqa: N802  # makes one
    row = PatientFactory.create(email_reminders=True)
    ContactPointFactory(patient=row, system="email", value=f"p{hours}@example.org")
    return row


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


@pytest.mark.feature("C11")
@pytest.mark.parametrize(
    ("wall", "quiet"),
    [
        (datetime(2026, 11, 23, 12, 59, tzinfo=UTC), True),  # 07:59 in New York
        (datetime(2026, 11, 23, 13, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 24, 0, 59, tzinfo=UTC), False),  # 19:59
        (datetime(2026, 11, 24, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 8, 11, 59, tzinfo=UTC), True),  # the clock went forward: 07:59, not 06:59
        (datetime(2026, 3, 8, 12, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 1, 12, 59, tzinfo=UTC), True),  # it went back: 07:59, not 08:59
        (datetime(2026, 11, 1, 13, 0, tzinfo=UTC), False),
    ],
)
def test_quiet_hours_are_the_wall_clocks(wall: datetime, quiet: bool) -> None:
    assert is_quiet(wall) is quiet


def test_what_falls_due_in_the_quiet_leaves_after_it() -> None:
    rule()
    visit(patient(), hours=55)
    assert send(NOW + timedelta(hours=9)) == (0, 0)  # 21:00
    assert send(NOW + timedelta(hours=20)) == (1, 0)  # 08:00


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


def told(row: Appointment) -> tuple[Reminder, str]:
    """A reminder that was sent for a visit, and its link's secret."""
    from scheduling.choices import ReminderChannel
    from scheduling.queries.reminders import Due

    one = Due(row, ReminderRule.objects.get(), ReminderChannel.EMAIL, "zora@example.org")
    claimed = claim(by=service_user("reminders"), one=one)
    assert claimed is not None
    return claimed


@pytest.mark.feature("C11")
def test_the_link_cancels_for_the_patient_once() -> None:
    rule()
    row = visit(patient(), hours=24 * 400)
    _, secret = told(row)
    link = reverse("scheduling:reminders_answer", args=[secret])
    assert "cancelled" in Client().post(link, {"reply": "cancel"}).content.decode()
    row.refresh_from_db()
    assert (row.status, row.cancelled_for) == (AppointmentStatus.CANCELLED, "patient")
    again = Client().post(link, {"reply": "confirm"})
    assert (again.status_code, "has changed" in again.content.decode()) == (409, True)
    assert ReminderAnswer.objects.count() == 1


def test_a_link_that_never_was_says_what_to_do() -> None:
    answer = Client().get(reverse("scheduling:reminders_answer", args=["x" * 43]))
    assert (answer.status_code, "doesn't work" in answer.content.decode().replace("&#39;", "'")) == (404, True)


class _Carrier(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.messages.append((self.headers["Authorization"], body))  # type: ignore[attr-defined]
        self.send_response(self.server.answer)  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(b'{"id": "msg-1"}')

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def carrier(settings: Any) -> Iterator[Any]:
    """A carrier of text messages on the loopback."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Carrier)
    server.messages, server.answer = [], 200
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SMS_URL = f"http://127.0.0.1:{server.server_address[1]}/messages"
    settings.SMS_TOKEN, settings.SMS_WEBHOOK_KEY = "token", "key"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def incoming(text: str, *, number: str = MOBILE, name: str = "in-1", key: str = "key") -> int:
    body = json.dumps({"id": name, "from": number, "text": text}).encode()
    signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    answer = Client().post(
        reverse("scheduling:sms_incoming"), body, content_type="application/json", headers={"X-Signature": signature}
    )
    return answer.status_code


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


def reminded_by_sms(hours: float = 24 * 400, who: Patient | None = None) -> Appointment:
    """A visit far ahead of which a text message was sent."""
    row = visit(who or patient(email_reminders=False, sms_reminders=True), hours=hours)
    with acting(someone()):
        Reminder.objects.create(
            appointment=row,
            rule=ReminderRule.objects.first() or rule(),
            channel="sms",
            status="sent",
            start_at=row.start_at,
            recipient=MOBILE,
            made_at=NOW,
            sent_at=NOW,
        )
    return row


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


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("YES.", "confirm"),
        ("sí", "confirm"),
        ("n", "cancel"),
        ("stopall", "stop"),
        ("yes and no", "other"),
        ("", "other"),
    ],
)
def test_only_a_plain_word_is_an_answer(text: str, reply: str) -> None:
    assert meaning(text) == ReminderReply(reply)


def test_the_job_starts_only_where_something_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row of a job is written every five minutes of the year."""
    monkeypatch.setattr("scheduling.queries.reminders.is_quiet", lambda now: False)
    noon = timezone.now().replace(hour=12, minute=3)
    assert [job for job in enqueue_due(noon) if job.name == "scheduling.reminders"] == []
    rule()
    row = visit(patient(), hours=0)
    with transaction.atomic(), acting(someone()):
        row.start_at = timezone.now() + timedelta(hours=40)
        row.end_at = row.start_at + timedelta(minutes=20)
        row.created_at = timezone.now() - timedelta(days=9)
        row.save(update_fields=["start_at", "end_at", "created_at"])
    enqueue_due(noon)
    enqueue_due(noon + timedelta(minutes=1))
    assert Job.objects.filter(name="scheduling.reminders").count() == 1


def test_taking_a_message_twice_gives_the_first(carrier: Any) -> None:
    reminded_by_sms()
    user = service_user("reminders")
    sent = {"by": user, "external_id": "a", "sender": MOBILE, "text": "Y"}
    assert take_sms(**sent) == take_sms(**sent)
