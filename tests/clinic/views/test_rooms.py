"""Every list of the chart keeps one contract: record, change, end, take back, enter in error, print, history."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import pdfplumber
import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AllergyIntolerance, Condition, MedicationStatement
from clinic.views import lists as rooms
from emr.audit.models import AccessEvent
from emr.ui import formats
from tests.clinic.views.rooms import CASES, Desk, load_codes
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db

_F = [pytest.mark.feature(row) for row in ("F03", "F04", "F15", "F08")]
_MARKS = pytest.mark.parametrize(
    "section",
    [
        pytest.param(name, marks=pytest.mark.feature(feature))
        for name, feature in {
            **{"conditions": "F03", "medications": "F04", "allergies": "F05", "immunizations": "F08"},
            **{"procedures": "F15", "family_history": "F15", "social_history": "F15", "devices": "F15"},
            **{"care_team": "F18", "goals": "F18", "care_plans": "F18"},
        }.items()
    ],
)


@pytest.fixture(autouse=True)
def _codes() -> None:
    load_codes()


@_MARKS
def test_a_row_is_recorded_changed_ended_taken_back_and_printed(section: str, as_role: Callable[..., Client]) -> None:
    case = CASES[section]
    desk = Desk(as_role("clinician"), section, PatientFactory())
    desk.send("add", case.add)
    row = case.model.objects.get(patient=desk.patient)
    title = row.display if hasattr(row, "display") else str(case.add.get("name") or row)
    assert title in desk.page()
    assert (row.created_by, row.entered_in_error_at) == (desk.client.user, None)  # type: ignore[attr-defined]

    if case.refused:
        assert "already" in desk.send("add", case.add, status=422)
        assert case.model.objects.filter(patient=desk.patient).count() == 1

    if case.changed:
        name, value = case.changed
        before = getattr(row, name)
        seen = row.updated_at.isoformat()
        assert seen in desk.page("edit", row.pk)
        back = desk.send("edit", {**case.edit, "seen": seen}, row.pk)
        row.refresh_from_db()
        assert getattr(row, name) == value
        assert "Somebody else changed" in desk.send(
            "edit", {**case.edit, "note": "x", "seen": seen}, row.pk, status=409
        )
        assert ">Undo<" in desk.client.get(back).content.decode()
        desk.send("undo", {"seen": row.updated_at.isoformat()}, row.pk)
        row.refresh_from_db()
        assert getattr(row, name) == before

    if case.end:
        verb, data = case.end
        desk.send(verb, data, row.pk)
        assert "Show 1 past" in desk.page()
        desk.send("undo", {}, row.pk)
        assert "Show 1 past" not in desk.page()

    desk.send("error", {"reason": "Wrong patient"}, row.pk)
    errored = desk.page()
    assert "Wrong patient" in errored
    assert desk.path("undo", row.pk) in errored
    desk.send("undo", {}, row.pk)
    row.refresh_from_db()
    assert (row.entered_in_error_at, row.entered_in_error_by, row.entered_in_error_reason) == (None, None, "")
    assert "entered in error" in desk.page("history", row.pk)

    paper = desk.client.get(desk.path("print"))
    with pdfplumber.open(io.BytesIO(paper.content)) as pdf:
        text = " ".join((pdf.pages[0].extract_text() or "").split())
    assert f"MRN {formats.mrn(desk.patient.mrn)}" in text
    assert title.split()[0] in text
    assert "Page 1 of 1" in text
    assert AccessEvent.objects.filter(patient_id=desk.patient.pk, section=section, action="print").exists()


@pytest.mark.feature("F05")
def test_taking_back_never_brings_a_contradiction(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "allergies", PatientFactory())
    desk.send("add", {"coding": "Latex"})
    row = AllergyIntolerance.objects.get()
    desk.send("error", {"reason": "His brother's"}, row.pk)
    desk.send("none_known", {})
    assert "contradicts what was recorded since" in desk.send("undo", {}, row.pk, status=422)
    row.refresh_from_db()
    assert row.entered_in_error_at is not None


@pytest.mark.feature("F05")
def test_reactions_of_one_more_event_are_added_and_none_is_lost(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "allergies", PatientFactory())
    desk.send("add", {"coding": "Latex", "reactions": "hives, wheeze", "severity": "mild"})
    row = AllergyIntolerance.objects.get()
    desk.send("edit", {"criticality": "low"}, row.pk)
    row.refresh_from_db()
    more = {"reactions": "shock", "severity": "severe", "criticality": "low", "seen": row.updated_at.isoformat()}
    back = desk.send("edit", more, row.pk)
    assert "Somebody else changed" in desk.send("edit", more, row.pk, status=409), "sent twice it is one event"
    assert "hives (mild) + wheeze (mild), shock (severe)" in desk.page()
    assert ">Undo<" not in desk.client.get(back).content.decode(), "it would take back what was changed before"
    assert "can&#39;t be taken back" in desk.send("undo", {}, row.pk, status=422)
    row.refresh_from_db()
    assert row.criticality == "low"


@pytest.mark.feature("F05")
def test_a_reaction_that_never_was_is_struck_out_alone(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "allergies", PatientFactory())
    desk.send("add", {"coding": "Latex", "reactions": "hives, shock"})
    desk.send("add", {"coding": "Ibuprofen"})
    latex, bare = (AllergyIntolerance.objects.get(display=name) for name in ("Latex", "Ibuprofen"))
    _, shock = latex.reactions.all()
    page = desk.page()
    offered = [reverse("clinic:allergies_strike", args=[row.patient_id, row.pk]) in page for row in (latex, bare)]
    assert offered == [True, False]
    wrong = {"reaction": str(shock.pk), "reason": ""}
    assert "id_reason_error" in desk.send("strike", wrong, latex.pk, status=422)
    back = desk.send("strike", {**wrong, "reason": "Another child's"}, latex.pk)
    page = desk.page()
    assert ("hives" in page, "shock" in page) == (True, False)
    assert ">Undo<" not in desk.client.get(back).content.decode(), "it would take back what was changed before"
    history = desk.client.get(reverse("clinic:allergies_history", args=[latex.patient_id, latex.pk])).content.decode()
    assert "Another child&#39;s" in history
    # Struck out, it is offered no more.
    assert str(shock.pk) not in desk.page("strike", latex.pk)


@pytest.mark.parametrize(
    ("section", "data", "shown", "name"),
    [
        pytest.param("conditions", {"onset_date": "mar 2019", "chronic": "on"}, "Mar 2019", "onset_date", marks=_F[0]),
        pytest.param("medications", {"effective_start": "2015"}, "2015", "effective_start", marks=_F[1]),
        pytest.param("procedures", {"performed_start": "about 1998"}, "1998", "performed_start", marks=_F[2]),
        pytest.param("devices", {"implanted_on": "6/2021"}, "Jun 2021", "implanted_on", marks=_F[2]),
        pytest.param(
            "immunizations", {"occurrence_date": "2003", "primary_source": ""}, "2003", "occurrence_date", marks=_F[3]
        ),
    ],
)
def test_a_date_is_told_as_far_as_it_is_known(
    section: str, data: dict[str, str], shown: str, name: str, as_role: Callable[..., Client]
) -> None:
    """On the list, in its form, on the summary and in the timeline: a year is not its first of January."""
    born = PatientFactory(birth_date=date(1990, 5, 5))
    desk, case = Desk(as_role("clinician"), section, born), CASES[section]
    desk.send("add", {**case.add, **data})
    row = case.model.objects.get()
    desk.send("edit", {**case.add, "status": "active", **case.edit, "note": "kept", **data, name: shown}, row.pk)
    row.refresh_from_db()
    assert (row.note, f'value="{shown}"' in desk.page("edit", row.pk)) == ("kept", True)
    assert f"> {shown} <" in desk.page().replace(">", "> ").replace("<", " <")
    timeline = desk.client.get(reverse("clinic:chart_timeline", args=[born.pk])).content.decode()
    assert f"some time in {shown}" in timeline
    summary = desk.client.get(reverse("clinic:chart_summary", args=[born.pk])).content.decode()
    day = formats.day(getattr(row, name))
    assert (day in desk.page(), day in summary) == (False, False)
    unread = desk.send(
        "edit", {**case.add, "status": "active", **case.edit, **data, name: "spring 2019"}, row.pk, status=422
    )
    assert "spring 2019" in unread
    assert "Enter a day, a month or a year" in unread
    early = {**case.add, "status": "active", **case.edit, **data, name: "1989"}
    assert desk.send("edit", early, row.pk, status=422)
    desk.send("edit", {**early, name: "1990"}, row.pk)
    if section == "conditions":
        assert "chronic" in desk.page()


@pytest.mark.feature("F04")
def test_a_stop_that_was_looked_at_before_a_change_is_a_conflict(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("clinician"), "medications", PatientFactory())
    desk.send("add", CASES["medications"].add)
    row = MedicationStatement.objects.get()
    seen = row.updated_at.isoformat()
    assert seen in desk.page("stop", row.pk)
    desk.send("edit", CASES["medications"].edit, row.pk)
    desk.send("stop", {"reason": "Cough", "seen": seen}, row.pk, status=409)
    assert "Say why" in desk.send("stop", {}, row.pk, status=422)
    desk.send("stop", {"completed": "on"}, row.pk)
    row.refresh_from_db()
    assert row.status == "completed"


def test_a_list_that_is_cut_off_says_so(as_role: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(as_role("nurse"), "care_team", PatientFactory())
    for number in range(3):
        desk.send("add", {"name": f"Dr. {number}", "role": "Cardiologist"})
    assert "Only the first" not in desk.page()
    monkeypatch.setattr(rooms, "LIMIT", 3)
    assert "Only the first 3 members are shown" in desk.page()


def test_what_was_never_changed_has_nothing_to_take_back(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "conditions", PatientFactory())
    desk.send("add", {"coding": "E11.9"})
    assert "Nothing was changed" in desk.send("undo", {}, Condition.objects.get().pk, status=422)
