"""The flow board in two browsers: what one moves the other sees, and loses neither its place nor its focus."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from clinic.models import Encounter
from emr.accounts.models import Clinic
from scheduling.models import AppointmentStage
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.services import ROOT
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import SmallClinic, set_up
from tests.stories.people import Person, browsers

#: What the row asks for: a change is seen elsewhere within five seconds.
SEEN_WITHIN_MS = 5_000


@pytest.mark.feature("D02")
def test_the_board_asks_often_enough() -> None:
    """How soon the answer is drawn is the machine's matter, and this one may be busy with other tests."""
    every = re.search(r"const EVERY_MS = (\d+);", (ROOT / "static/js/flow.js").read_text("utf-8"))
    assert every is not None
    assert int(every[1]) < SEEN_WITHIN_MS


@pytest.mark.timeout(300)
@pytest.mark.feature("D02")
def test_two_desks_share_a_board(committed_db: str, tmp_path: Path) -> None:
    clinic = set_up()
    _expect_thirty(clinic)
    with running(tmp_path) as address, browsers(address) as sit_down:
        dana, lena = sit_down("dana"), sit_down("lena", viewport={"width": 768, "height": 600}, color_scheme="dark")
        dana.log_in(clinic.front_desk.email)
        lena.log_in(clinic.manager.email)
        for person in (dana, lena):
            person.go("/flow/")
            expect(_row(person.page, "Visitor20")).to_be_attached()
        _row(lena.page, "Visitor20").get_by_role("link").first.focus()
        place = lena.page.evaluate("scrollY")
        assert place > 0

        _row(dana.page, "Visitor05").focus()
        dana.page.keyboard.press("a")
        expect(_stage(lena.page, "Visitor05", "arrived")).to_be_attached()
        assert lena.page.evaluate("document.activeElement.textContent").startswith("VISITOR20")
        assert lena.page.evaluate("scrollY") == place

        expect(_stage(dana.page, "Visitor05", "arrived")).to_be_focused()
        dana.page.keyboard.press("c")
        dana.page.get_by_label(re.compile("^Name and date of birth:")).check()
        for reason in dana.page.locator("tr:has-text('required') input[type=text]").all():
            reason.fill("Brings it next time")
        dana.page.get_by_role("button", name="Check in", exact=True).click()
        expect(dana.page.get_by_text("Checked in. The visit is open.")).to_be_visible()
        assert dana.page.url == f"{address}/flow/"
        expect(_stage(lena.page, "Visitor05", "checked_in")).to_be_attached()
        for person in (dana, lena):
            person.looks("flow")
        _hang_a_screen(lena, wall := sit_down("wall", viewport={"width": 1366, "height": 768}))
        assert wall.page.url == f"{address}/waiting/"
        expect(wall.page.get_by_text("MV")).to_be_visible()
        wall.looks("waiting")
        for person in (dana, lena):
            expect(person.page.get_by_text("No connection")).to_be_hidden()
        dana.page.context.set_offline(True)
        expect(dana.page.get_by_text("No connection: what stands here is from")).to_be_visible(timeout=15_000)
        dana.page.context.set_offline(False)
        expect(dana.page.get_by_text("No connection")).to_be_hidden(timeout=15_000)
        wall.page.context.set_offline(True)
        expect(wall.page.get_by_text("No connection: this is how it was at")).to_be_visible(timeout=15_000)
        wall.page.context.set_offline(False)
        expect(wall.page.get_by_text("No connection")).to_be_hidden(timeout=15_000)
        assert "Visitor" not in wall.page.content()
        assert {one["name"] for one in wall.page.context.cookies()} == {"chartroom-csrf", "chartroom-waiting"}
        lena.page.get_by_role("button", name="Revoke The hall").click()
        expect(wall.page.get_by_text("This screen shows nothing")).to_be_visible(timeout=15_000)
        # A request that found no network, and one that was told of the end, are in the console.
        wall.faults = [fault for fault in wall.faults if "404" not in fault]
        for person in (dana, wall):
            person.faults = [fault for fault in person.faults if "ERR_INTERNET_DISCONNECTED" not in fault]
    assert [fault for person in (dana, lena, wall) for fault in person.faults] == []
    moves = AppointmentStage.objects.filter(appointment__patient__family_name="Visitor05")
    assert list(moves.values_list("stage", "by__email")) == [
        ("arrived", clinic.front_desk.email),
        ("checked_in", clinic.front_desk.email),
    ]
    assert Encounter.objects.count() == 1


def _hang_a_screen(manager: Person, wall: Person) -> None:
    """The manager names a screen; its link is opened on the wall, where nobody ever logs in."""
    manager.go("/flow/limits/")
    manager.looks("limits")
    manager.go("/flow/screens/")
    manager.page.get_by_label("Name").fill("The hall")
    manager.page.get_by_role("button", name="Make the link").click()
    manager.looks("screens")
    wall.page.goto(manager.page.get_by_label("Link").input_value())
    wall.looks("open")
    wall.page.get_by_role("button", name="Show the waiting room here").click()


def _expect_thirty(clinic: SmallClinic) -> None:
    zone = ZoneInfo(Clinic.objects.get().time_zone)
    noon = datetime.combine(timezone.localdate(timezone=zone), time(12), zone).astimezone(UTC)
    for number in range(30):
        start = noon + timedelta(minutes=5 * number)
        AppointmentFactory(
            patient=PatientFactory(family_name=f"Visitor{number:02}"),
            practitioner=clinic.practitioner,
            type=clinic.visit,
            start_at=start,
            end_at=start + timedelta(minutes=5),
        )


def _row(page: Page, name: str) -> Locator:
    page.locator("tr[data-row]", has_text=name).evaluate("row => { row.tabIndex = -1 }")
    return page.locator("tr[data-row]", has_text=name)


def _stage(page: Page, name: str, stage: str) -> Locator:
    return page.locator(f'tr[data-row][data-stage="{stage}"]', has_text=name)
