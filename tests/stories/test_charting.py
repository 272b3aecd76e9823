"""A routine visit charted without the mouse: what is pressed beside free text is counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Locator, expect

from clinic.actions.note_templates import save_macro
from clinic.models import Encounter, Note, Patient
from clinic.note_keys import texts_of
from emr.accounts.models import User
from tests.clinic.notes import a_visit, measure
from tests.factories.clinic import PatientFactory
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import set_up
from tests.stories.keys import Keys
from tests.stories.people import Person, browsers

#: For the whole visit, from its page to the signature.
MOST_KEYS = 60
WAIT = 15_000


@pytest.mark.timeout(300)
@pytest.mark.feature("E01", "E02", "E07", "E09", "E10")
def test_a_visit_is_charted_and_signed_by_keyboard_alone(committed_db: str, tmp_path: Path) -> None:
    clinic = set_up()
    visit = _a_measured_visit(clinic.clinician)
    with running(tmp_path) as address, browsers(address) as sit_down:
        amara = sit_down("amara")
        keys = Keys(amara.page)
        amara.log_in(clinic.clinician.email)
        amara.go(reverse("clinic:encounters_detail", args=[visit.patient_id, visit.pk]))
        _begins_and_tells_the_story(amara, keys)
        _examines(amara, keys)
        _diagnoses_and_plans(amara, keys)
        _signs(amara, keys)
    assert not amara.faults, "\n".join(amara.faults)
    assert len(keys.pressed) < MOST_KEYS, f"{len(keys.pressed)} keys beside {keys.typed} letters: {keys.pressed}"
    _the_note_says_it_all(visit)


def _a_measured_visit(doctor: User) -> Encounter:
    with transaction.atomic():
        save_macro(by=doctor, name="back", text="Come back in ____.")
        visit = a_visit(doctor, PatientFactory(family_name="Lopez", given_name="Rosa"), diagnosed=False)
        measure(doctor, visit)
    return visit


def _begins_and_tells_the_story(amara: Person, keys: Keys) -> None:
    page = amara.page
    keys.go("a", "n")
    expect(page.get_by_label("Chief complaint")).to_be_focused(timeout=WAIT)
    keys.type("Check-up of diabetes")
    _next(keys, page.get_by_label("Subjective", exact=True))
    keys.type("Feels well, no low sugars. Today .bp ")
    expect(page.get_by_label("Subjective", exact=True)).to_have_value(
        "Feels well, no low sugars. Today BP 152/88 mmHg ", timeout=WAIT
    )


def _examines(amara: Person, keys: Keys) -> None:
    page = amara.page
    _next(keys, page.locator("#section-review-of-systems summary"))
    keys.press("Alt+n")
    expect(page.locator("#section-review-of-systems summary")).to_contain_text("14 normal")
    _next(keys, page.get_by_label("Objective", exact=True))
    keys.type("Comes with her daughter.")
    _next(keys, page.locator("#section-physical-exam summary"))
    keys.press("Enter")
    heart = page.get_by_role("group", name="Heart")
    keys.tab_to(heart.get_by_role("radio", name="Not done"))
    keys.press("ArrowRight", "ArrowRight", "Tab")
    expect(heart.get_by_role("radio", name="Abnormal")).to_be_checked()
    keys.type("Soft systolic murmur at the apex.")
    keys.press("Alt+n")
    expect(page.locator("#section-physical-exam summary")).to_contain_text("15 normal, 1 abnormal")
    expect(page.get_by_text("Draft saved")).to_be_visible(timeout=WAIT)
    amara.looks("note")


def _diagnoses_and_plans(amara: Person, keys: Keys) -> None:
    page = amara.page
    box = page.get_by_label("Add a diagnosis")
    _next(keys, box)
    for code in ("E11.9", "I10"):
        keys.type(code)
        expect(page.locator("#id_diagnosis_list [role=option]").first).to_be_visible(timeout=WAIT)
        keys.press("ArrowDown", "Enter")
        expect(box).not_to_have_value(code)
        keys.go("Enter")
        expect(box).to_be_focused(timeout=WAIT)
    expect(page.locator(".note-order li")).to_have_count(2)
    _next(keys, page.get_by_label("In general"))
    keys.press("Tab")
    expect(page.get_by_label("Type 2 diabetes mellitus without complications E11.9")).to_be_focused()
    keys.type("At goal. Metformin as before.")
    keys.press("Tab")
    keys.type("High today. Lisinopril 10 mg, check in two weeks.")
    _next(keys, page.get_by_label("Instructions"))
    keys.type("Measure at home each morning. .back ")
    expect(page.get_by_label("Instructions")).to_have_value(
        "Measure at home each morning. Come back in ____. ", timeout=WAIT
    )
    keys.press("F2")
    keys.type("two weeks")


def _signs(amara: Person, keys: Keys) -> None:
    page = amara.page
    keys.go("Control+Enter")
    expect(page.get_by_role("heading", name="Sign this note")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("Soft systolic murmur")).to_be_visible()
    amara.looks("sign")
    keys.go("Control+Enter")
    expect(page.get_by_text("The note is signed.")).to_be_visible(timeout=WAIT)
    amara.looks("signed")


def _next(keys: Keys, wanted: Locator) -> None:
    keys.press("Alt+ArrowDown")
    expect(wanted).to_be_focused(timeout=WAIT)


def _the_note_says_it_all(visit: Encounter) -> None:
    note = Note.objects.get(encounter=visit)
    assert note.signed_at is not None
    texts = texts_of(note.sections.all())
    problems = {row.code: str(row.pk) for row in visit.diagnoses.filter(entered_in_error_at=None)}
    assert list(problems) == ["E11.9", "I10"]
    assert texts[f"51847-2/{problems['I10']}"].startswith("High today.")
    assert (texts["29545-1/heart"], texts["29545-1/heart#finding"]) == ("Soft systolic murmur at the apex.", "abnormal")
    assert texts["29545-1/lungs#finding"] == "normal"
    assert texts["69730-0"] == "Measure at home each morning. Come back in two weeks."
    assert Patient.objects.count() == 1
