"""The clinic's day, told by four people in a real browser: from the booking to the printed claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from billing.choices import ClaimState
from billing.cms1500.readback import read
from billing.models import Claim
from clinic.models import Encounter, Note, Patient
from emr.audit.models import AccessEvent, LogEntry
from scheduling.models import Appointment
from tests.factories.accounts import NPIS
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import SmallClinic, set_up
from tests.stories.people import Person, browsers, unfold


@pytest.mark.timeout(300)
@pytest.mark.feature("M05")
def test_the_clinics_day(committed_db: str, tmp_path: Path) -> None:
    clinic = set_up()
    with running(tmp_path, jobs=True) as address, browsers(address) as sit_down:
        dana, ruth, amara, priya = (sit_down(name) for name in ("dana", "ruth", "amara", "priya"))
        _front_desk_books_and_checks_in(dana, clinic)
        _nurse_measures(ruth, clinic)
        _clinician_charts_and_signs(amara, clinic)
        pdf = _biller_claims_and_prints(priya, clinic, tmp_path)
    people = (dana, ruth, amara, priya)
    assert [fault for person in people for fault in person.faults] == []
    assert sum(len(person.seen) for person in people) == 24
    _the_record_is_right(clinic)
    _the_paper_is_right(pdf)


def _front_desk_books_and_checks_in(dana: Person, clinic: SmallClinic) -> None:
    page = dana.page
    dana.go("/accounts/login/")
    dana.looks("sign-in")
    dana.log_in(clinic.front_desk.email)
    dana.looks("schedule")
    dana.go(reverse("clinic:patients_register"))
    dana.looks("register")
    _fill(page, family_name="Lopez", given_name="Rosa", birth_date="3/9/1954", mobile="217-555-0142")
    _fill(page, line1="12 Elm Street", city="Springfield", state="IL", postal_code="62704")
    page.get_by_label("Sex", exact=True).select_option("female")
    unfold(page.get_by_label("Payer"))
    page.get_by_label("Payer").select_option(label=clinic.payer.name)
    page.get_by_label("Member ID").fill("JS00111223333")
    page.get_by_role("button", name="Register patient").click()
    expect(page.get_by_text("Rosa Lopez is registered.")).to_be_visible()
    dana.looks("patient")
    dana.go(reverse("scheduling:appointments_book"))
    dana.looks("book")
    _fill(page, q="Lopez 3/9/1954")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("button", name="Choose LOPEZ, Rosa").click()
    expect(page.locator("#book-patient").get_by_text("Change")).to_be_visible()
    page.locator("input[name=slot]").nth(1).check()
    _fill(page, reason="Diabetes review")
    page.get_by_role("button", name="Book the visit").last.click()
    expect(page.get_by_text(re.compile("Booked: "))).to_be_visible()
    dana.looks("booked")
    appointment = Appointment.objects.get()
    dana.go(reverse("scheduling:appointments_check_in", args=[appointment.patient_id, appointment.pk]))
    for reason in page.locator("tr:has-text('required') input[type=text]").all():
        reason.fill("Brings it next time")
    dana.looks("check-in")
    page.get_by_role("button", name="Check in", exact=True).click()
    expect(page.get_by_text("Checked in. The visit is open.")).to_be_visible()
    dana.looks("checked-in")


def _nurse_measures(ruth: Person, clinic: SmallClinic) -> None:
    page, patient = ruth.page, Patient.objects.get()
    ruth.log_in(clinic.nurse.email)
    ruth.go(reverse("clinic:chart_summary", args=[patient.pk]))
    expect(page.get_by_text("Allergies not recorded")).to_be_visible()
    ruth.looks("chart")
    ruth.go(reverse("clinic:vitals_add", args=[patient.pk]))
    _fill(page, systolic="152", diastolic="88", heart_rate="76", temperature="36.8", weight="81.4", height="163")
    ruth.looks("vitals-entry")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text("152/88").first).to_be_visible()
    expect(page.get_by_text("↑ high").first).to_be_visible()
    ruth.looks("vitals")
    ruth.go(reverse("clinic:allergies_list", args=[patient.pk]))
    page.get_by_role("button", name=re.compile("[Nn]o(ne)? known")).first.click()
    expect(page.get_by_text("No known allergies").first).to_be_visible()
    ruth.looks("allergies")
    ruth.go(reverse("clinic:conditions_add", args=[patient.pk]))
    _pick(page, "id_coding", "type 2 diab", "E11.9 Type 2 diabetes mellitus without complications")
    ruth.looks("problem-entry")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The problem is on the list.")).to_be_visible()
    ruth.looks("problems")


def _clinician_charts_and_signs(amara: Person, clinic: SmallClinic) -> None:
    page, patient = amara.page, Patient.objects.get()
    amara.log_in(clinic.clinician.email)
    amara.go(reverse("clinic:notes_list", args=[patient.pk]))
    amara.looks("notes")
    page.get_by_role("button", name="Write note").click()
    page.get_by_label("Subjective", exact=True).fill("Feels well. Home glucose 140 to 190 fasting.")
    page.get_by_label("Objective").fill("Today .bp, feet intact.")
    page.get_by_label("Assessment and plan").fill(
        "Type 2 diabetes, not at goal. Continue metformin, recheck in 3 months."
    )
    expect(page.get_by_text(re.compile("Draft saved"))).to_be_visible(timeout=10_000)
    amara.looks("note")
    page.reload()
    assert page.get_by_label("Subjective").input_value().startswith("Feels well.")
    _pick(page, "id_diagnosis", "E11.9", "E11.9 Type 2 diabetes mellitus without complications")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Preview and sign").click()
    expect(page.get_by_text("152/88").first).to_be_visible()
    amara.looks("sign")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("The note is signed.")).to_be_visible()
    amara.looks("signed")


def _biller_claims_and_prints(priya: Person, clinic: SmallClinic, folder: Path) -> Path:
    page, visit = priya.page, Encounter.objects.get()
    priya.log_in(clinic.biller.email)
    expect(page.get_by_role("heading", name="Ready to bill")).to_be_visible()
    priya.looks("ready")
    priya.go(reverse("billing:charges_edit", args=[visit.patient_id, visit.pk]))
    _fill(page, coding="T1015", diagnosis_ranks="A")
    page.get_by_role("button", name=re.compile("^Add service")).click()
    expect(page.get_by_text("T1015 is charged.")).to_be_visible()
    priya.looks("charges")
    page.get_by_role("button", name="Make claim").click()
    claim = _wait_for_claim(page)
    priya.go(reverse("billing:claims_list"))
    priya.looks("claims")
    _select_only_row(page)
    page.get_by_role("button", name=re.compile("^Submit")).first.click()
    expect(page.get_by_text("1 claim submitted.")).to_be_visible()
    _select_only_row(page)
    page.get_by_role("button", name=re.compile("^Print CMS-1500")).first.click()
    priya.looks("print")
    page.get_by_role("button", name="Make the file", exact=True).click()
    link = page.get_by_role("link", name="claims.pdf")
    expect(link).to_be_visible(timeout=30_000)
    priya.looks("batch")
    with page.expect_download() as download:
        link.click()
    download.value.save_as(folder / "claims.pdf")
    priya.go(reverse("billing:claims_detail", args=[claim.patient_id, claim.pk]))
    priya.looks("claim")
    return folder / "claims.pdf"


def _the_record_is_right(clinic: SmallClinic) -> None:
    claim, note = Claim.objects.get(), Note.objects.get()
    assert (claim.state, claim.total, claim.submitted_by) == (ClaimState.SUBMITTED, 184, clinic.biller)
    assert note.signed_by == clinic.clinician
    assert "152/88" in note.sections.get(kind="61149-1").text
    assert Encounter.objects.get().status == "finished"
    acted = {clinic.front_desk.pk, clinic.nurse.pk, clinic.clinician.pk, clinic.biller.pk}
    patient = claim.patient_id
    assert set(LogEntry.objects.filter(patient_id=patient).values_list("actor_id", flat=True)) == acted
    assert set(AccessEvent.objects.filter(patient_id=patient).values_list("user_id", flat=True)) == acted


def _the_paper_is_right(pdf: Path) -> None:
    (page,) = read(pdf)
    expected = {"2": "LOPEZ, ROSA", "1a": "JS00111223333", "21.A": "E119", "24D.1": "T1015", "24F.1": "184 00"}
    assert {box: page.boxes.get(box) for box in expected} == expected
    assert page.boxes["33a"] == "1234567893"
    assert page.boxes["24J.1"] == NPIS[1]


def _fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        field = page.locator(f"#id_{name}")
        unfold(field)
        field.fill(value)


def _pick(page: Page, field: str, typed: str, expected: str) -> None:
    """Type into a code search and take the first suggestion with the keyboard."""
    page.locator(f"#{field}").press_sequentially(typed)
    expect(page.locator(f"#{field}_list [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{field}")).to_have_value(expected)


def _select_only_row(page: Page) -> None:
    page.locator("tbody input[type=checkbox]").check()


def _wait_for_claim(page: Page) -> Claim:
    page.wait_for_load_state()
    return Claim.objects.get()
