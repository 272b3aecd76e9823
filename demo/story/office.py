"""What lies on desks: tasks, what left the clinic, what patients ask, a hold of the court, somebody invited."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import time, timedelta
from functools import partial

from django.urls import reverse

from clinic.actions.disclosures import record_disclosure
from clinic.actions.letter_templates import add_usual_templates
from clinic.actions.messages import send_message
from clinic.actions.requests import add_disagreement, decide_request, take_request
from clinic.actions.tasks import create_task
from clinic.disclosing import DisclosureMeans, DisclosurePurpose
from clinic.models.tasks import TaskPriority
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.story.privacy import ORIGIN
from demo.timeline import Timeline
from emr.accounts.actions.invitations import invite_person
from emr.audit.retention.actions import place_hold
from emr.shared.dates import clinic_today


class OfficeTold:
    """The papers of the front desk and of the privacy officer; most of them are about Rosa Lopez."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self._people = {person.key: person for person in people}

    def lay(self) -> None:
        """Put all of it on the timeline."""
        rosa, hector = self._people["Lopez Rosa"], self._people["Lopez Hector"]
        self._at(16, time(14, 20), partial(self._report_to_health_department, rosa))
        self._at(15, time(10, 5), partial(self._deny_request, hector))
        self._at(14, time(9, 45), partial(self._accept_request, rosa))
        self._at(9, time(15, 30), partial(self._answer_court, rosa))
        self._at(5, time(16, 10), partial(self._hand_out, hector))
        self._at(2, time(11, 25), partial(self._ask_again, rosa))
        self._at(1, time(15), self._invite)
        self._at(1, time(16, 45), self._leave_tasks)
        self._at(1, time(17, 5), self._write_to_each_other)

    def _report_to_health_department(self, rosa: Person) -> None:
        record_disclosure(
            by=self.cast.users["nurse"],
            patient=rosa.chart,
            recipient="Illinois Department of Public Health",
            recipient_address="525 West Jefferson Street, Springfield, IL 62761",
            purpose=DisclosurePurpose.PUBLIC_HEALTH,
            what="Report of an adverse event after a vaccine: name, date of birth, vaccine, lot, reaction",
            how=DisclosureMeans.ELECTRONIC,
        )

    def _answer_court(self, rosa: Person) -> None:
        """What the court orders goes out, and what there is must be kept until the case is over."""
        record_disclosure(
            by=self.cast.users["desk"],
            patient=rosa.chart,
            recipient="Circuit Court of Sangamon County",
            recipient_address="200 South Ninth Street, Springfield, IL 62701",
            purpose=DisclosurePurpose.COURT,
            what="Copies of the visit notes of the last twelve months",
            how=DisclosureMeans.MAIL,
            note="The order is on paper with the privacy officer.",
        )
        reason = "Order of the Circuit Court of Sangamon County: keep everything until the case is closed."
        place_hold(by=self.cast.users["privacy"], reason=reason, patient_id=rosa.chart.pk)

    def _hand_out(self, hector: Person) -> None:
        record_disclosure(
            by=self.cast.users["desk"],
            patient=hector.chart,
            recipient="Hector Lopez",
            purpose=DisclosurePurpose.INDIVIDUAL,
            what="List of medications",
            how=DisclosureMeans.PAPER,
        )

    def _deny_request(self, hector: Person) -> None:
        desk, doctor = self.cast.users["desk"], self.cast.users[hector.doctor]
        request = take_request(
            by=desk, patient=hector.chart, what="Take the atrial fibrillation off my problem list; I feel fine."
        )
        reason = "The problem is real: the ECG shows it, and the blood thinner is taken for it."
        denied = decide_request(by=doctor, request=request, accept=False, reason=reason)
        add_disagreement(by=desk, request=denied, text="I have felt no flutter for a year and want that to be known.")

    def _accept_request(self, rosa: Person) -> None:
        what = "My name is said wrong on letters. Please call me Rosie."
        request = take_request(by=self.cast.users["desk"], patient=rosa.chart, what=what)
        decide_request(by=self.cast.users[rosa.doctor], request=request, accept=True, reason="It is on file as asked.")

    def _ask_again(self, rosa: Person) -> None:
        what = "The last note says that I live alone. My husband lives with me."
        take_request(by=self.cast.users["desk"], patient=rosa.chart, what=what)

    def _invite(self) -> None:
        invite_person(
            by=self.cast.users["manager"],
            email="noor@demo.example",
            first_name="Noor",
            last_name="Rahimi",
            roles=["nurse"],
            link_base=ORIGIN + reverse("accounts:invitations_accept", args=["x"]).removesuffix("x/"),
        )

    def _leave_tasks(self) -> None:
        users, rosa, mei = self.cast.users, self._people["Lopez Rosa"], self._people["Chan Mei"]
        create_task(
            by=users["nurse"],
            code="call-back",
            description="Call back about the potassium that was drawn again",
            owner=users["okafor"],
            patient=rosa.chart,
            priority=TaskPriority.URGENT,
            due_date=clinic_today(),
        )
        create_task(
            by=users["okafor"],
            code="records",
            description="Ask the eye doctor for the report of the last exam",
            owner_role="nurse",
            patient=rosa.chart,
            due_date=clinic_today() + timedelta(days=7),
        )
        create_task(
            by=users["biller"],
            code="insurance-card",
            description="Copy both sides of the new insurance card at the next visit",
            owner_role="front_desk",
            patient=mei.chart,
        )

    def _write_to_each_other(self) -> None:
        users, rosa = self.cast.users, self._people["Lopez Rosa"]
        asked = send_message(
            by=users["nurse"],
            to=[users["okafor"]],
            subject="Potassium drawn again",
            text="She feels well and has stopped the salt substitute. May I tell her the result by telephone?",
            patient=rosa.chart,
        )
        answer = "Yes please, and ask her to come for another one in two weeks."
        send_message(by=users["okafor"], to=[users["nurse"]], subject=asked.subject, text=answer, answer_to=asked)
        add_usual_templates(by=users["okafor"])

    def _at(self, ago: int, wall: time, happening: Callable[[], object]) -> None:
        day = list(self.calendar.days(-ago - 6, -ago))[-1]
        self.timeline.add(self.calendar.instant(day, wall), happening)
