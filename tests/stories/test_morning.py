"""A receptionist's morning by keyboard alone: the telephone at the ear, the mouse in the drawer."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from playwright.sync_api import Locator, expect

from billing.models import DayClose, Payment
from clinic.models import Coverage, Patient
from emr.accounts.models import Clinic, User
from scheduling.actions.booking import book
from scheduling.models import Appointment, Recall, WaitlistEntry, WaitlistOffer
from tests.emr.jobs.machinery import eventually
from tests.factories.accounts import PASSWORD
from tests.factories.clinic import CoverageFactory, PatientFactory
from tests.factories.scheduling import ScheduleExceptionFactory
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import SmallClinic, set_up
from tests.stories.keys import Keys
from tests.stories.people import Person, browsers

#: For the whole morning, beside what is typed into fields.
MOST_KEYS = 250


@pytest.mark.timeout(400)
@pytest.mark.feature(
    *("M05", "B01", "B02", "B03", "B07", "C01", "C05", "C06", "C07", "C09", "C12"),
    *("D01", "D02", "D04", "D05", "D06", "D07", "D08", "D09"),
)
def test_a_morning_without_a_mouse(committed_db: str, tmp_path: Path) -> None:
    clinic = set_up()
    _those_who_are_known(clinic)
    with running(tmp_path, jobs=True) as address, browsers(address) as sit_down:
        dana = sit_down("dana")
        keys = Keys(dana.page)
        _logs_in(dana, keys, clinic.front_desk)
        _finds_a_patient(dana, keys)
        _registers_another(dana, keys, clinic)
        _books_the_next_free_time(dana, keys)
        _books_from_the_calendar(dana, keys)
        _moves_a_visit(dana, keys)
        _puts_somebody_on_the_waitlist(dana, keys)
        _cancels_one_and_gives_its_time_away(dana, keys)
        _confirms_a_visit(dana, keys)
        _checks_in_and_takes_the_copay(dana, keys)
        _brings_the_visit_through_the_board(dana, keys)
        _checks_out(dana, keys)
        _prints_the_day_sheet(dana, keys)
        lena = sit_down("lena")
        _the_manager_closes_the_day(lena, Keys(lena.page), clinic.manager)
    assert not dana.faults + lena.faults, "\n".join(dana.faults + lena.faults)
    assert len(keys.pressed) < MOST_KEYS, f"{len(keys.pressed)} keys beside {keys.typed} letters: {keys.tasks}"


def _those_who_are_known(clinic: SmallClinic) -> None:
    """One beside a namesake, two who have visits today, one who calls; tomorrow the practitioner is away."""
    for given, born in (("Katherine", date(1954, 3, 9)), ("Katharina", date(1961, 7, 30))):
        PatientFactory(family_name="Schmidt", given_name=given, birth_date=born)
    PatientFactory(family_name="Chen", given_name="Wei", birth_date=date(1988, 2, 2))
    with transaction.atomic():
        for name, hour in (("Lopez", 11), ("Garcia", 12)):
            patient = PatientFactory(family_name=name, given_name="Ana")
            CoverageFactory(patient=patient, payer=clinic.payer, copay=Decimal(30))
            common = {"by": clinic.front_desk, "type": clinic.visit, "practitioner": clinic.practitioner}
            book(patient=patient, start_at=_at(time(hour)), **common)
        away = {"practitioner": clinic.practitioner, "reason": "Training"}
        ScheduleExceptionFactory(start_at=_at(time(0), 1), end_at=_at(time(0), 2), **away)


def _logs_in(person: Person, keys: Keys, user: User) -> None:
    person.go("/accounts/login/")
    with keys.task("log in", most=3):
        keys.on(person.page.get_by_label("Email"))
        keys.type(user.email)
        keys.press("Tab")
        keys.type(PASSWORD)
        keys.go("Enter")
    expect(person.page.locator("#find-text")).to_be_visible()


def _finds_a_patient(dana: Person, keys: Keys) -> None:
    """By a name with typing errors, by "Last, First", and by a birth date; another has nearly the same name."""
    page = dana.page
    for typed in ("Kathrine Schmitd 3/9/1954", "Schmidt, Kathe", "3/9/1954"):
        with keys.task("find a patient", most=3):
            _open_patient(dana, keys, typed, "SCHMIDT, Katherine")
        expect(page.locator(".banner")).to_contain_text("Similar name")


def _registers_another(dana: Person, keys: Keys, clinic: SmallClinic) -> None:
    """Who sounds like one on file and was born on the same day, insured; what is asked is read while typing."""
    page = dana.page
    with keys.task("register a patient with insurance", most=30):
        keys.go("n", "p")
        keys.on(page.locator("#id_family_name"))
        keys.type("Schmitt")
        keys.press("Tab")
        keys.type("Catherine")
        expect(page.get_by_text("Names on file that sound like this one")).to_be_visible()
        keys.fill(page.locator("#id_birth_date"), "3/9/1954")
        expect(page.get_by_text("A patient on file looks the same")).to_be_visible()
        keys.choose(page.locator("#id_gender"), "Female")
        keys.fill(page.locator("#id_mobile"), "2175550142")
        keys.fill(page.get_by_label("Why this is another person"), "Has a photo ID")
        keys.enter(page.locator("summary", has_text="Insurance"))
        keys.choose(page.locator("#id_payer"), clinic.payer.name)
        keys.fill(page.locator("#id_subscriber_id"), "BP2009317")
        keys.go("Enter")
    expect(page.get_by_text("Catherine Schmitt is registered.")).to_be_visible()
    assert Coverage.objects.get(subscriber_id="BP2009317").patient == Patient.objects.get(family_name="Schmitt")


def _books_the_next_free_time(dana: Person, keys: Keys) -> None:
    """Tomorrow is closed: the page offers the next free time, and that is the day after."""
    page = dana.page
    with keys.task("book the next free time for a known patient", most=25):
        keys.go("n", "v")
        keys.on(page.locator("#id_q"))
        keys.type("Schmitt 3/9/1954")
        keys.press("Enter")
        keys.on(page.get_by_role("button", name=re.compile("^Choose SCHMITT")))
        keys.press("Enter")
        keys.on(page.get_by_role("button", name="Change"))
        keys.tab_to(page.locator("#id_day"))
        keys.replace(f"{_at(time(9), 1):%d-%b-%Y}")
        keys.press("Tab")
        expect(page.get_by_text("Next free")).to_be_visible()
        keys.tab_to(page.locator("input[name=slot]").first)
        keys.press("Space")
        keys.go("Enter")
    expect(page.get_by_text(re.compile("Booked: "))).to_be_visible()
    assert _visits_of("Schmitt").get().start_at == _at(time(0), 2)


def _books_from_the_calendar(dana: Person, keys: Keys) -> None:
    """The next time from now on that is free, in the panel beside the day."""
    page = dana.page
    with keys.task("book from the calendar", most=25):
        keys.go("g", "s")
        keys.press("f", "Enter")
        keys.on(page.locator("#drawer #id_q"))
        keys.type("Schmidt 3/9/1954")
        keys.press("Enter")
        keys.enter(page.get_by_role("button", name=re.compile("^Choose SCHMIDT")))
        keys.on(page.locator("#book-patient").get_by_role("button", name="Change"))
        keys.fill(page.locator("#drawer #id_reason"), "Cough")
        keys.go("Enter")
    expect(page.get_by_text(re.compile("Booked: "))).to_be_visible()
    assert _visits_of("Schmidt").get().start_at > timezone.now() - timedelta(minutes=20)


def _moves_a_visit(dana: Person, keys: Keys) -> None:
    page = dana.page
    with keys.task("move a visit", most=15):
        _walk_to(dana, keys, "LOPEZ")
        keys.press("m", "ArrowDown", "ArrowDown", "Enter")
        keys.on(page.locator("[data-place-go]"))
        keys.press("Enter")
    expect(page.locator("#drawer").get_by_text(re.compile("^Moved to 11:20"))).to_be_visible()
    keys.press("Escape")
    assert _visits_of("Lopez").get().start_at == _at(time(11, 20))


def _puts_somebody_on_the_waitlist(dana: Person, keys: Keys) -> None:
    page = dana.page
    with keys.task("put on the waitlist", most=12):
        _open_patient(dana, keys, "Chen", "CHEN, Wei")
        keys.go("1")
        keys.go("w")
        keys.choose(page.locator("#id_type"), "Follow-up")
        keys.fill(page.locator("#id_note"), "Any time today")
        keys.go("Enter")
    expect(page.get_by_text("On the waitlist.")).to_be_visible()
    assert WaitlistEntry.objects.get().patient.family_name == "Chen"


def _cancels_one_and_gives_its_time_away(dana: Person, keys: Keys) -> None:
    page = dana.page
    with keys.task("cancel a visit", most=15):
        _walk_to(dana, keys, "GARCIA")
        keys.press("Enter")
        keys.on(page.locator("[data-drawer-close]"))
        keys.go("x")
        keys.on(page.locator("input[name=cancelled_for]").first)
        keys.press("Space")
        keys.fill(page.locator("#id_reason"), "Car broke down")
        keys.go("Enter")
    expect(page.get_by_text("Visit cancelled.")).to_be_visible()
    eventually(WaitlistOffer.objects.filter(status="open").exists, within=30, what="the offer")
    with keys.task("give the freed time to who waits", most=8):
        keys.go("g", "k")
        keys.press("j")
        keys.tab_to(page.get_by_role("button", name="Accept 12:00 for CHEN Wei"))
        keys.go("Enter")
    expect(page.get_by_text("Booked: 12:00")).to_be_visible()
    assert _visits_of("Chen").get().start_at == _at(time(12))


def _confirms_a_visit(dana: Person, keys: Keys) -> None:
    with keys.task("confirm a visit", most=8):
        _walk_to(dana, keys, "LOPEZ")
        keys.press("Enter")
        keys.on(dana.page.locator("[data-drawer-close]"))
        keys.go("y")
    expect(dana.page.get_by_text("Confirmed by telephone.")).to_be_visible()
    assert _visits_of("Lopez").get().confirmed_via == "phone"


def _checks_in_and_takes_the_copay(dana: Person, keys: Keys) -> None:
    page = dana.page
    with keys.task("check in with the copay", most=60):
        _on_the_board(dana, keys, "LOPEZ")
        keys.press("a")
        keys.on(_at_stage(dana, "LOPEZ", "arrived"))
        keys.go("c")
        expect(page.get_by_role("heading", name="Missing")).to_be_visible()
        keys.skip()
        till = page.locator("#payment")
        expect(till.get_by_label("Amount")).to_have_value("30.00")
        keys.choose(till.get_by_label("Paid by"), "Cash")
        keys.enter(till.get_by_role("button", name="Take payment"))
        keys.on(page.get_by_role("link", name="Print receipt", exact=True))
        with page.expect_popup():
            keys.press("Enter")
        for item in ("identity", "insurance", "copay"):
            keys.tab_to(page.locator(f"input[name=done][value={item}]"))
            keys.press("Space")
            if item == "identity":
                keys.fill(page.locator("#id_reason_demographics"), "Moves next week")
        keys.go("Enter")
    expect(page.get_by_text("Checked in. The visit is open.")).to_be_visible()
    assert (Payment.objects.get().amount, Payment.objects.get().method) == (Decimal(30), "cash")


def _brings_the_visit_through_the_board(dana: Person, keys: Keys) -> None:
    with keys.task("from the room to the checkout", most=10):
        _on_the_board(dana, keys, "LOPEZ")
        for key, stage in (("r", "roomed"), ("y", "ready"), ("w", "with_clinician"), ("o", "checkout")):
            keys.press(key)
            keys.on(_at_stage(dana, "LOPEZ", stage))


def _checks_out(dana: Person, keys: Keys) -> None:
    """With a visit to come, a recall, and the patient out of the door."""
    page = dana.page
    with keys.task("book the follow-up at the checkout", most=25):
        _on_the_board(dana, keys, "LOPEZ")
        keys.go("d")
        keys.skip()
        keys.tab_to(page.get_by_role("link", name=re.compile("^Book a follow-up")).first)
        keys.go("Enter")
        keys.on(page.locator("#id_type"))
        keys.tab_to(page.locator("input[name=slot]").first)
        keys.press("Space")
        keys.go("Enter")
    expect(page.get_by_text(re.compile("Booked: "))).to_be_visible()
    with keys.task("make a recall and complete the visit", most=32):
        _on_the_board(dana, keys, "LOPEZ")
        keys.go("d")
        keys.skip()
        keys.fill(page.get_by_label("Due in"), "6")
        keys.fill(page.get_by_label("Reason for the recall"), "Blood pressure")
        keys.go("Enter")
        expect(page.get_by_text("The recall is made.")).to_be_visible()
        keys.tab_to(page.get_by_role("button", name="Complete the visit"))
        keys.go("Enter")
    expect(page.get_by_text("Visit completed.")).to_be_visible()
    assert Recall.objects.get().patient.family_name == "Lopez"
    assert _visits_of("Lopez").get().start_at > _at(time(0), 2)


def _prints_the_day_sheet(dana: Person, keys: Keys) -> None:
    page = dana.page
    with keys.task("print the day sheet", most=4):
        keys.go("g", "s")
        with page.expect_response(re.compile("/sheet/$")) as paper:
            keys.press("v", "p")
    assert (paper.value.status, paper.value.headers["content-type"]) == (200, "application/pdf")


def _the_manager_closes_the_day(lena: Person, keys: Keys, manager: User) -> None:
    page = lena.page
    _logs_in(lena, keys, manager)
    with keys.task("close the day", most=5):
        keys.go("g", "x")
        keys.go("c")
        keys.on(page.locator("#id_counted_cash"))
        keys.type("30")
        keys.go("Enter")
    expect(page.get_by_role("link", name="Deposit slip")).to_be_visible()
    assert DayClose.objects.get().total == 30


def _open_patient(dana: Person, keys: Keys, typed: str, name: str) -> None:
    """Through the search box, to the first who is found."""
    page = dana.page
    keys.press("/")
    keys.on(page.locator("#find-text"))
    keys.type(typed)
    expect(page.locator("#find-list [role=option]").first).to_contain_text(name)
    keys.press("ArrowDown")
    keys.go("Enter")
    expect(page.locator(".banner")).to_contain_text(name.partition(",")[0], ignore_case=True)


def _walk_to(dana: Person, keys: Keys, name: str) -> None:
    """Today's visit of somebody, from one to the next."""
    keys.go("g", "s")
    _step_to(keys, name)
    keys.on(dana.page.locator("a.appt", has_text=name))


def _on_the_board(dana: Person, keys: Keys, name: str) -> None:
    keys.go("g", "t")
    _step_to(keys, name)
    keys.on(dana.page.locator("tr[data-row]", has_text=name))


def _at_stage(dana: Person, name: str, stage: str) -> Locator:
    return dana.page.locator(f'tr[data-row][data-stage="{stage}"]', has_text=name)


def _step_to(keys: Keys, name: str) -> None:
    for _ in range(5):
        keys.press("j")
        if name in keys.where():
            return
    raise AssertionError(f"{name} isn't reached: {keys.where()}")


def _at(clock: time, days: int = 0) -> datetime:
    """A time of the clinic's wall clock, so many days from today."""
    zone = ZoneInfo(Clinic.objects.get().time_zone)
    return datetime.combine(timezone.localdate(timezone=zone) + timedelta(days=days), clock, zone)


def _visits_of(family_name: str) -> QuerySet[Appointment]:
    return Appointment.objects.filter(patient__family_name=family_name, status__in=("booked", "arrived", "checked-in"))
