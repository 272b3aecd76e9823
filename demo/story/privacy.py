"""Whose chart is closed to whom: a colleague's chart, grants, emergency access, signals, and what patients ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import uuid4

from clinic.actions.break_glass import break_glass, end_break_glass, review_break_glass
from clinic.actions.grants import deny_chart, grant_chart, grant_note
from clinic.actions.notes import set_confidential
from clinic.actions.signals import link_staff_patient, raise_signals, review_signal
from clinic.chart import SECTIONS
from clinic.models import BreakGlass, Note, SnoopingSignal
from clinic.models.break_glass import BreakGlassPurpose, BreakGlassReason, Finding
from clinic.models.signals import SignalFinding, SignalKind
from clinic.queries.break_glass import reason_of
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Happening, Timeline
from emr.accounts.models import User
from emr.audit.actor import service_user
from emr.audit.context import AuditContext, audit_context
from emr.audit.models import AccessAction, AccessOutcome, PurposeOfUse
from emr.audit.reads import record_access_by

#: Where the mails' links lead: the address of a demo that found its usual port free.
ORIGIN = "http://localhost:8000"
_URLS = {section.name: section.url_name for section in SECTIONS}
_ADDRESS = "127.0.0.1"
_MINUTE = timedelta(minutes=1)


class PrivacyTold:
    """The restricted chart of the manager, who is a patient too, and the note that few may read."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self._people = {person.key: person for person in people}

    def lay(self) -> None:
        """Put all of it on the timeline."""
        closed, emergency, tried = self._people["Lindqvist Tomas"], self._ago(19), self._ago(12)
        self.timeline.add(closed.registered_at + 50 * _MINUTE, partial(self._close, closed))
        self._at(self._ago(24), time(9, 10), partial(self._grant_for_a_week, closed))
        self._at(emergency, time(11, 5), partial(self._emergency_by_nurse, closed))
        self._at(self._after(emergency), time(8, 40), self._sign_off)
        self._at(tried, time(12, 20), self._reads("manager", closed, ["details"], refused=True))
        self._at(self._after(tried), time(6), self._look_for_signals)
        self._at(self._after(tried), time(9, 30), self._confirm_own)
        self._at(self._ago(3), time(18, 50), self._reads("silva", closed, ["summary", "notes"], refused=True))
        self._at(self._ago(2), time(13, 15), self._keep_note)
        self._at(self._ago(1), time(16, 20), partial(self._emergency_by_doctor, closed))
        self._at(self.calendar.today, time(7, 10), self._look_for_signals)
        self._at(self.calendar.today, time(8, 15), self._dismiss_one)

    def _close(self, closed: Person) -> None:
        """The privacy officer says who the patient is, and keeps a neighbor out."""
        privacy = self.cast.users["privacy"]
        link_staff_patient(by=privacy, user=self.cast.users["manager"], patient=closed.chart)
        reason = "Lives next door; the patient asked for it."
        deny_chart(by=privacy, patient=closed.chart, user=self.cast.users["biller"], reason=reason)

    def _grant_for_a_week(self, closed: Person) -> None:
        grant_chart(
            by=self.cast.users["privacy"],
            patient=closed.chart,
            user=self.cast.users["silva"],
            reason="Sees him while Dr. Okafor is away.",
            expires_at=self.calendar.instant(self._ago(17) + timedelta(days=1), time(0)),
        )

    def _emergency_by_nurse(self, closed: Person) -> None:
        glass = self._break(
            closed,
            "nurse",
            BreakGlassReason.CALL,
            "He is on the telephone with a swollen face; which drugs does he take?",
            BreakGlassPurpose.ETREAT,
        )
        self._look_around(glass, closed, ["summary", "medications", "allergies"], minutes=9)

    def _emergency_by_doctor(self, closed: Person) -> None:
        glass = self._break(
            closed,
            "brandt",
            BreakGlassReason.COVERING,
            "Dr. Okafor is out. The pharmacy asks about a doubled blood pressure drug.",
            BreakGlassPurpose.TREAT,
        )
        self._look_around(glass, closed, ["summary", "medications", "vitals", "notes"], minutes=21)

    def _break(self, closed: Person, key: str, code: str, reason: str, purpose: str) -> BreakGlass:
        by, chart = self.cast.users[key], closed.chart
        return break_glass(by=by, patient=chart, reason_code=code, reason=reason, purpose=purpose, origin=ORIGIN)

    def _look_around(self, glass: BreakGlass, closed: Person, sections: list[str], *, minutes: int) -> None:
        for number, section in enumerate(sections):
            moment = glass.started_at + (1 + 2 * number) * _MINUTE
            self.timeline.add(moment, partial(_read, glass.user, closed, section, glass=glass))
        ended = partial(end_break_glass, by=glass.user, glass=glass)
        self.timeline.add(glass.started_at + minutes * _MINUTE, ended)

    def _sign_off(self) -> None:
        review_break_glass(
            by=self.cast.users["privacy"],
            glass=BreakGlass.objects.get(user=self.cast.users["nurse"]),
            finding=Finding.APPROPRIATE,
            comment="He confirms that he called. She looked at what she needed, and at nothing else.",
        )

    def _look_for_signals(self) -> None:
        raise_signals(by=service_user("demo"))

    def _confirm_own(self) -> None:
        self._review(SignalKind.OWN, SignalFinding.CONFIRMED, "He wanted his address corrected. Told to ask the desk.")

    def _dismiss_one(self) -> None:
        self._review(
            SignalKind.COLLEAGUE,
            SignalFinding.DISMISSED,
            "The same two tries as in the signal of the restricted chart.",
        )

    def _review(self, kind: SignalKind, finding: SignalFinding, comment: str) -> None:
        signal = SnoopingSignal.objects.filter(
            kind=kind, user__in=[self.cast.users[key] for key in ("manager", "silva")]
        )
        review_signal(by=self.cast.users["privacy"], signal=signal.get(), finding=finding, comment=comment)

    def _keep_note(self) -> None:
        """A patient with anxiety asks that only those read a note who treat him for it."""
        chart = self._people["Osei Kwame"].chart
        own = Note.objects.filter(patient=chart, entered_in_error_at=None, signed_at__isnull=False)
        note = own.filter(author__in=[self.cast.users[key] for key in ("okafor", "brandt", "silva")]).latest(
            "signed_at"
        )
        kept = set_confidential(by=note.author, note=note, confidential=True)
        reader = self.cast.users["silva" if note.author != self.cast.users["silva"] else "okafor"]
        grant_note(by=note.author, note=kept, user=reader, reason="Sees him for his sleep.")

    def _reads(self, key: str, person: Person, sections: list[str], *, refused: bool) -> Happening:
        def told() -> None:
            for section in sections:
                _read(self.cast.users[key], person, section, refused=refused)

        return told

    def _ago(self, days: int) -> date:
        """The last open day that is so many days ago, or more."""
        return list(self.calendar.days(-days - 6, -days))[-1]

    def _after(self, day: date) -> date:
        """The open day after a day. What answers something is told then: over a weekend two days are but one."""
        return next(self.calendar.days((day - self.calendar.today).days + 1, 0))

    def _at(self, day: date, wall: time, happening: Callable[[], object]) -> None:
        moment: datetime = self.calendar.instant(day, wall)
        self.timeline.add(moment, happening)


def _read(user: User, person: Person, section: str, *, glass: BreakGlass | None = None, refused: bool = False) -> None:
    """A page of a chart is opened, or refused: what the door would have written."""
    with audit_context(AuditContext(actor=user, remote_addr=_ADDRESS, request_id=uuid4().hex)):
        record_access_by(
            user,
            [person.chart.pk],
            section=section,
            action=AccessAction.VIEW,
            url_name=_URLS[section],
            outcome=AccessOutcome.DENIED if refused else AccessOutcome.GRANTED,
            reason=reason_of(glass),
            purpose=PurposeOfUse.BREAK_GLASS if glass else None,
        )
