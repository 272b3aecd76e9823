"""Reminders with what a test doesn't care about filled in, and the carrier of text messages."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import reverse

from clinic.models import Patient
from emr.audit.actor import acting, service_user
from scheduling.actions.reminders import claim, send_due
from scheduling.choices import ReminderChannel
from scheduling.models import Appointment, Reminder, ReminderRule
from scheduling.queries.reminders import Due
from tests.factories.base import someone
from tests.factories.clinic import ContactPointFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory

#: Monday noon in New York.
NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
MOBILE = "+12175550142"


def rule(hours: int = 48, **ways: bool) -> ReminderRule:
    """A rule that is in force."""
    with acting(someone()):
        return ReminderRule.objects.create(created_by=someone(), hours_before=hours, **ways)


def patient(**agreed: Any) -> Patient:
    """Somebody with an address and a telephone, who agreed to mail unless ``agreed`` says otherwise."""
    row = PatientFactory.create(family_name="Quimby", given_name="Zora", **({"email_reminders": True} | agreed))
    ContactPointFactory(patient=row, system="email", value="zora@example.org")
    ContactPointFactory(patient=row, system="phone", use="mobile", value=MOBILE)
    return row


def visit(who: Patient, *, hours: float = 40, booked: timedelta = timedelta(days=30), **columns: Any) -> Appointment:
    """A visit so many hours from ``NOW``, booked long ago."""
    start = NOW + timedelta(hours=hours)
    row = AppointmentFactory.create(
        patient=who, start_at=start, end_at=start + timedelta(minutes=20), reason="Fertility", **columns
    )
    with transaction.atomic(), acting(someone()):
        row.created_at = NOW - booked
        row.save(update_fields=["created_at"])
    return row


def send(now: datetime = NOW) -> tuple[int, int]:
    """What leaves at a moment: how many were sent, how many were refused."""
    return send_due(by=service_user("reminders"), now=now)


def told(row: Appointment) -> tuple[Reminder, str]:
    """A reminder that was sent for a visit, and its link's secret."""
    one = Due(row, ReminderRule.objects.get(), ReminderChannel.EMAIL, "zora@example.org")
    claimed = claim(by=service_user("reminders"), one=one)
    assert claimed is not None
    return claimed


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


def incoming(text: str, *, number: str = MOBILE, name: str = "in-1", key: str = "key") -> int:
    """What the carrier's message is answered."""
    body = json.dumps({"id": name, "from": number, "text": text}).encode()
    signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    answer = Client().post(
        reverse("scheduling:sms_incoming"), body, content_type="application/json", headers={"X-Signature": signature}
    )
    return answer.status_code


class Carrier(BaseHTTPRequestHandler):
    """Takes text messages, and answers as its server's ``answer`` says."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.messages.append((self.headers["Authorization"], body))  # type: ignore[attr-defined]
        self.send_response(self.server.answer)  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(b'{"id": "msg-1"}')

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
