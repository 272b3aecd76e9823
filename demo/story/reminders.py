"""Which reminders are sent, those of the last days, and what one patient answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

from django.utils import timezone

from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.timeline import Timeline
from emr.audit.actor import service_user
from scheduling.actions.reminders import answer_link, claim, set_rule, told
from scheduling.choices import AppointmentStatus, ReminderReply
from scheduling.models import Reminder
from scheduling.queries.reminders import LEAST, fallen_due

_SERVICE = "reminders"
#: How many messages of a morning are told.
_MOST = 10


class RemindersTold:
    """Reminders two days and three hours before, and the mornings on which they left."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline

    def lay(self) -> None:
        """Put all of it on the timeline."""
        *_, before, today = self.calendar.days(-8, 0)
        self._at(before, time(7, 55), self._rules)
        self._at(before, time(8, 5), self._send)
        self._at(today, time(8, 5), self._send)
        self._at(today, time(8, 40), self._answer)

    def _rules(self) -> None:
        for hours in (48, 3):
            set_rule(by=self.cast.users["manager"], hours_before=hours, by_email=True, by_sms=True)

    def _send(self) -> None:
        """Told as if they had left: nothing goes to anybody's mailbox."""
        service = service_user(_SERVICE)
        for one in fallen_due(timezone.now(), limit=_MOST):
            claimed = claim(by=service, one=one)
            if claimed is not None:
                told(by=service, reminder=claimed[0])

    def _answer(self) -> None:
        """Somebody will come."""
        waiting = Reminder.objects.filter(
            appointment__status=AppointmentStatus.BOOKED, appointment__start_at__gt=timezone.now() + LEAST
        ).order_by("appointment__start_at", "appointment__patient__mrn")
        reminder = waiting.first()
        if reminder is not None:
            answer_link(by=service_user(_SERVICE), reminder=reminder, reply=ReminderReply.CONFIRM)

    def _at(self, day: date, wall: time, happening: Callable[[], object]) -> None:
        self.timeline.add(self.calendar.instant(day, wall), happening)
