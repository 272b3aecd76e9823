"""What nurse and clinician do in a visit: vital signs, the note from first word to signature, drugs, results."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from django.utils import timezone

from clinic.actions.conditions import add_problem
from clinic.actions.encounters import finish_encounter, set_diagnoses
from clinic.actions.medications import stop_medication
from clinic.actions.note_drafts import save_draft
from clinic.actions.notes import add_addendum, save_note, start_note
from clinic.actions.observations import record_vitals
from clinic.actions.procedures import record_procedure
from clinic.actions.results import record_report
from clinic.actions.signing import sign_note
from clinic.choices import AddendumKind, EncounterClass, SectionKind
from clinic.models import Encounter, MedicationStatement, Note
from clinic.vitals import HEIGHT
from demo.data import rows, tables
from demo.story import laboratory, past
from demo.story.body import body_on, pick
from demo.story.calendar import ZONE
from demo.story.cast import Cast
from demo.story.plan import Visit
from emr.codes.coding import Coding
from emr.codes.systems import ICD10CM

_SECTIONS = {
    SectionKind.SUBJECTIVE: "subjective",
    SectionKind.OBJECTIVE: "objective",
    SectionKind.ASSESSMENT: "assessment",
    SectionKind.PLAN: "plan",
}
_ADDENDA = (
    "The result came after the visit and was told by telephone. No change of the plan.",
    "The pharmacy had the old dose on file. Corrected with them on the telephone.",
    "The employer's form was filled in and sent.",
)
#: Results of the last days wait for somebody to read them.
_UNREAD = timedelta(days=3)
_VACCINES = {row["code"]: row for row in rows("vaccines")}


class Charting:
    """The chart of one visit, filled step by step."""

    def __init__(self, cast: Cast, visit: Visit, today: date) -> None:
        self.cast, self.visit, self.person, self.story = cast, visit, visit.person, visit.story
        self.today, self.day = today, visit.start.astimezone(ZONE).date()
        self.chance = Random(f"chart {visit.key}")  # noqa: S311  invented, not secret
        self.body = body_on(self.person, self.day, today, self.story, self.chance)
        self.author = cast.users[visit.practitioner]
        self.nursing = visit.practitioner == "nurse"
        self.encounter: Encounter
        self._note: Note
        self._texts = self._write()

    def measure(self) -> None:
        """The nurse takes the vital signs; by video there are none."""
        if self.encounter.class_code != EncounterClass.VIRTUAL:
            record_vitals(
                by=self.cast.users["nurse"],
                patient=self.person.chart,
                encounter=self.encounter,
                effective_at=timezone.now(),
                readings=self.body.readings(thorough=self._thorough()),
            )

    def _thorough(self) -> bool:
        """Everything is measured at a check-up, at the first visit, and when somebody is ill."""
        check_up = "preventive" in self.story or "acute" in self.story
        return check_up or not self.person.chart.observations.filter(code=HEIGHT).exists()

    def begin(self) -> None:
        """The note is begun and the diagnoses are chosen."""
        kind = self.cast.types[self.story["type"]].note_type
        self._note = start_note(by=self.author, encounter=self.encounter, type=kind, title=self.story["reason"])
        set_diagnoses(by=self.author, encounter=self.encounter, diagnoses=self._diagnoses())

    def draft(self) -> None:
        """Half of the text is typed and not saved yet."""
        half = dict(list(self._texts.items())[:2])
        save_draft(by=self.author, note=self._note, base_version=self._note.version, sections=half)

    def treat(self) -> None:
        """What is given and done: a drug for some days, a vaccine, a procedure."""
        if drug := self.story.get("medication"):
            self._prescribe(drug)
        if vaccine := self.story.get("vaccine"):
            self._vaccinate(_VACCINES[vaccine])
        if self.story.get("age_vaccines"):
            for row, due in past.due_doses(self.person):
                if self.person.registered_at.date() < due <= self.day and not self._has(row, due):
                    self._vaccinate(row)
        if words := self.story.get("procedure"):
            record_procedure(
                by=self.author,
                patient=self.person.chart,
                coding=Coding("", "", words),
                performed_start=timezone.now(),
                performer=self.cast.practitioners[self.visit.practitioner],
                encounter=self.encounter,
                reason=self.story["reason"],
            )
        if self.story.get("acute") and not self.story["diagnoses"][0][0].startswith("Z") and self.chance.random() < 0.3:
            code, display = self.story["diagnoses"][0]
            if not self.person.chart.conditions.filter(code=code, clinical_status="active").exists():
                coding = Coding(ICD10CM, code, display)
                add_problem(by=self.author, patient=self.person.chart, coding=coding, onset_date=self.day)

    def sign(self) -> None:
        """Save, then sign; a nurse's note is signed by a clinician, and the nurse ends the visit herself."""
        saved = save_note(by=self.author, note=self._note, base_version=self._note.version, sections=self._texts)
        signer = self.cast.users["okafor"] if self.nursing else self.author
        self._note = sign_note(by=signer, note=saved, base_version=saved.version)
        if self.nursing:
            finish_encounter(by=self.author, encounter=self.encounter)

    def amend(self) -> None:
        """Something is added later."""
        text = self.chance.choice(_ADDENDA)
        add_addendum(by=self.author, note=self._note, text=text, kind=AddendumKind.ADDENDUM)

    def receive(self, panel: str, *, alarming: bool) -> None:
        """The laboratory's report comes in the next morning, when the visit is closed; some have to be called about."""
        taken_at = self.encounter.period_end or self.encounter.period_start
        record_report(
            by=self.cast.users["nurse"],
            patient=self.person.chart,
            coding=laboratory.panel_coding(panel),
            effective_at=taken_at,
            issued_at=timezone.now(),
            results=laboratory.panel_results(panel, self.person, self.day, self.today, alarming=alarming),
            needs_review=self.today - self.day <= _UNREAD,
            conclusion="Critical potassium, not hemolyzed. Telephoned to the clinic." if alarming else "",
        )

    def finish_course(self, statement: MedicationStatement) -> None:
        """A drug for some days is over."""
        stop_medication(by=self.author, medication=statement, reason="Course finished")

    def _diagnoses(self) -> list[Coding]:
        """The visit's diagnoses; of lasting problems only those that this person has."""
        problems = tables("problems")
        own = [problems[key] for key in self.person.problems if problems[key]["visit"] == self.story["key"]]
        said = [(code, display) for code, display in self.story["diagnoses"]]
        if self.story.get("own_diagnosis") and own:
            said[0] = (own[0]["code"], own[0]["display"])
        had = {problems[key]["code"] for key in self.person.problems}
        lasting = {problem["code"] for problem in problems.values()} - had
        return [Coding(ICD10CM, code, words) for n, (code, words) in enumerate(said) if n == 0 or code not in lasting]

    def _prescribe(self, key: str) -> None:
        name = past.medication_name(key, self.person)
        if not self.person.chart.medications.filter(display=name, status="active").exists():
            statement = past.prescribe(self.author, self.person, key, self.day, encounter=self.encounter)
            self.on_course(statement)

    def on_course(self, statement: MedicationStatement) -> None:
        """Called with a drug that will end by itself; whoever tells the visit lays its end."""

    def _vaccinate(self, row: dict[str, str]) -> None:
        past.vaccinate(self.cast.users["nurse"], self.person, row, self.chance, encounter=self.encounter)

    def _has(self, row: dict[str, str], due: date) -> bool:
        given = self.person.chart.immunizations.filter(code=row["code"], status="completed")
        return given.filter(occurrence_date__gte=due - timedelta(days=3)).exists()

    def _write(self) -> dict[str, str]:
        words = {
            **self.body.words(),
            "days": str(self.chance.randint(2, 6)),
            "a1c": laboratory.a1c_words(self.person, self.day, self.today),
        }
        return {kind: pick(self.story[name], words, self.chance) for kind, name in _SECTIONS.items()}
