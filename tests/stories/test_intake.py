"""A tablet at the front desk: handed over, filled in by keyboard, signed, handed back, and reviewed by the staff."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import expect

from clinic.models import Consent, Observation, Patient, QuestionnaireResponse
from emr.accounts.models import User
from tests.factories.accounts import ClinicFactory, make_person
from tests.factories.clinic import ContactPointFactory, PatientAddressFactory, PatientFactory
from tests.factories.intake import questionnaire, text
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import ARGON
from tests.stories.people import Person, browsers


@pytest.mark.timeout(300)
@pytest.mark.feature("B08", "D07", "E13")
def test_a_tablet_goes_around(committed_db: str, tmp_path: Path) -> None:
    ClinicFactory()
    with override_settings(PASSWORD_HASHERS=[ARGON]):  # As the web server of the story checks them.
        desk = make_person("front_desk", first_name="Dana", last_name="Ruiz")
        nurse = make_person("nurse", first_name="Ruth", last_name="Adeyemi")
        manager = make_person("manager", first_name="Lena", last_name="Brandt")
    maria = PatientFactory(family_name="Silva", given_name="Maria")
    PatientAddressFactory(patient=maria)
    ContactPointFactory(patient=maria, use="mobile", value="+12175550142")
    for name in ("details", "audit-c"):
        questionnaire(name)
    text()
    with running(tmp_path) as address, browsers(address) as sit_down:
        tablet = sit_down("tablet", viewport={"width": 768, "height": 1024})
        staff, boss = sit_down("staff"), sit_down("manager")
        _hand_over(tablet, desk, maria)
        _answer_by_keyboard(tablet)
        _sign(tablet)
        _hand_back(tablet, maria)
        _review(staff, nurse, maria)
        _look_around(boss, manager)
    # The console tells of the session that is gone; the story is about that.
    faults = [fault for person in (tablet, staff, boss) for fault in person.faults if "status of 4" not in fault]
    assert faults == []
    consent = Consent.objects.select_related("taken_by").get()
    assert (consent.status, consent.method, consent.signer_name, consent.taken_by) == (
        "active",
        "drawn",
        "Maria Silva",
        desk,
    )
    assert Observation.objects.get().value_quantity == 3
    assert {row.review for row in QuestionnaireResponse.objects.all()} == {"accepted"}
    maria.refresh_from_db()
    assert maria.preferred_name == "Mia"


def _hand_over(tablet: Person, desk: User, maria: Patient) -> None:
    tablet.log_in(desk.email)
    tablet.go(reverse("clinic:intake_send", args=[maria.pk]))
    tablet.page.get_by_label("AUDIT-C: alcohol").check()
    tablet.looks("send")
    tablet.page.get_by_role("button", name="Hand over").press("Enter")
    expect(tablet.page.get_by_role("heading", name="Is it you?")).to_be_visible()
    tablet.looks("prove")
    tablet.page.go_back()
    expect(tablet.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "Silva" not in tablet.page.content()
    tablet.go(reverse("intake:prove"))


def _answer_by_keyboard(tablet: Person) -> None:
    keys, page = tablet.page.keyboard, tablet.page
    page.get_by_label("Your date of birth").focus()
    keys.type("3/14/1963")
    keys.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the date of birth")
    page.get_by_label("Your date of birth").fill("")
    keys.type("3/14/1962")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Hello Maria")).to_be_visible()
    tablet.looks("start")
    page.get_by_role("link", name="Continue").press("Enter")
    page.get_by_label("What should we call you?").focus()
    keys.type("Mia")
    tablet.looks("question")
    keys.press("Enter")
    expect(page.get_by_label("Street")).to_have_value("12 Elm Street")
    tablet.looks("address")
    page.get_by_label("Street").press("Enter")
    page.get_by_label("Mobile phone").press("Enter")
    expect(page.get_by_role("heading", name="How often do you have a drink")).to_be_visible()
    page.get_by_role("button", name="Save and continue").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Please answer this question.")
    tablet.looks("choice")
    for answer in ("Monthly or less", "3 or 4", "Less than monthly"):
        page.get_by_label(answer).focus()
        keys.press("Space")
        keys.press("Enter")


def _sign(tablet: Person) -> None:
    page = tablet.page
    expect(page.get_by_role("heading", name="Consent to treatment")).to_be_visible()
    page.get_by_label("Your full name").focus()
    page.keyboard.type("Maria Silva")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 90)
    page.mouse.down()
    for right, down in ((90, 30), (130, 110), (190, 40), (260, 100), (330, 60)):
        page.mouse.move(box["x"] + right, box["y"] + down, steps=4)
    page.mouse.up()
    tablet.looks("sign")
    page.get_by_role("button", name="Sign", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()


def _hand_back(tablet: Person, maria: Patient) -> None:
    page = tablet.page
    tablet.looks("check")
    page.get_by_role("button", name="Send my answers").press("Enter")
    expect(page.get_by_text("Please hand the tablet back")).to_be_visible()
    tablet.looks("done")
    for path in (reverse("intake:start"), reverse("intake:check"), reverse("clinic:chart_summary", args=[maria.pk])):
        tablet.go(path)
        assert "Silva" not in page.content()
        assert "Mia" not in page.content()


def _review(staff: Person, nurse: User, maria: Patient) -> None:
    page = staff.page
    staff.log_in(nurse.email)
    staff.go(reverse("clinic:intake_review"))
    expect(page.get_by_role("row").filter(has_text="AUDIT-C")).to_contain_text("3, at or above the cut for women (3)")
    staff.looks("queue")
    page.get_by_role("row").filter(has_text="Your details").get_by_role("link").press("Enter")
    expect(page.get_by_role("row").filter(has_text="Preferred name")).to_contain_text("Mia")
    staff.looks("details")
    page.get_by_role("button", name="Accept Preferred name").press("Enter")
    expect(page.get_by_role("row").filter(has_text="Preferred name").get_by_text("Accepted")).to_be_visible()
    page.get_by_role("button", name="Accept", exact=True).press("Enter")
    page.get_by_role("row").filter(has_text="AUDIT-C").get_by_role("link").press("Enter")
    staff.looks("score")
    page.get_by_role("button", name="Accept", exact=True).press("Enter")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    staff.go(reverse("clinic:intake_list", args=[maria.pk]))
    expect(page.get_by_role("link", name="PDF")).to_be_visible()
    staff.looks("chart")


def _look_around(boss: Person, manager: User) -> None:
    boss.log_in(manager.email)
    boss.go(reverse("clinic:questionnaires_list"))
    boss.looks("questionnaires")
    boss.go(reverse("clinic:questionnaires_new"))
    boss.page.get_by_label("Title").fill("Walking")
    boss.page.get_by_label("Question", exact=True).first.fill("How far can you walk?")
    boss.looks("editor")
    boss.page.get_by_role("button", name="Save the draft").press("Enter")
    expect(boss.page.get_by_role("row").filter(has_text="How far can you walk?")).to_be_visible()
    boss.looks("preview")
