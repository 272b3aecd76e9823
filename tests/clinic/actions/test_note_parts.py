"""The parts of a note as they are saved, drafted, merged and copied: systems, problems, and where a text came from."""

from __future__ import annotations

import pytest

from clinic.actions.encounters import set_diagnoses
from clinic.actions.note_copies import copy_forward
from clinic.actions.note_drafts import save_draft
from clinic.actions.note_templates import TemplatePart, save_macro, save_template
from clinic.actions.notes import NoteConflict, save_note, set_confidential, start_note
from clinic.actions.signing import sign_note
from clinic.choices import NoteType, SectionKind
from clinic.merging import merged, merged_sections
from clinic.models import Note, NoteDraft
from clinic.note_keys import SectionKey, texts_of
from clinic.snapshots import verify
from emr.accounts.models import User
from emr.shared.errors import DomainError
from tests.clinic.notes import DIABETES, HYPERTENSION, Person, S, a_note, a_visit, measure

EXAM, BOTH = SectionKind.EXAM, SectionKind.ASSESSMENT_AND_PLAN
HEART, LUNGS = SectionKey(EXAM, item="heart"), SectionKey(EXAM, item="lungs")
NORMAL = "Regular rate and rhythm, no murmur, rub or gallop."


def saved(note: Note) -> dict[str, str]:
    return {key: text for key, text in texts_of(note.sections.all()).items() if text}


@pytest.fixture
def doctor(db: None, person: Person) -> User:
    return person("clinician")


@pytest.mark.feature("E09")
def test_a_normal_system_says_its_sentence_which_can_be_edited(doctor: User) -> None:
    note = start_note(by=doctor, encounter=a_visit(doctor))
    heart, lungs = str(HEART), str(LUNGS)
    given = {heart: "", HEART.finding: "normal", lungs: "Wheezes.", LUNGS.finding: "abnormal"}
    note = save_note(by=doctor, note=note, base_version=1, sections=given)
    assert saved(note) == {heart: NORMAL, HEART.finding: "normal", lungs: "Wheezes.", LUNGS.finding: "abnormal"}
    note = save_note(by=doctor, note=note, base_version=2, sections={heart: "Regular.", HEART.finding: "normal"})
    assert saved(note)[heart] == "Regular."
    # A draft that says what was saved, as it was typed, is no unsaved text.
    assert (
        save_draft(by=doctor, note=note, base_version=3, sections={heart: "Regular.", HEART.finding: "normal"}) is None
    )
    undone = save_note(by=doctor, note=note, base_version=3, sections={heart: "", HEART.finding: ""})
    assert set(saved(undone)) == {lungs, LUNGS.finding}


@pytest.mark.feature("E10")
def test_each_problem_has_its_text_in_the_order_of_the_claim(doctor: User, person: Person) -> None:
    visit = a_visit(doctor)
    first, second = set_diagnoses(by=doctor, encounter=visit, diagnoses=[DIABETES, HYPERTENSION])
    keys = [str(SectionKey(BOTH, diagnosis=row.pk)) for row in (first, second)]
    note = start_note(by=doctor, encounter=visit)
    note = save_note(
        by=doctor, note=note, base_version=1, sections=dict(zip(keys, ["Metformin.", "Lisinopril."], strict=True))
    )
    set_diagnoses(by=doctor, encounter=visit, diagnoses=[HYPERTENSION, DIABETES])
    signed = sign_note(by=doctor, note=note, base_version=note.version)
    assert signed.snapshot is not None
    assert [row["text"] for row in signed.snapshot["sections"]] == ["Lisinopril.", "Metformin."]
    assert [row["code"] for row in signed.snapshot["diagnoses"]] == ["I10", "E11.9"]
    assert verify(signed)
    other = a_note(doctor)
    with pytest.raises(DomainError, match="not one of the visit's"):
        save_note(by=doctor, note=other, base_version=other.version, sections={keys[0]: "Elsewhere"})


@pytest.mark.feature("E02")
def test_drafts_and_merges_know_all_parts(doctor: User, person: Person) -> None:
    nurse = person("nurse")
    note = a_note(doctor)
    problem = str(SectionKey(BOTH, diagnosis=note.encounter.diagnoses.get().pk))
    mine = {str(HEART): "Murmur.", HEART.finding: "abnormal", problem: "Echo.", "no such": "x"}
    draft = save_draft(by=nurse, note=note, base_version=note.version, sections=mine)
    assert draft is not None
    assert draft.sections == {key: text for key, text in mine.items() if key != "no such"}
    save_note(
        by=doctor,
        note=note,
        base_version=note.version,
        sections={str(HEART): "", HEART.finding: "normal", problem: "Wait."},
    )
    with pytest.raises(NoteConflict) as caught:
        save_note(by=nurse, note=note, base_version=note.version, sections=draft.sections)
    both = merged_sections(caught.value.theirs, caught.value.mine)
    assert both[str(HEART)] == f"{NORMAL}\nMurmur."
    assert (both[HEART.finding], both[problem]) == ("abnormal", "Wait.\nEcho.")
    assert NoteDraft.objects.get(user=nurse).sections[problem] == "Echo."
    theirs, mine = ("\n".join(word for _ in range(60_000)) for word in ("a", "b"))
    assert merged(theirs, mine) == f"{theirs}\n{mine}", "both, and at once"


@pytest.mark.feature("E08")
def test_copied_text_names_its_source_and_whether_it_was_changed(doctor: User) -> None:
    before = a_visit(doctor, days_ago=30)
    source = start_note(by=doctor, encounter=before)
    texts = {S: "Tired.", str(HEART): "", HEART.finding: "normal", str(LUNGS): "Wheezes.", LUNGS.finding: "abnormal"}
    texts[str(SectionKey(BOTH, diagnosis=before.diagnoses.get().pk))] = "Metformin."
    source = save_note(by=doctor, note=source, base_version=1, sections=texts)
    visit = a_visit(doctor, before.patient)
    note = save_note(
        by=doctor,
        note=start_note(by=doctor, encounter=visit),
        base_version=1,
        sections={S: "Better.", str(LUNGS): "Clear.", LUNGS.finding: "normal"},
    )
    with pytest.raises(DomainError, match="Only a signed note"):
        copy_forward(by=doctor, note=note, source=source, base_version=2)
    source = sign_note(by=doctor, note=source, base_version=source.version)
    with pytest.raises(NoteConflict):
        copy_forward(by=doctor, note=note, source=source, base_version=1)
    note = copy_forward(by=doctor, note=note, source=source, base_version=2)
    again = copy_forward(by=doctor, note=note, source=source, base_version=note.version)
    assert again.version == note.version, "copied twice, it stands there once"
    here = str(SectionKey(BOTH, diagnosis=visit.diagnoses.get().pk))
    assert saved(note) == {
        S: "Better.\n\nTired.",
        str(HEART): NORMAL,
        HEART.finding: "normal",
        str(LUNGS): "Clear.",
        LUNGS.finding: "normal",
        here: "Metformin.",
    }, "what was found today stays; the problem's text goes to the same diagnosis of this visit"
    note = save_note(by=doctor, note=note, base_version=note.version, sections={here: "Metformin, more."})
    signed = sign_note(by=doctor, note=note, base_version=note.version)
    assert signed.snapshot is not None
    copied = {row["key"]: row["copied"] for row in signed.snapshot["sections"] if row["copied"]}
    assert {key: (row["note"], row["unchanged"]) for key, row in copied.items()} == {
        S: (str(source.pk), False),
        str(HEART): (str(source.pk), True),
        here: (str(source.pk), False),
    }


@pytest.mark.feature("E08")
def test_what_may_not_be_copied(doctor: User) -> None:
    source = a_note(doctor, a_visit(doctor, days_ago=9))
    set_confidential(by=doctor, note=source, confidential=True)
    source = sign_note(by=doctor, note=source, base_version=source.version)
    stranger = a_note(doctor)
    with pytest.raises(DomainError, match="same patient"):
        copy_forward(by=doctor, note=stranger, source=source, base_version=stranger.version)
    note = a_note(doctor, a_visit(doctor, source.patient))
    with pytest.raises(DomainError, match="confidential"):
        copy_forward(by=doctor, note=note, source=source, base_version=note.version)
    third = sign_note(
        by=doctor, note=(one := a_note(doctor, a_visit(doctor, source.patient, days_ago=3))), base_version=one.version
    )
    fourth = a_note(doctor, a_visit(doctor, source.patient, days_ago=2))
    fourth = save_note(by=doctor, note=fourth, base_version=fourth.version, sections={S: "Another story."})
    fourth = sign_note(by=doctor, note=fourth, base_version=fourth.version)
    note = save_note(by=doctor, note=note, base_version=note.version, sections={S: "New.", SectionKind.PLAN: ""})
    note = copy_forward(by=doctor, note=note, source=third, base_version=note.version, keys={S})
    with pytest.raises(DomainError, match="another earlier note"):
        copy_forward(by=doctor, note=note, source=fourth, base_version=note.version, keys={S})


@pytest.mark.feature("E07")
def test_a_template_begins_a_note_with_its_text_and_its_words(doctor: User, person: Person) -> None:
    save_macro(by=doctor, name="cough", text="Coughs. .bp", shared=True)
    save_macro(by=doctor, name="cough", text="Coughs, dry. .bp")
    template = save_template(
        by=doctor,
        name="Cough",
        type=NoteType.TELEPHONE,
        parts={S: TemplatePart(".cough"), str(LUNGS): TemplatePart("Clear."), EXAM: TemplatePart()},
        shared=True,
        visit_types=["Diabetes review"],
    )
    visit = a_visit(doctor)
    measure(doctor, visit)
    note = start_note(by=doctor, encounter=visit, template=template)
    assert (note.type, note.title, note.template) == (NoteType.TELEPHONE, "Cough", template)
    assert saved(note) == {S: "Coughs, dry. BP 152/88 mmHg", str(LUNGS): "Clear."}, "one's own word goes first"
    nurse = person("nurse")
    with pytest.raises(DomainError, match="Only who signs"):
        save_macro(by=nurse, name="fever", text="Hot.", shared=True)
    with pytest.raises(DomainError, match="somebody else's"):
        save_template(by=nurse, name="Cough", type=NoteType.NURSE, parts={S: TemplatePart()}, template=template)
    with pytest.raises(DomainError, match="stands for what is in the chart"):
        save_macro(by=doctor, name=".bp", text="x")
    with pytest.raises(DomainError, match="already"):
        save_macro(by=doctor, name="cough", text="Twice")
    with pytest.raises(DomainError, match="up to 40 letters"):
        save_template(by=doctor, name="Long", type=NoteType.NURSE, parts={S: TemplatePart()}, visit_types=["a" * 41])
    save_template(by=doctor, name="Cough", type=NoteType.TELEPHONE, parts={S: TemplatePart("New")}, template=template)
    rows = template.sections.values_list("kind", "item", "retired")
    assert sorted(rows) == [(EXAM, "", True), (EXAM, "lungs", True), (S, "", False)]
