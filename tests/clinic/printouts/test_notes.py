"""A note on paper: whose it is stands on every page."""

from __future__ import annotations

import io

import pdfplumber
import pytest

from clinic.actions import notes as actions
from clinic.actions.signing import sign_note
from clinic.choices import SectionKind
from clinic.models import Note
from clinic.printouts.notes import note_pdf, readable
from clinic.queries.notes import full_note
from clinic.snapshots import snapshot_of
from tests.clinic.notes import Person, a_note, a_visit, measure
from tests.factories.accounts import ClinicFactory


def printed(note: Note) -> list[str]:
    """The text of each page, printed by the signer."""
    whole = full_note(note.patient, note.pk, note.author)
    assert whole is not None
    snapshot = whole.snapshot or snapshot_of(whole, by=whole.author, at=whole.created_at)
    with pdfplumber.open(io.BytesIO(note_pdf(whole, snapshot, by=whole.author))) as pdf:
        assert pdf.metadata.get("Title") == "Visit note"
        return [page.extract_text() for page in pdf.pages]


@pytest.mark.feature("E14")
@pytest.mark.feature("E01")
def test_every_page_of_a_long_note_names_patient_clinic_and_page(db: None, person: Person) -> None:
    ClinicFactory()
    doctor = person("clinician")
    visit = a_visit(doctor)
    measure(doctor, visit)
    note = a_note(doctor, visit)
    long = {
        kind: "\n\n".join(f"{kind} paragraph {number} " + "word " * 60 for number in range(12)) for kind in SectionKind
    }
    note = actions.save_note(by=doctor, note=note, base_version=note.version, sections=long)
    sign_note(by=doctor, note=note, base_version=note.version)
    actions.add_addendum(by=doctor, note=note, text="A1c came back.")
    pages = printed(note)
    assert len(pages) >= 4
    patient = note.patient
    for number, text in enumerate(pages, start=1):
        assert f"{patient.family_name.upper()}, Maria · born 14-Mar-1962 · MRN" in text
        assert "Riverside Clinic" in text
        assert f"Page {number} of {len(pages)}" in text
        assert f"by {doctor.practitioner}" in text
    whole = "\n".join(pages)
    for kind in SectionKind:
        assert f"{kind} paragraph 11" in whole
    assert "152/88 mmHg" in whole
    assert "E11.9" in whole
    assert "Signed by" in whole
    assert "A1c came back." in whole


def test_a_draft_says_so_on_paper(db: None, person: Person) -> None:
    pages = printed(a_note(person("clinician")))
    assert "Draft, not signed" in pages[0]
    assert "Signed by" not in pages[0]


def test_a_note_in_error_says_so_on_paper(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = actions.enter_in_error(by=doctor, note=a_note(doctor), reason="Wrong patient")
    assert "Wrong patient" in printed(note)[0]


def test_the_age_is_that_of_the_visit(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_note(doctor)
    snapshot = snapshot_of(note, by=doctor, at=note.created_at)
    snapshot["encounter"]["period_start"] = "1972-03-15T12:00:00+00:00"
    assert readable(snapshot).age == "10y"
