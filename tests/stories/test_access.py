"""Who may open a chart and read a note, in a real browser: restricted, granted, explained; a note kept confidential."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import expect

from clinic.models import Note, Patient, PatientUserGrant
from emr.accounts.models import User
from tests.clinic.notes import a_note, a_visit
from tests.factories.accounts import ClinicFactory, make_person
from tests.factories.clinic import PatientDenialFactory, PatientFactory, grant_chart_to_role
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import ARGON
from tests.stories.people import Person, browsers


@pytest.mark.timeout(300)
@pytest.mark.feature("A04", "A10", "X3", "X24")
def test_a_chart_is_restricted_and_a_note_kept(committed_db: str, tmp_path: Path) -> None:
    ClinicFactory()
    with override_settings(PASSWORD_HASHERS=[ARGON]):  # As the web server of the story checks them.
        officer = make_person("privacy_officer", first_name="Petra", last_name="Officer")
        doctor = make_person("clinician", first_name="Amara", last_name="Okafor")
    nurse = make_person("nurse", first_name="Maria", last_name="Silva")
    rosa = PatientFactory(family_name="Lopez", given_name="Rosa")
    PatientDenialFactory(patient=rosa, user=nurse)
    grant_chart_to_role("nurse", rosa)
    note = a_note(doctor, a_visit(doctor, PatientFactory(family_name="Lindqvist", given_name="Nils")))
    with running(tmp_path) as address, browsers(address) as sit_down:
        petra, amara = sit_down("petra"), sit_down("amara")
        _the_chart_is_restricted(petra, officer, rosa, doctor)
        _the_answer_is_explained(petra, rosa, nurse)
        _the_note_is_kept(amara, doctor, note, nurse)
    assert [fault for person in (petra, amara) for fault in person.faults] == []
    assert PatientUserGrant.objects.get().granted_by == officer
    rosa.refresh_from_db()
    assert rosa.restricted is True


def _the_chart_is_restricted(petra: Person, officer: User, rosa: Patient, doctor: User) -> None:
    petra.log_in(officer.email)
    expect(petra.page.get_by_role("navigation", name="Main")).to_be_visible()
    petra.go(reverse("clinic:access_charts"))
    petra.page.locator("main").get_by_label("Patient").fill("Lopez")
    petra.page.get_by_role("button", name="Find").click()
    petra.looks("charts")
    petra.page.get_by_role("link", name="LOPEZ Rosa").click()
    petra.looks("open-chart")
    form = petra.page.locator("form").filter(has=petra.page.get_by_role("button", name="Restrict"))
    form.get_by_label("Reason").fill("Works here")
    form.get_by_role("button", name="Restrict").click()
    form = petra.page.locator("form").filter(has=petra.page.get_by_role("button", name="Grant"))
    form.get_by_label("Person").select_option(str(doctor.pk))
    form.get_by_label("Reason").fill("Treats her")
    form.get_by_role("button", name="Grant").click()
    expect(petra.page.get_by_text("Treats her")).to_be_visible()
    petra.looks("restricted-chart")


def _the_answer_is_explained(petra: Person, rosa: Patient, nurse: User) -> None:
    petra.page.get_by_role("link", name="Why can somebody see it?").click()
    petra.page.get_by_label("Person").select_option(str(nurse.pk))
    petra.page.get_by_role("button", name="Explain").click()
    expect(petra.page.get_by_text("This person is kept out of this chart by name.").first).to_be_visible()
    petra.looks("explained")
    petra.go(reverse("access:matrix"))
    petra.looks("matrix")


def _the_note_is_kept(amara: Person, doctor: User, note: Note, nurse: User) -> None:
    amara.log_in(doctor.email)
    expect(amara.page.get_by_role("navigation", name="Main")).to_be_visible()
    amara.go(reverse("clinic:notes_edit", args=[note.patient_id, note.pk]))
    amara.page.get_by_role("button", name="Who may read it").click()
    amara.page.get_by_label("Confidential").check()
    amara.page.get_by_role("button", name="Save").click()
    amara.page.get_by_label("Colleague").select_option(str(nurse.pk))
    amara.page.get_by_label("Reason").fill("Runs the group")
    amara.page.get_by_role("button", name="Grant").click()
    expect(amara.page.get_by_text("Runs the group")).to_be_visible()
    amara.looks("note-access")
