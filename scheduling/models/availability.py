"""When practitioners see patients: weekly sessions on the clinic's wall clock, and exceptions (FHIR Schedule)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import pgtrigger
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, OuterRef, Q

from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint, period_constraint
from scheduling.choices import ExceptionKind, Weekday

#: Under this name the database refuses a session that runs into another one of the same practitioner.
NO_OVERLAP = "scheduling_schedule_no_overlap"
#: Under this name it refuses one in a room in which somebody else's session is held then.
ROOM_ONCE = "scheduling_schedule_room_once"

_WEEKDAYS = "ARRAY['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']"
_FIRST = (
    f"{{row}}.effective_from + (array_position({_WEEKDAYS}, {{row}}.weekday::text)"
    " - extract(isodow FROM {row}.effective_from)::int + 7) % 7"
)
# Two sessions that aren't held every week collide only on a day on which both are; after as many weeks as their
# intervals multiplied, the pattern of the two begins again.
_REFUSE_COLLISION = """
    IF NEW.withdrawn{unless} THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('{lock} ' || NEW.{same}::text, 0));
    IF EXISTS (
        SELECT FROM scheduling_schedule AS other
        CROSS JOIN LATERAL (SELECT {mine} AS mine, {theirs} AS theirs) AS first
        CROSS JOIN LATERAL generate_series(0, NEW.interval_weeks * other.interval_weeks - 1) AS week
        CROSS JOIN LATERAL (SELECT GREATEST(first.mine, first.theirs) + 7 * week AS day) AS common
        WHERE other.{same} = NEW.{same} AND other.id <> NEW.id AND NOT other.withdrawn
          AND other.weekday = NEW.weekday AND other.start_time < NEW.end_time AND NEW.start_time < other.end_time
          AND common.day <= LEAST(NEW.effective_until, other.effective_until, 'infinity'::date)
          AND (common.day - first.mine) % (7 * NEW.interval_weeks) = 0
          AND (common.day - first.theirs) % (7 * other.interval_weeks) = 0
    ) THEN
        RAISE EXCEPTION '{said}' USING
            ERRCODE = 'exclusion_violation', CONSTRAINT = '{name}', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
"""
_FIRSTS = {"mine": _FIRST.format(row="NEW"), "theirs": _FIRST.format(row="other")}
_REFUSE_OVERLAP = _REFUSE_COLLISION.format(
    unless="",
    lock="scheduling_schedule",
    same="practitioner_id",
    said="session runs into another one",
    name=NO_OVERLAP,
    **_FIRSTS,
)
_REFUSE_SHARED_ROOM = _REFUSE_COLLISION.format(
    unless=" OR NEW.room_id IS NULL",
    lock="scheduling_schedule room",
    same="room_id",
    said="the room has another session then",
    name=ROOM_ONCE,
    **_FIRSTS,
)


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    """Sessions of the week."""

    def standing(self) -> ScheduleQuerySet:
        """Without those that were withdrawn."""
        return self.filter(withdrawn=False)

    def touching(self, first: date, last: date | None = None) -> ScheduleQuerySet:
        """Those that hold on some day from ``first`` to ``last``, both included; without ``last`` from then on."""
        rows = self.standing().filter(Q(effective_until=None) | Q(effective_until__gte=first))
        return rows if last is None else rows.filter(effective_from__lte=last)

    def with_types(self) -> ScheduleQuerySet:
        """Fill ``type_ids`` of each row, in the same query."""
        types = ScheduleType.objects.filter(schedule=OuterRef("pk")).order_by().values("type_id")
        return self.annotate(type_ids=ArraySubquery(types))  # type: ignore[no-redef]  # declared below


@recorded(patient=None)
class Schedule(Recorded):
    """One session of a week: a practitioner sees patients on this weekday between two wall-clock times.

    The times are local, so that nine o'clock stays nine o'clock across daylight saving. A session is held every
    ``interval_weeks`` weeks, first on the first such weekday from ``effective_from`` on. ``capacity`` is how many
    patients may be seen at one time. A ``held`` session is kept back until ``release_hours`` before it begins. Without
    ``appointment_types`` it takes every kind of visit. The database refuses sessions that collide: of one
    practitioner, or in one room.
    """

    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="schedules")
    weekday = models.CharField(max_length=3, choices=Weekday)
    start_time = models.TimeField("from")
    end_time = models.TimeField("until")
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)
    appointment_types = models.ManyToManyField(
        "scheduling.AppointmentType", through="scheduling.ScheduleType", related_name="schedules", blank=True
    )
    capacity = models.PositiveSmallIntegerField(default=1)
    room = models.ForeignKey(
        "scheduling.Room", on_delete=models.PROTECT, null=True, blank=True, related_name="schedules"
    )
    interval_weeks = models.PositiveSmallIntegerField(default=1)
    held = models.BooleanField(default=False)
    release_hours = models.PositiveSmallIntegerField(default=0)
    withdrawn = models.BooleanField(default=False)

    #: The kinds of visit it takes, where :meth:`ScheduleQuerySet.with_types` read them; none means all.
    type_ids: Sequence[UUID] = ()

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["practitioner", "weekday", "start_time"]
        constraints = [
            choices_constraint("scheduling_schedule_weekday", "weekday", Weekday),
            models.CheckConstraint(name="scheduling_schedule_times", condition=Q(end_time__gt=F("start_time"))),
            period_constraint("scheduling_schedule_period", "effective_from", "effective_until"),
            models.CheckConstraint(name="scheduling_schedule_capacity", condition=Q(capacity__range=(1, 50))),
            models.CheckConstraint(name="scheduling_schedule_interval", condition=Q(interval_weeks__range=(1, 8))),
            models.CheckConstraint(
                name="scheduling_schedule_release",
                condition=Q(held=True, release_hours__range=(1, 720)) | Q(held=False, release_hours=0),
            ),
        ]
        indexes = [models.Index(fields=["practitioner", "weekday"], name="scheduling_schedule_day")]
        triggers = [
            pgtrigger.Trigger(
                name="no_overlap",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_REFUSE_OVERLAP,
            ),
            # Named to come after it: one's own sessions are told apart first.
            pgtrigger.Trigger(
                name="room_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_REFUSE_SHARED_ROOM,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.start_time:%H:%M}–{self.end_time:%H:%M}"

    def held_on(self, day: date) -> bool:
        """Whether the session is part of that day's hours: its weekday, its dates, its weeks."""
        if self.withdrawn or day < self.effective_from or list(Weekday)[day.weekday()] != self.weekday:
            return False
        if self.effective_until is not None and day > self.effective_until:
            return False
        return (day - self.effective_from).days // 7 % self.interval_weeks == 0


@recorded(patient=None, deletable=True)
class ScheduleType(Recorded):
    """A kind of visit that a session takes."""

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="+")
    type = models.ForeignKey("scheduling.AppointmentType", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="scheduling_schedule_type_once", fields=["schedule", "type"]),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.type_id}"


@recorded(patient=None)
class ScheduleException(Recorded):
    """A stretch of time that differs from the week: for one practitioner, or the whole clinic when none is named.

    Extra hours add time, all other kinds take it away. Where they meet: extra hours are held on a holiday, since
    somebody set them for that day; time off and closed time end them.
    """

    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="schedule_exceptions"
    )
    kind = models.CharField(max_length=11, choices=ExceptionKind, default=ExceptionKind.CLOSED)
    start_at = models.DateTimeField("from")
    end_at = models.DateTimeField("until")
    reason = models.CharField(max_length=120)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["start_at"]
        constraints = [
            choices_constraint("scheduling_exception_kind", "kind", ExceptionKind),
            models.CheckConstraint(name="scheduling_exception_times", condition=Q(end_at__gt=F("start_at"))),
            models.CheckConstraint(
                name="scheduling_exception_whom",
                condition=Q(kind=ExceptionKind.CLOSED)
                | Q(kind=ExceptionKind.HOLIDAY, practitioner=None)
                | Q(kind__in=ExceptionKind.personal(), practitioner__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["start_at", "end_at"], name="scheduling_exception_time")]

    def __str__(self) -> str:
        return self.reason

    @property
    def last_moment(self) -> datetime:
        """A second before it ends: on its last day, where it ends at midnight."""
        return self.end_at - timedelta(seconds=1)

    @property
    def adds_time(self) -> bool:
        """Whether patients are seen in it beyond the week's hours."""
        return self.kind == ExceptionKind.EXTRA_HOURS
