"""The writing page by its parts: what it shows, what its buttons do without a script, what typed words become."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.actions.conditions import add_problem
from clinic.actions.encounters import set_diagnoses
from clinic.actions.note_templates import TemplatePart, save_macro, save_template
from clinic.actions.notes import save_note, start_note
from clinic.actions.signing import sign_note
from clinic.choices import NoteType, SectionKind
from clinic.models import Note, NoteTemplate, TextMacro
from clinic.note_keys import SectionKey, texts_of
from clinic.tokens import expand
from clinic.usual_notes import usual_templates, usual_words
from emr.audit.actor import acting
from tests.clinic.notes import DIABETES, HYPERTENSION, S, a_note, a_visit, measure
from tests.factories import intake
from tests.factories.clinic import PatientFactory

EXAM, BOTH = SectionKind.EXAM, SectionKind.ASSESSMENT_AND_PLAN
HEART = SectionKey(EXAM, item="heart")


def url(verb: str, note: Note) -> str:
    return reverse(f"clinic:notes_{verb}", args=[note.patient_id, note.pk])


def saved(note: Note) -> dict[str, str]:
    return {key: text for key, text in texts_of(note.sections.all()).items() if text}


@pytest.fixture
def doctor(db: None, as_role: Any) -> Any:
    return as_role("clinician")


def press(doctor: Any, note: Note, do: str, **typed: str) -> Any:
    note.refresh_from_db()
    names = {name.replace("__", ".").replace("_", "-"): text for name, text in typed.items()}
    return doctor.post(url("edit", note), {"version": note.version, "do": do, **names})


@pytest.mark.feature("E01")
def test_a_note_shows_the_sections_of_its_kind_and_of_its_template(doctor: Any) -> None:
    visit = a_visit(doctor.user, PatientFactory(birth_date="1962-03-14"))
    progress = doctor.get(url("edit", start_note(by=doctor.user, encounter=visit))).content.decode()
    history = start_note(by=doctor.user, encounter=visit, type=NoteType.HISTORY_AND_PHYSICAL)
    page = doctor.get(url("edit", history)).content.decode()
    named = ('name="subjective"', 'name="family-history"', 'name="physical-exam.heart"', 'name="physical-exam.hips"')
    assert [name in progress for name in named] == [True, False, True, False], "no hips of somebody of sixty"
    assert [name in page for name in named] == [False, True, True, False]
    parts = {EXAM: TemplatePart(), str(HEART): TemplatePart(), S: TemplatePart("", ["cough", "fever"])}
    save_template(by=doctor.user, name="Heart", type=NoteType.PROCEDURE, parts=parts, visit_types=["Diabetes review"])
    other = a_visit(doctor.user)
    doctor.post(reverse("clinic:notes_start", args=[other.patient_id]), {"encounter": other.pk})
    note = Note.objects.get(encounter=other)
    assert (note.type, note.title) == (NoteType.PROCEDURE, "Heart"), "the template of the kind of visit"
    shown = doctor.get(url("edit", note)).content.decode()
    assert [name in shown for name in (*named, 'name="physical-exam.lungs"')] == [True, False, True, False, False]
    assert 'data-pick="fever"' in shown
    save_note(by=doctor.user, note=note, base_version=1, sections={SectionKind.PLAN: "Kept."})
    assert "Kept." in doctor.get(url("edit", note)).content.decode(), "what holds text is shown, whatever the template"


@pytest.mark.feature("E09")
def test_the_rest_becomes_normal_by_one_button(doctor: Any) -> None:
    note = start_note(by=doctor.user, encounter=a_visit(doctor.user))
    answer = press(
        doctor,
        note,
        f"normal:{EXAM}",
        **{"physical_exam__heart": "Murmur.", "physical_exam__heart__finding": "abnormal"},
    )
    assert answer["Location"].endswith("#systems-physical-exam")
    texts = saved(note)
    assert (texts[str(HEART)], texts[HEART.finding]) == ("Murmur.", "abnormal")
    lungs = SectionKey(EXAM, item="lungs")
    assert (texts[lungs.finding], texts[str(lungs)][:5]) == ("normal", "Clear")
    assert not any(key.startswith(SectionKind.REVIEW_OF_SYSTEMS) for key in texts)
    page = doctor.get(url("edit", note)).content.decode()
    assert 'name="physical-exam.heart.finding" value="abnormal" checked' in page


@pytest.mark.feature("E10")
def test_a_problem_that_is_taken_off_keeps_its_text_in_sight(doctor: Any) -> None:
    visit = a_visit(doctor.user)
    first, second = set_diagnoses(by=doctor.user, encounter=visit, diagnoses=[DIABETES, HYPERTENSION])
    note = start_note(by=doctor.user, encounter=visit)
    press(doctor, note, f"up:{second.pk}", **{f"assessment_and_plan__{first.pk}": "Metformin."})
    assert [row.code for row in visit.diagnoses.filter(entered_in_error_at=None)] == ["I10", "E11.9"]
    page = doctor.get(url("edit", note)).content.decode()
    assert page.index(f'assessment-and-plan.{second.pk}"') < page.index(f'assessment-and-plan.{first.pk}"')
    press(doctor, note, f"remove:{first.pk}")
    page = doctor.get(url("edit", note)).content.decode()
    assert "taken off the visit" in page
    assert "Metformin." in page


@pytest.mark.feature("E08")
@pytest.mark.feature("E13")
def test_answers_lists_and_earlier_text_are_added_by_buttons(doctor: Any) -> None:
    before = a_visit(doctor.user, days_ago=30)
    old = save_note(
        by=doctor.user, note=start_note(by=doctor.user, encounter=before), base_version=1, sections={S: "Sleeps badly."}
    )
    sign_note(by=doctor.user, note=old, base_version=old.version)
    patient = before.patient
    answers = intake.answered(patient, "phq-9", {str(number): ["LA6569-3"] for number in range(1, 10)})
    add_problem(by=doctor.user, patient=patient, coding=HYPERTENSION)
    note = start_note(by=doctor.user, encounter=a_visit(doctor.user, patient), type=NoteType.HISTORY_AND_PHYSICAL)
    page = doctor.get(url("edit", note)).content.decode()
    assert "Answered before the visit" in page
    assert "Sleeps badly." in page
    press(doctor, note, f"intake:{answers.pk}", history_of_present_illness="Tired.")
    press(doctor, note, f"history:{SectionKind.PAST_HISTORY}")
    answer = press(doctor, note, f"copy:{old.pk}:{S}")
    assert answer.status_code == 303
    texts = saved(note)
    assert texts[SectionKind.PRESENT_ILLNESS].startswith("Tired.\n\nPHQ-9 total score 9, mild")
    assert texts[SectionKind.PAST_HISTORY] == "- Essential (primary) hypertension, active"
    assert texts[S] == "Sleeps badly."
    assert "Copied from Progress note" in doctor.get(url("edit", note)).content.decode()
    read = doctor.get(url("detail", note)).content.decode()
    assert "Copied from the note of" in read
    stranger = sign_note(by=doctor.user, note=(one := a_note(doctor.user)), base_version=one.version)
    for wrong in (f"copy:{stranger.pk}", "copy:nonsense"):
        press(doctor, note, wrong, plan="Kept")
        assert "can&#39;t be copied from" in doctor.get(url("edit", note)).content.decode()
    assert saved(note)[SectionKind.PLAN] == "Kept"


@pytest.mark.feature("E02")
def test_the_merge_page_has_both_texts_of_all_parts(doctor: Any, as_role: Any) -> None:
    nurse = as_role("nurse")
    visit = a_visit(doctor.user)
    note = start_note(by=doctor.user, encounter=visit)
    problem = f"assessment-and-plan.{visit.diagnoses.get().pk}"
    typed = {"physical-exam.heart": "Murmur.", "physical-exam.heart.finding": "abnormal", problem: "Echo."}
    assert nurse.post(url("autosave", note), {"version": 1, **typed}).status_code == 200
    shown = nurse.get(url("edit", note)).content.decode()
    assert "Murmur." in shown
    press(
        doctor,
        note,
        "save",
        **{"physical_exam__heart__finding": "normal", "physical_exam__heart": "", "physical_exam__lungs": "Clear."},
    )
    answer = nurse.post(url("edit", note), {"version": 1, "do": "save", **typed})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Abnormal Murmur." in page
    assert "Normal Regular rate" in page
    assert "Physical exam: Heart" in page
    assert "Echo." in page
    assert "Physical exam: Lungs" not in page, "of which both say the same"
    assert 'name="physical-exam.heart.finding" value="abnormal" checked' in page
    note.refresh_from_db()
    both = {"version": note.version, "do": "save", **typed, "physical-exam.heart": "Murmur since May."}
    assert nurse.post(url("edit", note), both).status_code == 303
    assert saved(note)[str(HEART)] == "Murmur since May."


@pytest.mark.feature("E07")
def test_a_typed_word_is_looked_up(doctor: Any) -> None:
    visit = a_visit(doctor.user)
    measure(doctor.user, visit)
    save_macro(by=doctor.user, name="cough", text="Coughs. .bp")
    look_up = reverse("clinic:notes_word", args=[visit.patient_id])
    assert doctor.post(look_up, {"word": "BP"}).json() == {"text": "BP 152/88 mmHg"}
    assert doctor.post(look_up, {"word": "cough"}).json() == {"text": "Coughs. BP 152/88 mmHg"}
    assert doctor.post(look_up, {"word": "unknown"}).json() == {"text": ".unknown"}
    assert doctor.post(look_up, {"word": "two words"}).status_code == 422
    page = doctor.get(url("edit", start_note(by=doctor.user, encounter=visit))).content.decode()
    assert "auditc" in page
    assert "cough" in page


def test_the_writing_page_asks_the_same_of_a_short_and_of_a_long_note(doctor: Any) -> None:
    note = start_note(by=doctor.user, encounter=a_visit(doctor.user))
    doctor.get(url("edit", note))
    with CaptureQueriesContext(connection) as few:
        doctor.get(url("edit", note))
    press(doctor, note, f"normal:{EXAM}")
    press(doctor, note, f"normal:{SectionKind.REVIEW_OF_SYSTEMS}")
    with CaptureQueriesContext(connection) as many:
        doctor.get(url("edit", note))
    assert len(many) <= len(few) + 1


@pytest.mark.feature("E07")
def test_the_usual_templates_and_words_are_added_once_and_every_one_begins_a_note(doctor: Any, as_role: Any) -> None:
    listed, usual = reverse("clinic:note_templates_list"), reverse("clinic:note_templates_usual")
    nurse = as_role("nurse")
    assert usual not in nurse.get(listed).content.decode()
    nurse.post(usual)
    assert not NoteTemplate.objects.exists()
    assert usual in doctor.get(listed).content.decode()
    for _ in range(2):
        assert doctor.post(usual)["Location"] == listed
    assert {(row.type, row.name) for row in NoteTemplate.objects.all()} == {
        (one.type, one.name) for one in usual_templates()
    }
    assert {one.type for one in usual_templates()} == set(NoteType), "every kind of note"
    assert dict(TextMacro.objects.values_list("name", "text")) == {**usual_words()}
    assert (NoteTemplate.objects.count(), TextMacro.objects.count()) == (len(usual_templates()), len(usual_words()))
    patient = PatientFactory()
    measure(doctor.user, a_visit(doctor.user, patient))
    for one in usual_templates():
        visit = a_visit(doctor.user, patient)
        with acting(doctor.user):
            visit.type_display = one.visit_types[0]
            visit.save()
        doctor.post(reverse("clinic:notes_start", args=[patient.pk]), {"encounter": visit.pk})
        note = Note.objects.get(encounter=visit)
        assert (note.type, note.title) == (one.type, one.name)
        page = doctor.get(url("edit", note)).content.decode()
        assert all(f'data-pick="{pick}"' in page for _, picks in one.parts.values() for pick in picks)
        assert not re.findall(r"(?<!\S)\.[a-z]\w*", "\n".join(saved(note).values())), "each word became its value"
    assert expand({"x": " ".join(f".{name}" for name in usual_words())}, patient, doctor.user)["x"].count("152/88") == 1


@pytest.mark.feature("E07")
def test_templates_and_words_are_made_changed_and_removed(doctor: Any, as_role: Any) -> None:
    listed = reverse("clinic:note_templates_list")
    assert "No templates yet" in doctor.get(listed).content.decode()
    body = {
        "name": "Well child",
        "type": NoteType.HISTORY_AND_PHYSICAL,
        "visit_types": "Check-up, Well child",
        "shared": "on",
        "use.chief-complaint": "on",
        "text.chief-complaint": "Yearly .age",
        "picks.chief-complaint": "school, sports",
        "use.physical-exam.heart": "on",
    }
    assert doctor.post(reverse("clinic:note_templates_add"), body)["Location"] == listed
    row = NoteTemplate.objects.get()
    assert row.visit_types == ["Check-up", "Well child"]
    parts = {str(SectionKey(one.kind, one.item)): (one.text, one.choices) for one in row.sections.all()}
    assert parts == {SectionKind.CHIEF_COMPLAINT: ("Yearly .age", ["school", "sports"]), str(HEART): ("", [])}
    edit = reverse("clinic:note_templates_edit", args=[row.pk])
    page = doctor.get(edit).content.decode()
    assert "Yearly .age" in page
    version = re.findall(r'name="version" value="([^"]+)"', page)[0]
    assert doctor.post(edit, {**body, "name": "Child", "version": version})["Location"] == listed
    assert doctor.post(edit, {**body, "name": "Late", "version": version}).status_code == 409
    nurse = as_role("nurse")
    assert "who signs notes may change it" in nurse.get(edit).content.decode()
    nurse.post(reverse("clinic:note_templates_retire", args=[row.pk]))
    row.refresh_from_db()
    assert (row.name, row.active) == ("Child", True)
    doctor.post(reverse("clinic:note_templates_retire", args=[row.pk]))
    row.refresh_from_db()
    assert not row.active
    words = reverse("clinic:macros_list")
    assert nurse.post(reverse("clinic:macros_add"), {"name": ".Cough", "text": "Coughs."})["Location"] == words
    macro = TextMacro.objects.get()
    assert (macro.name, macro.owner) == ("cough", nurse.user)
    assert "Coughs." not in doctor.get(words).content.decode()
    assert doctor.get(reverse("clinic:macros_edit", args=[macro.pk])).status_code == 404
    assert (
        nurse.post(reverse("clinic:macros_edit", args=[macro.pk]), {"name": "cough", "text": "Dry."}).status_code == 303
    )
    assert "Dry." in nurse.get(words).content.decode()
    nurse.post(reverse("clinic:macros_retire", args=[macro.pk]))
    assert "Dry." not in nurse.get(words).content.decode()
    refused = nurse.post(reverse("clinic:macros_add"), {"name": "bp", "text": "x"})
    assert refused.status_code == 422
