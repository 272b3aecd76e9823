"""The manager's page of reminders, and what the page of a visit tells of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Practitioner
from scheduling.actions.reminders import answer_link
from scheduling.choices import ReminderReply, ReminderStatus
from scheduling.models import AppointmentType, ReminderRule
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, ReminderAnswerFactory, ReminderFactory, ReminderRuleFactory
from tests.scheduling.conftest import at
from tests.scheduling.views.pages import errors, text

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C11")]

RULES = "/schedule/reminders/"


@pytest.fixture
def manager(as_role: Any, doctor: Practitioner) -> Client:
    client: Client = as_role("manager")
    return client


def test_a_rule_is_added_and_changed(manager: Client) -> None:
    assert "Nobody is reminded yet." in text(manager.get(RULES))
    assert manager.post(RULES, {"hours_before": "48", "by_email": "on"}).status_code == 303
    row = ReminderRule.objects.get()
    edit = reverse("scheduling:reminders_edit", args=[row.pk])
    assert 'value="48"' in text(manager.get(edit))
    manager.post(edit, {"hours_before": "24", "by_sms": "on"})
    row.refresh_from_db()
    assert (row.hours_before, row.by_email, row.by_sms, row.active) == (24, False, True, False)


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"hours_before": ""}, "hours_before", "Enter a number of hours."),
        ({"hours_before": "soon"}, "hours_before", "Enter a whole number of hours."),
        (
            {"hours_before": "1"},
            "hours_before",
            "Enter at least 2: nobody is reminded in the last hour before a visit.",
        ),
        ({"hours_before": "721"}, "hours_before", "Ensure this value is less than or equal to 720."),
        ({"hours_before": "3"}, "hours_before", "There is a reminder 3 hours before already."),
        ({"by_email": ""}, "by_email", "Choose e-mail, text message, or both."),
    ],
    ids=["none", "no number", "too late", "too early", "taken", "no way"],
)
@pytest.mark.parametrize("editing", [False, True], ids=["added", "changed"])
def test_what_is_wrong_stands_beside_its_field(
    manager: Client, wrong: dict[str, str], field: str, said: str, editing: bool
) -> None:
    ReminderRuleFactory(hours_before=3)
    row = ReminderRuleFactory(hours_before=100)
    path = reverse("scheduling:reminders_edit", args=[row.pk]) if editing else RULES
    wanted = {"hours_before": "48", "by_email": "on", "active": "on", **wrong}
    response = manager.post(path, wanted)
    assert (response.status_code, errors(response)) == (422, {field: said})
    assert f'value="{wanted["hours_before"]}"' in text(response) or not wanted["hours_before"]
    assert list(ReminderRule.objects.values_list("hours_before", flat=True)) == [100, 3]


def test_as_many_queries_for_thirty(
    manager: Client, doctor: Practitioner, visit_type: AppointmentType, queries: Any
) -> None:
    counts = []
    for numbers in ([0], range(1, 30)):
        for number in numbers:
            visit = AppointmentFactory(
                practitioner=doctor,
                patient=PatientFactory(),
                type=visit_type,
                start_at=at(8 + number // 3, number % 3 * 20),
            )
            failed = ReminderFactory(appointment=visit, status=ReminderStatus.FAILED, failure="Refused", made_at=at(7))
            ReminderAnswerFactory(reminder=failed, at=at(7))
        with queries() as asked:
            assert "Did not leave" in text(manager.get(RULES))
        counts.append(len(asked()))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", ["front_desk", "clinician", "biller"])
def test_only_for_the_manager(as_role: Any, doctor: Practitioner, role: str) -> None:
    client = as_role(role)
    edit = reverse("scheduling:reminders_edit", args=[ReminderRuleFactory().pk])
    assert [client.get(path).status_code for path in (RULES, edit)] == [403, 403]


def test_the_page_of_a_visit_tells_what_was_sent_and_who_confirmed(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    visit = AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9))
    page = reverse("scheduling:appointments_detail", args=[visit.patient_id, visit.pk])
    client = as_role("front_desk")
    before = text(client.get(page))
    assert "Reminders" not in before
    assert "Confirmed by" not in before
    reminder = ReminderFactory(appointment=visit, made_at=at(7))
    answer_link(by=someone(), reminder=reminder, reply=ReminderReply.CONFIRM, at=at(7, 30))
    after = text(client.get(page))
    assert "E-mail sent 23-Nov-2026 07:00" in after
    assert "Answered 23-Nov-2026 07:30:" in after
    assert "e-mail, 23-Nov-2026 07:30" in after


def test_the_menu_leads_practitioners_to_their_calendar_link(as_role: Any, doctor: Practitioner) -> None:
    path = reverse("scheduling:feeds_own")
    shown = {role: path in as_role(role).get("/schedule/").content.decode() for role in ("clinician", "front_desk")}
    assert shown == {"clinician": True, "front_desk": False}
