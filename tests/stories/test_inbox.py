"""A clinician goes through the inbox by keyboard: moves, selects, is done with it, reads a message and answers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from clinic.actions.messages import send_message
from clinic.actions.tasks import create_task
from clinic.models import CommunicationRecipient, Task
from emr.shared.dates import clinic_today
from tests.emr.jobs.machinery import eventually
from tests.factories.clinic import PatientFactory
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import set_up
from tests.stories.people import browsers


@pytest.mark.timeout(300)
@pytest.mark.feature("G01", "G03")
def test_the_inbox_is_worked_by_keyboard(committed_db: str, tmp_path: Path) -> None:
    clinic = set_up()
    patient, today = PatientFactory(family_name="Bell"), clinic_today()
    for number, words in enumerate(("Call the lab", "Sign the form", "Order gloves")):
        due = today + timedelta(days=number - 1)
        create_task(
            by=clinic.manager, code="asked", description=words, owner=clinic.clinician, patient=patient, due_date=due
        )
    message = send_message(
        by=clinic.nurse, to=[clinic.clinician], subject="Potassium", text="It is 5.9.", patient=patient, urgent=True
    )
    with running(tmp_path) as address, browsers(address) as sit_down:
        amara = sit_down("amara")
        page, press = amara.page, amara.page.keyboard.press
        amara.log_in(clinic.clinician.email)
        amara.go("/patients/inbox/")
        rows = page.locator("tr[data-row]")
        expect(rows).to_have_count(4)
        expect(rows.first).to_contain_text("Potassium")
        amara.looks("inbox")
        press("j")
        expect(rows.first).to_be_focused()
        with page.expect_navigation():
            press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Potassium")
        received = CommunicationRecipient.objects.filter(communication=message, read_at__isnull=False)
        eventually(received.exists, within=15, what="the mark that it was read")
        amara.looks("message")
        page.get_by_label("Answer").fill("Repeat it today.")
        with page.expect_navigation():
            page.get_by_role("button", name="Send the answer").click()
        expect(page.get_by_text("Repeat it today.")).to_be_visible()
        with page.expect_navigation():
            press("e")
        expect(rows).to_have_count(3)
        for _ in range(2):
            press("j")
        expect(rows.nth(1)).to_be_focused()
        with page.expect_navigation():
            press("e")
        expect(rows).to_have_count(2)
        press("j")
        press("x")
        press("j")
        press("x")
        expect(page.locator("[data-selected-count]")).to_have_text("2")
        with page.expect_navigation():
            press("e")
        expect(page.get_by_text("Nothing waits for you", exact=True)).to_be_visible()
        amara.looks("empty")
        assert Task.objects.filter(status="completed", completed_by=clinic.clinician).count() == 3
    assert not amara.faults, amara.faults
