"""A receptionist registers somebody who is nearly on file already, and takes the picture with the camera."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import expect

from clinic.models import DocumentReference, Patient
from tests.factories.accounts import ClinicFactory, make_person
from tests.factories.clinic import PatientFactory
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import ARGON
from tests.stories.people import Person, browsers


@pytest.mark.timeout(300)
@pytest.mark.feature("B02", "B03", "B05")
def test_somebody_is_registered_and_photographed(committed_db: str, tmp_path: Path) -> None:
    ClinicFactory()
    with override_settings(PASSWORD_HASHERS=[ARGON]):  # As the web server of the story checks them.
        clerk = make_person("front_desk", first_name="Pat", last_name="Desk")
    PatientFactory(family_name="Schmidt", given_name="Katherine")
    with running(tmp_path) as address, browsers(address) as sit_down:
        pat = sit_down("pat")
        pat.log_in(clerk.email)
        _register(pat)
        patient = Patient.objects.get(given_name="Catherine")
        _photograph(pat, patient)
        pat.go(reverse("clinic:patients_edit", args=[patient.pk]))
        pat.looks("edit")
        pat.go(reverse("clinic:patients_labels", args=[patient.pk]))
        pat.looks("labels")
    assert pat.faults == []
    photo = DocumentReference.objects.get(patient=patient)
    assert (photo.category, photo.content_type, photo.created_by) == ("photo", "image/jpeg", clerk)


def _register(pat: Person) -> None:
    pat.go(reverse("clinic:patients_register"))
    page = pat.page
    page.get_by_label("Family name", exact=True).first.press_sequentially("Schmitt")
    page.get_by_label("Given name", exact=True).first.press_sequentially("Catherine")
    expect(page.get_by_text("Names on file that sound like this one")).to_be_visible()
    page.get_by_label("Date of birth").press_sequentially("3/14/1962")
    expect(page.get_by_text("A patient on file looks the same")).to_be_visible()
    page.get_by_label("Sex", exact=True).select_option("female")
    page.get_by_label("Mobile phone").fill("217 555 0142")
    pat.looks("register")
    page.get_by_label("Why this is another person").fill("Checked with photo ID")
    page.get_by_role("button", name="Register patient").click()
    expect(page.get_by_role("heading", name="Details", level=1)).to_be_visible()
    pat.looks("details")


def _photograph(pat: Person, patient: Patient) -> None:
    pat.go(reverse("clinic:documents_capture", args=[patient.pk]))
    page = pat.page
    page.get_by_role("button", name="Turn the camera on").click()
    expect(page.get_by_text("The camera is on.")).to_be_visible()
    page.get_by_role("button", name="Take the picture").first.click()
    expect(page.get_by_text("The picture is taken.")).to_be_visible()
    pat.looks("capture")
    page.get_by_role("button", name="Keep pictures").click()
    expect(page.get_by_text("Photo of the patient kept.")).to_be_visible()
    expect(page.locator(".banner .photo")).to_be_visible()
    pat.looks("documents")
