"""The calendar by hand and by keys: a visit is dragged, made longer, moved, and refused where it can't be."""

from __future__ import annotations

import re
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import CDPSession, Locator, Page, expect

from emr.accounts.models import Clinic
from emr.audit.models import LogEntry
from scheduling.actions.booking import book
from scheduling.choices import Weekday
from scheduling.models import Appointment
from tests.emr.jobs.machinery import eventually
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import ScheduleFactory
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import SmallClinic, set_up
from tests.stories.people import Person, browsers


@pytest.mark.timeout(300)
@pytest.mark.feature("C01")
@pytest.mark.feature("C07")
def test_a_visit_is_moved_by_hand_and_by_keys(committed_db: str, tmp_path: Path) -> None:
    clinic = set_up()
    visits = _book_three(clinic)
    with running(tmp_path) as address, browsers(address) as sit_down:
        dana, lena = sit_down("dana"), sit_down("lena")
        dana.log_in(clinic.front_desk.email)
        lena.log_in(clinic.manager.email)
        for person in (dana, lena):
            person.go("/schedule/")
        dana.looks("calendar")
        _drags_it_later(dana, visits[0])
        _makes_it_longer(dana)
        _moves_by_keys(dana)
        _is_told_that_somebody_was_first(lena)
        _is_refused_where_another_stands(dana)
        _books_in_the_panel(dana)
        _looks_at_the_week_and_the_rooms(dana, clinic)
        _goes_to_a_day_of_another_month(dana)
        tablet = sit_down("tablet", has_touch=True, viewport={"width": 768, "height": 1024})
        tablet.log_in(clinic.front_desk.email)
        tablet.go("/schedule/")
        _moves_by_finger(tablet)
        _opens_the_month_by_finger(tablet)
    assert [fault for person in (dana, lena, tablet) for fault in person.faults if "409" not in fault] == []


def _book_three(clinic: SmallClinic) -> list[Appointment]:
    """Three visits of today at 11, 12 and 13 o'clock; a second practitioner has the same hours and none."""
    zone = ZoneInfo(Clinic.objects.get().time_zone)
    today = timezone.localdate(timezone=zone)
    other = PractitionerFactory(family_name="Brandt", given_name="Erik")
    for weekday in Weekday:
        ScheduleFactory(practitioner=other, weekday=weekday, start_time=time(0), end_time=time(23, 55))
    with transaction.atomic():
        return [
            book(
                by=clinic.front_desk,
                patient=PatientFactory(family_name=name),
                practitioner=clinic.practitioner,
                type=clinic.visit,
                start_at=datetime.combine(today, time(hour), zone),
            )
            for name, hour in (("Lopez", 11), ("Garcia", 12), ("Chen", 13))
        ]


def _visit(page: Page, name: str) -> Locator:
    return page.locator("a.appt", has_text=name)


def _confirm(page: Page, button: str = "Move the visit") -> None:
    page.locator("#drawer").get_by_role("button", name=button).click()
    expect(page.locator("#drawer").get_by_text(re.compile("^Moved to"))).to_be_visible()


def _drag(page: Page, name: str, rows: int, *, columns: int = 0, edge: bool = False) -> None:
    """Drag a visit by so many rows of five minutes and so many columns; at its lower edge where ``edge``."""
    visit = _visit(page, name)
    visit.scroll_into_view_if_needed()
    box = visit.bounding_box()
    wide = page.locator(".day-col").first.bounding_box()
    assert box
    assert wide
    x, y = box["x"] + 30, box["y"] + (box["height"] - 3 if edge else 8)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + columns * wide["width"] / 2, y + rows * 4, steps=3)
    page.mouse.move(x + columns * wide["width"], y + rows * 8, steps=3)
    page.mouse.up()


def _drags_it_later(dana: Person, visit: Appointment) -> None:
    """By hand, to the other practitioner; taken back, then done again."""
    page = dana.page
    _drag(page, "LOPEZ", 12, columns=-1)
    panel = page.locator("#drawer")
    expect(panel.get_by_role("heading", name="Move the visit?")).to_be_visible()
    expect(panel.get_by_text("12:00–12:20 with Dr E. Brandt")).to_be_visible()
    dana.looks("move")
    _confirm(page)
    assert Appointment.objects.get(replaces=visit).practitioner.family_name == "Brandt"
    dana.looks("moved")
    panel.get_by_role("button", name="Undo").click()
    expect(panel.get_by_text(re.compile("^Moved to 11:00–11:20"))).to_be_visible()
    expect(_visit(page, "LOPEZ")).to_contain_text("11:00")


def _makes_it_longer(dana: Person) -> None:
    page = dana.page
    _drag(page, "LOPEZ", 4, edge=True)
    expect(page.locator("#drawer").get_by_text("11:00–11:40")).to_be_visible()
    _confirm(page, "Change its length")
    row = Appointment.objects.get(patient__family_name="Lopez", status="booked")
    assert (row.end_at - row.start_at).seconds == 40 * 60
    assert LogEntry.objects.filter(object_pk=row.pk, changes__has_key="end_at", actor=row.created_by).count() == 2


def _moves_by_keys(dana: Person) -> None:
    page = dana.page
    page.keyboard.press("Escape")
    visit = _visit(page, "GARCIA")
    visit.focus()
    page.keyboard.press("m")
    for start in ("12:10", "12:20", "12:30"):
        page.keyboard.press("ArrowDown")
        expect(page.locator("#move-said")).to_have_text(re.compile(f"^{start}"))
    page.keyboard.press("+")
    expect(page.locator("#move-said")).to_have_text(re.compile("^12:30–13:00"))
    page.keyboard.press("Escape")
    expect(page.locator(".appt-ghost")).to_have_count(0)
    for key in ("m", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("[data-place-go]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer").get_by_text(re.compile("^Moved to 12:10"))).to_be_visible()
    expect(_visit(page, "GARCIA")).to_contain_text("12:10")


def _is_told_that_somebody_was_first(lena: Person) -> None:
    """Her page still shows the visit at twelve."""
    page = lena.page
    _drag(page, "GARCIA", 24)
    told = "Somebody else has moved this visit. It now stands at 12:10"
    expect(page.locator("#drawer").get_by_text(told)).to_be_visible()
    expect(page.locator(".appt-ghost")).to_have_count(0)


def _is_refused_where_another_stands(dana: Person) -> None:
    page = dana.page
    _drag(page, "CHEN", -8)
    page.locator("#drawer").get_by_role("button", name="Move the visit").click()
    expect(page.locator("#drawer").get_by_text("It stays where it was")).to_be_visible()
    expect(_visit(page, "CHEN")).to_contain_text("13:00")
    dana.looks("refused")


def _books_in_the_panel(dana: Person) -> None:
    page = dana.page
    page.keyboard.press("Escape")
    page.locator("a.slot").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer .booking")).to_be_visible()
    dana.looks("book-in-the-panel")
    page.keyboard.press("Escape")


def _looks_at_the_week_and_the_rooms(dana: Person, clinic: SmallClinic) -> None:
    page = dana.page
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page.locator(".day-head")).to_have_count(8)
    page.get_by_role("link", name=clinic.practitioner.short_name, exact=True).click()
    expect(_visit(page, "CHEN")).to_be_visible()
    dana.looks("week")
    page.get_by_role("link", name="Rooms", exact=True).click()
    expect(page.get_by_text("No room yet")).to_be_visible()
    dana.looks("rooms")


def _goes_to_a_day_of_another_month(dana: Person) -> None:
    """By keyboard alone: into the month beside the day, a month on, and to a day of it."""
    page = dana.page
    with page.expect_navigation():
        page.get_by_role("link", name="Day", exact=True).click()
    month = page.get_by_role("navigation", name="Month", exact=True)
    page.keyboard.press("v")
    page.keyboard.press("m")
    here = month.locator('a[aria-current="date"]')
    expect(here).to_be_focused()
    shown = month.locator("b").inner_text()
    page.keyboard.press("PageDown")
    expect(month.locator("b")).not_to_have_text(shown)
    expect(month.locator("td a:focus")).to_have_count(1)
    wanted = month.locator("td a:focus").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{wanted}")
    dana.looks("another-month")


def _touch(finger: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    """A finger of the browser's own, which scrolls, clicks and is taken away as a real one is."""
    finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})


def _moves_by_finger(tablet: Person) -> None:
    """A finger that rests on a visit takes it along; one that swipes scrolls, and moves nothing."""
    page = tablet.page
    finger, visit = page.context.new_cdp_session(page), _visit(page, "CHEN")
    visit.scroll_into_view_if_needed()
    wrap = page.locator(".day-wrap")
    box = visit.bounding_box()
    assert box
    x, y = box["x"] + 40, box["y"] + 6
    before = wrap.evaluate("one => one.scrollTop")
    _touch(finger, "touchStart", (x, y))
    for step in range(1, 9):
        _touch(finger, "touchMove", (x, y - step * 20))
    _touch(finger, "touchEnd")
    eventually(lambda: wrap.evaluate("one => one.scrollTop") != before, within=10, what="the calendar to scroll")
    expect(page.locator(".appt-lifted")).to_have_count(0)
    expect(page.locator("#drawer")).to_be_empty()

    visit.scroll_into_view_if_needed()
    box = visit.bounding_box()
    assert box
    x, y = box["x"] + 40, box["y"] + 6
    _touch(finger, "touchStart", (x, y))
    expect(page.locator(".appt-lifted")).to_have_count(1)
    for step in range(1, 7):
        _touch(finger, "touchMove", (x, y + step * 8))
    _touch(finger, "touchEnd")
    expect(page.locator("#drawer").get_by_text("13:30–13:50")).to_be_visible()
    tablet.looks("moved-by-finger")
    _confirm(page)
    assert Appointment.objects.get(patient__family_name="Chen", status="booked").replaces is not None


def _opens_the_month_by_finger(tablet: Person) -> None:
    page = tablet.page
    month = page.get_by_role("navigation", name="Month", exact=True)
    expect(month).to_be_hidden()
    page.get_by_role("button", name="Month", exact=True).tap()
    expect(month).to_be_visible()
    tablet.looks("month-on-a-tablet")
