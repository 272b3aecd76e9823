"""What is on file of a few people beside their visits: twenty years of numbers, growth since birth, lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

from clinic.actions.care import add_goal, add_member, add_plan
from clinic.actions.conditions import add_problem, resolve_problem
from clinic.actions.devices import add_device
from clinic.actions.family_histories import add_relative
from clinic.actions.letters import write_letter
from clinic.actions.medications import add_medication, stop_medication
from clinic.actions.messages import send_message
from clinic.actions.note_templates import TemplatePart, add_usual_notes, save_macro, save_template
from clinic.actions.observations import Reading, record_vitals
from clinic.actions.orders import Wanted, place_order
from clinic.actions.reconciliations import Decision, reconcile
from clinic.actions.refills import request_refill
from clinic.actions.results import record_report
from clinic.actions.social_history import record_social
from clinic.actions.tasks import create_task
from clinic.choices import NoteType, SectionKind
from clinic.queries.medications import going_on
from clinic.vitals import DIASTOLIC, HEAD, HEART_RATE, HEIGHT, SYSTOLIC, WEIGHT
from demo.data import tables
from demo.story import laboratory
from demo.story.body import Body, body_on
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline
from emr.codes.coding import Coding
from emr.codes.systems import ICD10CM, LOINC
from emr.shared.dates import add_months

#: The months of age at which a child is measured, up to school; then each birthday.
_CHECK_UPS = (0, 1, 2, 4, 6, 9, 12, 15, 18, 24, 30)
_HALF_A_YEAR = timedelta(days=182)


class RecordsTold:
    """What the papers say that a few people bring from the practice before; and what is ordered and written since."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self._people = {person.key: person for person in people}

    def lay(self) -> None:
        """Put all of it on the timeline."""
        for key, table in tables("records").items():
            person = self._people.get(key)
            if person is not None:
                moment = person.registered_at + timedelta(minutes=90)
                self.timeline.add(moment, partial(self._file, person, table, moment.date()))
        rosa = self._people["Lopez Rosa"]
        self._at(20, time(7, 50), self._lay_out_notes)
        self._at(6, time(11, 30), partial(self._reconcile, rosa))
        self._at(5, time(16, 20), partial(self._order, rosa, tables("records")["Lopez Rosa"]["orders"]))
        self._at(4, time(17, 5), partial(self._write, rosa, tables("records")["Lopez Rosa"]["letter"]))
        self._at(1, time(9, 10), partial(self._ask_for_more, rosa))
        self._at(1, time(11, 5), partial(self._ask_the_desk, rosa))

    def _at(self, days: int, clock: time, happening: Any) -> None:
        self.timeline.add(self.calendar.instant(self.calendar.today - timedelta(days=days), clock), happening)

    def _file(self, person: Person, table: dict[str, Any], day: date) -> None:
        if table.get("growth"):
            self._grow(person, day)
        for ago in range(1, 2 * table.get("years", 0) + 1):
            self._measured(person, day - ago * _HALF_A_YEAR, table["panels"] if ago % 2 else ())
        self._former(person, table, day)
        self._lists(person, table, day)

    def _grow(self, person: Person, day: date) -> None:
        """Weight and length at each check-up since birth; the head until two years."""
        for months in (*_CHECK_UPS, *range(36, 240, 12)):
            on = add_months(person.birth_date, months) + timedelta(days=3)
            if on >= day:
                return
            body = self._body(person, on)
            readings = [Reading(WEIGHT, body.weight, "kg"), Reading(HEIGHT, body.height, "cm")]
            if body.head is not None:
                readings.append(Reading(HEAD, body.head, "cm"))
            self._record(person, on, readings)

    def _measured(self, person: Person, on: date, panels: Iterable[str]) -> None:
        body = self._body(person, on)
        readings = [
            Reading(SYSTOLIC, Decimal(body.systolic), "mm[Hg]"),
            Reading(DIASTOLIC, Decimal(body.diastolic), "mm[Hg]"),
            Reading(HEART_RATE, Decimal(body.pulse), "/min"),
            Reading(WEIGHT, body.weight, "kg"),
        ]
        self._record(person, on, readings)
        for panel in panels:
            record_report(
                by=self.cast.users["nurse"],
                patient=person.chart,
                coding=laboratory.panel_coding(panel),
                effective_at=self.calendar.instant(on, time(8, 15)),
                results=laboratory.panel_results(panel, person, on, on),
            )

    def _body(self, person: Person, on: date) -> Body:
        return body_on(person, on, on, {}, Random(f"paper {person.key} {on}"))  # noqa: S311  invented, not secret

    def _record(self, person: Person, on: date, readings: list[Reading]) -> None:
        record_vitals(
            by=self.cast.users["nurse"],
            patient=person.chart,
            encounter=None,
            effective_at=self.calendar.instant(on, time(10, 20)),
            readings=readings,
        )

    def _former(self, person: Person, table: dict[str, Any], day: date) -> None:
        by = self.cast.users[person.doctor]
        for row in table.get("former_problems", ()):
            coding = Coding(ICD10CM, row["code"], row["display"])
            problem = add_problem(by=by, patient=person.chart, coding=coding, onset_date=_ago(day, row["from"]))
            resolve_problem(by=by, condition=problem, abatement_date=_ago(day, row["until"]))
        for row in table.get("former_medications", ()):
            drug = add_medication(
                by=by,
                patient=person.chart,
                coding=Coding("", "", row["display"]),
                effective_start=_ago(day, row["from"]),
            )
            stop_medication(by=by, medication=drug, reason=row["reason"], on=_ago(day, row["until"]))

    def _lists(self, person: Person, table: dict[str, Any], day: date) -> None:
        by, chart = self.cast.users[person.doctor], person.chart
        for row in table.get("family", ()):
            fields = {name: value for name, value in row.items() if name not in {"code", "display"}}
            add_relative(by=by, patient=chart, coding=Coding(ICD10CM, row["code"], row["display"]), **fields)
        if answers := table.get("social"):
            record_social(by=self.cast.users["nurse"], patient=chart, answers=answers)
        for row in table.get("devices", ()):
            fields = {name: row[name] for name in ("display", "udi", "body_site")}
            add_device(by=by, patient=chart, implanted_on=_ago(day, row["implanted"]), **fields)
        for row in table.get("team", ()):
            own = {"practitioner": self.cast.practitioners[row["practitioner"]]} if "practitioner" in row else {}
            add_member(by=by, patient=chart, period_start=day, **{**row, **own})
        if plan := table.get("plan"):
            kept = add_plan(by=by, patient=chart, period_start=day, **plan)
            for row in table["goals"]:
                bound = {"target_high": Decimal(row["target_high"])} if "target_high" in row else {}
                add_goal(by=by, patient=chart, care_plan=kept, start_date=day, **{**row, **bound})

    def _lay_out_notes(self) -> None:
        """A template for everybody, and a word of one's own."""
        layout = tables("layouts")["diabetes"]
        okafor = self.cast.users["okafor"]
        parts = {SectionKind[kind.upper()].value: TemplatePart(text) for kind, text in layout["parts"].items()}
        add_usual_notes(by=okafor)
        save_template(by=okafor, name=layout["name"], type=NoteType.PROGRESS, parts=parts, shared=True)
        save_macro(by=okafor, name=layout["word"], text=layout["words"])

    def _ask_the_desk(self, person: Person) -> None:
        by = self.cast.users["nurse"]
        text = "Please send the last A1c and the medication list to the eye center with the letter."
        create_task(by=by, code="records", description=text, owner_role="front_desk", patient=person.chart)
        send_message(
            by=by,
            to=[self.cast.users["desk"]],
            subject="Letter to the eye center",
            text="It goes out once it is signed. She would like a copy for herself.",
            patient=person.chart,
        )

    def _reconcile(self, person: Person) -> None:
        """The nurse goes through the drugs with the bottles on the table: all of them go on."""
        decisions = [Decision(row.pk, "continue") for row in going_on(person.chart)]
        reconcile(by=self.cast.users["nurse"], patient=person.chart, source="bottles", decisions=decisions)

    def _order(self, person: Person, orders: Iterable[dict[str, str]]) -> None:
        for row in orders:
            problem = person.chart.conditions.filter(code=row.get("diagnosis", "-")).first()
            wanted = Wanted(
                category=row["category"],
                coding=Coding(LOINC if row["code"] else "", row["code"], row["display"]),
                diagnoses=[(Coding(problem.system, problem.code, problem.display), problem)] if problem else [],
                reason=row.get("reason", "" if problem else "Yearly check"),
                performer=row.get("performer", ""),
            )
            requester = self.cast.practitioners[person.doctor]
            place_order(by=self.cast.users[person.doctor], patient=person.chart, requester=requester, wanted=wanted)

    def _write(self, person: Person, words: dict[str, str]) -> None:
        """A letter is begun; the signature is for later."""
        write_letter(by=self.cast.users[person.doctor], patient=person.chart, words=words)

    def _ask_for_more(self, person: Person) -> None:
        """The patient calls: one of the drugs runs out."""
        drug = going_on(person.chart)[0]
        request_refill(by=self.cast.users["nurse"], medication=drug, comment="Leaves for two weeks on Friday.")


def _ago(day: date, days: int) -> date:
    return day - timedelta(days=days)
