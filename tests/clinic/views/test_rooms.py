"""Every list of the chart keeps one contract: record, change, end, take back, enter in error, print, history."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pdfplumber
import pytest
from django.test import Client
from django.urls import reverse

from clinic.actions.errors import enter_in_error
from clinic.models import (
    AllergyIntolerance,
    CarePlan,
    CareTeamMember,
    Condition,
    Device,
    FamilyMemberHistory,
    Goal,
    Immunization,
    MedicationStatement,
    Observation,
    Patient,
    Procedure,
)
from clinic.printouts.immunizations import by_disease
from clinic.queries.observations import gestation
from clinic.views import lists as rooms
from emr.audit.models import AccessEvent
from emr.codes.importers.rows import ConceptRow
from emr.codes.systems import CVX
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.emr.codes.samples import DIAGNOSES, load
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db

VACCINES = {
    "08": "Hep B, adolescent or pediatric",
    "20": "DTaP",
    "110": "DTaP-Hep B-IPV",
    "140": "Influenza, split virus, trivalent, PF",
}
_TODAY = formats.day(clinic_today())


@dataclass(frozen=True)
class Case:
    """A list: what is added, changed and ended in it, and where a second one like it is refused."""

    model: Any
    add: dict[str, Any]
    edit: dict[str, Any] = field(default_factory=dict)
    changed: tuple[str, Any] | None = None
    end: tuple[str, dict[str, Any]] | None = None
    refused: str = "coding"


CASES = {
    "conditions": Case(
        Condition,
        {"coding": "E11.9", "onset_date": "14-Mar-2019"},
        {"coding": "E11.65", "onset_date": "14-Mar-2019", "clinical_status": "active", "note": "worse"},
        ("code", "E11.65"),
        ("resolve", {}),
    ),
    "medications": Case(
        MedicationStatement,
        {"coding": "lisinopril 10 mg", "dose_quantity": "10", "dose_unit": "mg", "frequency": "once a day"},
        {"status": "active", "dose_quantity": "20", "dose_unit": "mg", "frequency": "once a day"},
        ("dose_quantity", 20),
        ("stop", {"reason": "Cough"}),
    ),
    "allergies": Case(
        AllergyIntolerance,
        {"coding": "Latex", "reactions": "hives, wheeze", "severity": "moderate", "criticality": "low"},
        {"criticality": "high"},
        ("criticality", "high"),
        ("resolve", {}),
    ),
    "immunizations": Case(
        Immunization,
        {
            **{"coding": "140", "status": "completed", "primary_source": "on", "occurrence_date": _TODAY},
            **{"lot_number": "UT8123AA", "expiration_date": "30-Jun-2199", "ndc": "49281-425-50"},
            **{"vis_edition": "31-Jan-2025", "vis_given_on": _TODAY, "funding": "V01"},
        },
        {
            **{"status": "completed", "primary_source": "on", "occurrence_date": _TODAY, "site": "left deltoid"},
            **{"lot_number": "UT8123AB", "expiration_date": "30-Jun-2199"},
        },
        ("lot_number", "UT8123AB"),
    ),
    "procedures": Case(
        Procedure,
        {"coding": "Appendectomy", "performed_start": "3-May-1999"},
        {"coding": "Appendectomy", "performed_start": "4-May-1999", "status": "completed", "note": "St. Mary"},
        ("note", "St. Mary"),
    ),
    "family_history": Case(
        FamilyMemberHistory,
        {"relationship": "NMTH", "coding": "breast cancer of mother", "coding_choice": "text", "onset_age": "48"},
        {"relationship": "NMTH", "coding": "breast cancer of mother", "death_age": "61", "contributed_to_death": "on"},
        ("deceased", True),
        refused="",
    ),
    "social_history": Case(Observation, {"smoking": "8517006"}, refused=""),
    "devices": Case(
        Device,
        {
            "display": "Pacemaker",
            "udi": "(01)00844588003288(17)300731(10)A213B1(21)1234",
            "implanted_on": "4-May-2020",
        },
        {"display": "Pacemaker", "udi": "(01)00844588003288(17)300731(10)A213B1(21)1234", "body_site": "chest"},
        ("body_site", "chest"),
        ("remove", {"reason": "Battery"}),
        refused="udi",
    ),
    "care_team": Case(
        CareTeamMember,
        {"name": "Dr. Outside", "role": "Cardiologist", "phone": "217-555-0199"},
        {"name": "Dr. Outside", "role": "Cardiologist", "organization": "Heart Center"},
        ("organization", "Heart Center"),
        ("end", {}),
        refused="who",
    ),
    "goals": Case(
        Goal,
        {"description": "Walk every day", "measure_code": "29463-7", "target_high": "80", "expressed_by_patient": "on"},
        {"description": "Walk every day", "status": "active", "achievement": "achieved"},
        ("status", "completed"),
        refused="description",
    ),
    "care_plans": Case(
        CarePlan,
        {"title": "Blood pressure at home", "description": "Measure twice a day."},
        {"title": "Blood pressure at home", "status": "on-hold"},
        ("status", "on-hold"),
        ("end", {"status": "revoked", "reason": "Moved away"}),
        refused="title",
    ),
}
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
    load(*DIAGNOSES)
    load(*(ConceptRow(code, display) for code, display in VACCINES.items()), system=CVX)


@dataclass
class Desk:
    """A nurse at one list of one chart."""

    client: Client
    section: str
    patient: Patient

    def path(self, verb: str, *row: object) -> str:
        return reverse(f"clinic:{self.section}_{verb}", args=[self.patient.pk, *row])

    def page(self, verb: str = "list", *row: object) -> str:
        answer = self.client.get(self.path(verb, *row))
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    def send(self, verb: str, data: dict[str, Any], *row: object, status: int = 303) -> str:
        answer = self.client.post(self.path(verb, *row), data)
        body = answer.content.decode()
        assert answer.status_code == status, body[body.find("error-summary") :][:600]
        return answer["Location"] if status == 303 else " ".join(body.split())


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


@pytest.mark.feature("F15")
def test_a_device_without_a_label_is_not_recorded_twice_by_a_double_click(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "devices", PatientFactory())
    desk.send("add", {"display": "Coronary stent"})
    assert "what tells them apart" in desk.send("add", {"display": "coronary stent"}, status=422)
    desk.send("add", {"display": "Coronary stent", "body_site": "LAD"})


@pytest.mark.feature("F02")
def test_weeks_of_gestation_are_asked_of_the_young(as_role: Callable[..., Client]) -> None:
    infant = Desk(as_role("nurse"), "social_history", PatientFactory(birth_date=clinic_today() - timedelta(days=90)))
    assert "number from 20 to 44" in infant.send("add", {"gestation": "52"}, status=422)
    assert not {"Tobacco", "Pregnancy", "Occupation"} & set(re.findall(r"\w+", infant.page("add")))
    infant.send("add", {"gestation": "31"})
    assert gestation(infant.patient) == 31
    adult = Desk(infant.client, "social_history", PatientFactory())
    assert "Weeks of gestation" not in adult.page("add")


def test_a_list_that_is_cut_off_says_so(as_role: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(as_role("nurse"), "care_team", PatientFactory())
    for number in range(3):
        desk.send("add", {"name": f"Dr. {number}", "role": "Cardiologist"})
    assert "Only the first" not in desk.page()
    monkeypatch.setattr(rooms, "LIMIT", 3)
    assert "Only the first 3 members are shown" in desk.page()


@pytest.mark.feature("F08")
def test_the_shot_record_counts_doses_by_disease(as_role: Callable[..., Client]) -> None:
    """A school asks for the third dose against pertussis, whatever product it was in."""
    client = as_role("nurse")
    desk = Desk(client, "immunizations", PatientFactory(birth_date=date(2021, 1, 4)))
    told = {"status": "completed", "information_source": "02"}
    for code, day in (("08", "4-Jan-2021"), ("20", "5-Mar-2021"), ("110", "6-May-2021"), ("20", "2022")):
        desk.send("add", {**told, "coding": code, "occurrence_date": day})
    desk.send(
        "add", {"coding": "20", "status": "not-done", "occurrence_date": "5-Jun-2021", "refusal_reason": "PATOBJ"}
    )
    given = Immunization.objects.order_by("occurrence_date").filter(status="completed")
    doses = {name: [(one.number, one.on, one.age) for one in group] for name, group in by_disease(given, desk.patient)}
    assert doses == {
        "Diphtheria, tetanus, pertussis": [(1, "05-Mar-2021", "2m"), (2, "06-May-2021", "4m"), (3, "2022", "")],
        "Hepatitis B": [(1, "04-Jan-2021", "0d"), (2, "06-May-2021", "4m")],
        "Polio": [(1, "06-May-2021", "4m")],
    }
    paper = client.get(desk.path("print"))
    with pdfplumber.open(io.BytesIO(paper.content)) as pdf:
        text = " ".join((pdf.pages[0].extract_text() or "").split())
    for words in ("Diphtheria, tetanus, pertussis", "3 2022", "Not given", "The patient objects", "written record"):
        assert words in text


def test_what_was_never_changed_has_nothing_to_take_back(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "conditions", PatientFactory())
    desk.send("add", {"coding": "E11.9"})
    assert "Nothing was changed" in desk.send("undo", {}, Condition.objects.get().pk, status=422)


@pytest.mark.feature("F08")
def test_a_dose_given_here_names_its_lot_and_a_refusal_its_reason(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "immunizations", PatientFactory())
    dose = {**CASES["immunizations"].add}
    without = {**dose, "lot_number": "", "expiration_date": ""}
    assert "Enter the lot" in desk.send("add", without, status=422)
    assert "expired on" in desk.send("add", {**dose, "expiration_date": "30-Jun-2020"}, status=422)
    scanned = {**without, "lot_number": "(01)51022222233336(17)300630(10)SCAN7"}
    assert "mistyped" in desk.send("add", {**scanned, "lot_number": "(01)51022222233335(10)SCAN7"}, status=422)
    old = {**scanned, "lot_number": "(01)51022222233336(17)200630(10)SCAN7"}
    assert "expired on 30-Jun-2020" in desk.send("add", old, status=422)
    desk.send("add", {**scanned, "occurrence_date": "1-Oct-2025"})
    kept = Immunization.objects.get()
    assert (kept.lot_number, formats.day(kept.expiration_date)) == ("SCAN7", "30-Jun-2030")
    enter_in_error(by=desk.client.user, row=kept, reason="A test of the scanner")  # type: ignore[attr-defined]
    assert "ten digits with hyphens" in desk.send("add", {**dose, "ndc": "123"}, status=422)
    assert "Say why" in desk.send("add", {**without, "status": "not-done"}, status=422)
    desk.send("add", {**without, "status": "not-done", "refusal_reason": "PATOBJ", "status_reason": "fears pain"})
    desk.send("add", dose)
    page = desk.page()
    assert "The patient objects: fears pain" in page
    kept = Immunization.objects.get(status="completed", entered_in_error_at=None)
    assert (kept.ndc, formats.day(kept.vis_edition), kept.funding) == ("49281-0425-50", "31-Jan-2025", "V01")
    assert kept.performer == desk.client.user.practitioner  # type: ignore[attr-defined]


@pytest.mark.feature("F15")
def test_social_answers_are_coded_and_the_last_one_counts(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "social_history", PatientFactory(gender="male"))
    assert "Answer at least one question" in desk.send("add", {}, status=422)
    desk.send("add", {"smoking": "449868002", "pack_years": "12.5", "on": "1-Feb-2020"})
    desk.send("add", {"smoking": "8517006", "food_worry": "LA6729-3", "occupation": "Baker"})
    desk.send("add", {"smoking": "8517006"})
    page = desk.page("add")
    assert "Last: Smoked formerly" in page
    assert "Pregnancy" not in page
    kept = {
        (row.code, row.value_code or str(row.value_quantity or row.value_text)) for row in Observation.objects.all()
    }
    assert kept == {
        ("72166-2", "449868002"),
        ("72166-2", "8517006"),
        ("8664-5", "12.5"),
        ("88122-7", "LA6729-3"),
        ("11341-5", "Baker"),
    }
    assert "Show 1 past answers" in page


@pytest.mark.feature("F15")
def test_the_label_of_a_device_is_read_into_its_parts(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "devices", PatientFactory())
    case = CASES["devices"].add
    assert "does not begin like a device identifier" in desk.send("add", {**case, "udi": "12345"}, status=422)
    desk.send("add", case)
    row = Device.objects.get()
    parts = (row.issuer, row.device_identifier, row.lot_number, row.serial_number, formats.day(row.expiration_date))
    assert parts == ("GS1", "00844588003288", "A213B1", "1234", "31-Jul-2030")


@pytest.mark.feature("F15")
def test_nothing_known_in_the_family_is_a_word_of_its_own(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "family_history", PatientFactory())
    assert "Nobody has asked yet" in desk.page()
    desk.send("none_known", {})
    assert f"asked by {desk.client.user}" in desk.page()  # type: ignore[attr-defined]
    desk.send("add", CASES["family_history"].add)
    page = desk.page()
    assert "Show 1 past entries" in page
    assert "Mother" in page
