"""How patients went through the clinic: how long each stage took, how long they waited, what began on time.

Durations are between instants, so an hour that the clock skips or repeats counts as it passed. Which visits count is
said by the day they were booked for, on the clinic's wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_zone
from scheduling.stages import HERE, Stage
from scheduling.wallclock import day_bounds

#: A wait of less than this, from arrival to the clinician, is a short one.
SHORT_WAIT = timedelta(minutes=15)
#: A visit whose clinician begins no later than this after its booked time began on time.
ON_TIME = timedelta(minutes=10)
COLUMNS = ("With", "Measure", "Visits", "Mean (min)", "Median (min)", "Share (%)")
_EVERYBODY = "Everybody"

_STAGES = """
WITH moves AS (
    SELECT visit.id, visit.practitioner_id, move.stage,
           lead(move.at) OVER (PARTITION BY visit.id ORDER BY move.at, move.id) - move.at AS spent
    FROM scheduling_appointment AS visit JOIN scheduling_appointmentstage AS move ON move.appointment_id = visit.id
    WHERE visit.start_at >= %(start)s AND visit.start_at < %(end)s AND visit.status <> 'entered-in-error'
      AND (%(practitioner)s::uuid IS NULL OR visit.practitioner_id = %(practitioner)s)
), stages AS (
    SELECT id, practitioner_id, stage, extract(epoch FROM sum(spent)) / 60 AS minutes
    FROM moves WHERE spent IS NOT NULL AND stage = ANY(%(stages)s) GROUP BY id, practitioner_id, stage
)
SELECT practitioner_id, stage, count(*), avg(minutes), percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes)
FROM stages GROUP BY GROUPING SETS ((practitioner_id, stage), (stage))
"""

_VISITS = """
WITH visits AS (
    SELECT visit.practitioner_id, visit.start_at, visit.stage, visit.walked_in,
           min(move.at) FILTER (WHERE move.stage = 'arrived' OR move.stage = 'checked_in') AS arrived,
           min(move.at) FILTER (WHERE move.stage = 'with_clinician') AS begun,
           max(move.at) FILTER (WHERE move.stage = 'completed') AS done
    FROM scheduling_appointment AS visit LEFT JOIN scheduling_appointmentstage AS move ON move.appointment_id = visit.id
    WHERE visit.start_at >= %(start)s AND visit.start_at < %(end)s AND visit.status <> 'entered-in-error'
      AND (%(practitioner)s::uuid IS NULL OR visit.practitioner_id = %(practitioner)s)
    GROUP BY visit.id
), timed AS (
    SELECT *, extract(epoch FROM begun - arrived) / 60 AS wait,
           CASE WHEN stage = 'completed' THEN extract(epoch FROM done - arrived) / 60 END AS whole FROM visits
)
SELECT practitioner_id,
       count(*) FILTER (WHERE arrived IS NOT NULL), count(*) FILTER (WHERE arrived IS NOT NULL AND walked_in),
       count(*) FILTER (WHERE stage = 'left'), count(*) FILTER (WHERE stage = 'noshow'),
       count(wait), avg(wait), percentile_cont(0.5) WITHIN GROUP (ORDER BY wait),
       count(*) FILTER (WHERE wait < %(short)s),
       count(whole), avg(whole), percentile_cont(0.5) WITHIN GROUP (ORDER BY whole),
       count(*) FILTER (WHERE begun IS NOT NULL AND NOT walked_in),
       count(*) FILTER (WHERE begun <= start_at + %(on_time)s AND NOT walked_in)
FROM timed GROUP BY GROUPING SETS ((practitioner_id), ())
"""


@dataclass(frozen=True)
class Measure:
    """One line: of how many visits, with mean and median in minutes, or a share of them in percent."""

    name: str
    visits: int
    mean: float | None = None
    median: float | None = None
    percent: int | None = None

    @property
    def cells(self) -> tuple[object, ...]:
        """The line's cells, as the page and the file show them."""
        return (self.name, self.visits, _minutes(self.mean), _minutes(self.median), _blank(self.percent))


@dataclass(frozen=True)
class Part:
    """The lines of one practitioner, or of everybody."""

    name: str
    measures: list[Measure]


def throughput(first: date, last: date, practitioner: Practitioner | None = None) -> list[Part]:
    """The report from ``first`` to ``last``, both included: everybody, then each practitioner by name. Three queries.

    A stage in which a patient still is has no length yet. A stage that was entered twice counts with both times.
    """
    asked = {
        "start": day_bounds(first, clinic_zone())[0],
        "end": day_bounds(last, clinic_zone())[1],
        "practitioner": practitioner.pk if practitioner else None,
        "stages": list(HERE),
        "short": SHORT_WAIT / timedelta(minutes=1),
        "on_time": ON_TIME,
    }
    stages: dict[UUID | None, dict[str, Measure]] = {}
    for who, stage, *figures in _rows(_STAGES, asked):
        stages.setdefault(who, {})[stage] = Measure(Stage(stage).label, *figures)
    visits = {row[0]: row[1:] for row in _rows(_VISITS, asked)}
    names = dict(_names([who for who in visits if who is not None]))
    order = [None, *sorted(names, key=names.__getitem__)] if practitioner is None else [practitioner.pk]
    return [
        Part(names.get(who, _EVERYBODY) if who else _EVERYBODY, _measures(visits[who], stages.get(who, {})))
        for who in order
        if who in visits and visits[who][0] + visits[who][3]
    ]


def _measures(row: tuple[Any, ...], stages: dict[str, Measure]) -> list[Measure]:
    came, walked_in, left, missed, waits, wait, waited, short, wholes, whole, wholly, begun, on_time = row
    return [
        *(stages[stage] for stage in HERE if stage in stages),
        Measure("From arrival to the clinician", waits, wait, waited, None),
        Measure("Waited under 15 minutes", short, percent=_percent(short, waits)),
        Measure("Begun within 10 minutes of the booked time", on_time, percent=_percent(on_time, begun)),
        Measure("From arrival to the end", wholes, whole, wholly, None),
        Measure("Came", came),
        Measure("Came without a booking", walked_in, percent=_percent(walked_in, came)),
        Measure("Left without being seen", left, percent=_percent(left, came)),
        Measure("Did not come", missed, percent=_percent(missed, came + missed)),
    ]


def _rows(statement: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _names(ids: list[UUID]) -> list[tuple[UUID, str]]:
    return [(one.pk, one.short_name) for one in Practitioner.objects.filter(pk__in=ids)]


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _minutes(value: float | None) -> str:
    return "" if value is None else f"{float(value):.1f}"


def _blank(value: int | None) -> object:
    return "" if value is None else value
