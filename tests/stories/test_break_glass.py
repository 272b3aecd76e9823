"""An emergency, told in a real browser: a chart that isn't there, opened for an hour, closed by the clock, reviewed."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from clinic.actions.signals import link_staff_patient, raise_signals
from clinic.models import BreakGlass, Patient, SnoopingSignal, Task
from emr.accounts.models import User
from emr.audit.actor import service_user
from emr.audit.models import AccessEvent
from emr.shared.identifiers import format_mrn, make_mrn
from tests.database import OWNER_URL, with_name
from tests.emr.jobs.machinery import eventually
from tests.factories.accounts import ClinicFactory, make_person
from tests.factories.clinic import AllergyIntoleranceFactory, PatientFactory
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import ARGON
from tests.stories.people import Person, browsers


@pytest.mark.timeout(300)
@pytest.mark.feature("A06", "K08", "X4")
def test_an_emergency(committed_db: str, tmp_path: Path) -> None:
    ClinicFactory()
    with override_settings(PASSWORD_HASHERS=[ARGON]):  # As the web server of the story checks them.
        doctor = make_person("clinician", first_name="Amara", last_name="Okafor")
        nurse = make_person("nurse", first_name="Rosa", last_name="Lopez")
        officer = make_person("privacy_officer", first_name="Petra", last_name="Officer")
    rosa = PatientFactory(mrn=make_mrn(100482), family_name="Lopez", given_name="Rosa", restricted=True)
    AllergyIntoleranceFactory(patient=rosa)
    with running(tmp_path, jobs=True) as address, browsers(address) as sit_down:
        amara, petra = sit_down("amara"), sit_down("petra")
        _the_chart_is_not_there(amara, doctor, rosa)
        _the_glass_is_broken(amara, rosa)
        _the_officer_is_mailed(tmp_path, officer, rosa)
        _two_hours_pass(committed_db)
        _the_chart_is_gone_again(amara, rosa)
        _the_officer_signs_off(petra, officer)
        link_staff_patient(by=officer, user=nurse, patient=rosa)
        raise_signals(by=service_user("scheduler"), until=timezone.now())
        _the_officer_answers_a_signal(petra)
    # The console tells of every refusal; these the story is about.
    faults = [fault for person in (amara, petra) for fault in person.faults if "status of 4" not in fault]
    assert faults == []
    glass = BreakGlass.objects.get()
    assert (glass.user, glass.patient, glass.finding, glass.reviewed_by) == (doctor, rosa, "appropriate", officer)
    assert {task.status for task in Task.objects.all()} == {"completed"}
    assert [(signal.kind, signal.finding) for signal in SnoopingSignal.objects.all()] == [("colleague", "dismissed")]
    reads = AccessEvent.objects.filter(user=doctor, patient_id=rosa.pk).order_by("at")
    assert [(read.section, read.outcome, read.purpose) for read in reads if read.action == "view"][:2] == [
        ("summary", "denied", "TREAT"),
        ("summary", "granted", "BTG"),
    ]


def _the_chart_is_not_there(amara: Person, doctor: User, rosa: Patient) -> None:
    amara.log_in(doctor.email)
    expect(amara.page.get_by_role("navigation", name="Main")).to_be_visible()
    amara.go(reverse("clinic:chart_summary", args=[rosa.pk]))
    expect(amara.page.get_by_role("heading", name="Nothing is here")).to_be_visible()
    amara.looks("not-there")
    amara.page.get_by_role("link", name="Emergency access").click()
    expect(amara.page.get_by_role("heading", name="Emergency access")).to_be_visible()
    amara.looks("form")


def _the_glass_is_broken(amara: Person, rosa: Patient) -> None:
    page = amara.page
    page.get_by_role("button", name="Open the chart").click()
    amara.looks("form-with-errors")
    page.get_by_label("MRN").fill(format_mrn(rosa.mrn))
    page.get_by_label("The patient needs care now").check()
    page.get_by_label("In your words").fill("Collapsed in the waiting room")
    page.get_by_label("You will use the chart for").select_option("ETREAT")
    page.get_by_role("button", name="Open the chart").click()
    expect(page.get_by_role("region", name="Emergency access")).to_contain_text("minutes left")
    amara.looks("chart")
    page.get_by_role("navigation", name="Chart").get_by_role("link", name="Allergies").click()
    expect(page.get_by_role("region", name="Emergency access")).to_be_visible()
    page.set_viewport_size({"width": 768, "height": 1024})
    amara.looks("allergies-narrow")
    page.set_viewport_size({"width": 1366, "height": 768})


def _the_officer_is_mailed(folder: Path, officer: User, rosa: Patient) -> None:
    log = folder / "worker.log"
    eventually(lambda: "Emergency access to a restricted chart" in log.read_text(), within=60, what="the mail")
    text = log.read_text()
    assert f"To: {officer.email}" in text
    assert "Amara Okafor used emergency access" in text
    assert reverse("clinic:break_glass_review", args=[BreakGlass.objects.get().pk]) in text
    assert not any(word in text for word in (rosa.family_name, rosa.given_name, rosa.mrn, "Collapsed"))


def _two_hours_pass(database: str) -> None:
    """The clock can't be set, and the app's role can't change the times: the owner of the tables moves them back."""
    with psycopg.connect(with_name(OWNER_URL, database)) as connection:
        connection.execute("ALTER TABLE clinic_breakglass DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE clinic_breakglass"
            " SET started_at = started_at - interval '1 hour', expires_at = expires_at - interval '1 hour'"
        )
        connection.execute("ALTER TABLE clinic_breakglass ENABLE TRIGGER USER")


def _the_chart_is_gone_again(amara: Person, rosa: Patient) -> None:
    amara.page.reload()
    expect(amara.page.get_by_role("heading", name="Nothing is here")).to_be_visible()
    amara.go(reverse("clinic:patients_search"))
    expect(amara.page.get_by_text("LOPEZ")).to_have_count(0)


def _the_officer_signs_off(petra: Person, officer: User) -> None:
    page = petra.page
    petra.log_in(officer.email)
    page.get_by_role("link", name="Inbox").click()
    petra.looks("inbox")
    page.get_by_role("link", name="Review the emergency access of Amara Okafor").click()
    expect(page.get_by_text("Collapsed in the waiting room")).to_be_visible()
    petra.looks("review")
    page.get_by_label("Appropriate", exact=True).check()
    page.get_by_role("button", name="Sign off").click()
    expect(page.get_by_text("The review is signed off.")).to_be_visible()
    page.get_by_label("State").select_option(label="All")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("cell", name="Appropriate")).to_be_visible()
    petra.looks("report")


def _the_officer_answers_a_signal(petra: Person) -> None:
    page = petra.page
    page.get_by_role("link", name="Snooping signals").click()
    petra.looks("signals")
    page.get_by_role("link", name="Staff who are patients").click()
    petra.looks("staff")
    page.go_back()
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_text("The patient works here.")).to_be_visible()
    petra.looks("signal")
    page.get_by_label("Dismissed").check()
    page.get_by_label("Comment").fill("Reviewed as an emergency access.")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_text("The review is recorded.")).to_be_visible()
