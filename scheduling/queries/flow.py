"""The flow board: who is where, since when, and what must be known of them, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import BigIntegerField, Count, Exists, Func, OuterRef, Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from clinic.models import AllergyIntolerance, Note, Patient
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui import formats
from scheduling.choices import CheckItem, CheckOutcome
from scheduling.models import Appointment, CheckInItem, Room, StageThreshold
from scheduling.stages import FORWARD, HERE, WAITING, Stage
from scheduling.wallclock import day_bounds

#: The groups of the board, in the order in which a patient comes through them.
SHOWN = (Stage.SCHEDULED, *HERE, Stage.COMPLETED, Stage.LEFT, Stage.NOSHOW)
#: Minutes after which a stage is long, and too long, until the clinic sets its own.
USUAL: dict[str, tuple[int, int]] = {
    Stage.ARRIVED: (10, 20),
    Stage.CHECKED_IN: (15, 30),
    Stage.ROOMED: (15, 30),
    Stage.READY: (10, 20),
    Stage.WITH_CLINICIAN: (30, 60),
    Stage.CHECKOUT: (10, 20),
}
_NEXT_LETTER = {
    Stage.ARRIVED: "a",
    Stage.CHECKED_IN: "c",
    Stage.ROOMED: "r",
    Stage.READY: "y",
    Stage.WITH_CLINICIAN: "w",
    Stage.CHECKOUT: "o",
    Stage.COMPLETED: "d",
}


#: The columns of which a change is a change of the board.
_TELLING = ("pk", "stage", "updated_at", "encounter__updated_at", "patient__updated_at")


@dataclass(frozen=True)
class Step:
    """A move that one click makes."""

    stage: str
    label: str
    key: str


@dataclass(frozen=True)
class BoardRow:
    """One visit on the board."""

    id: UUID
    patient_id: UUID
    name: str
    born: str
    mrn: str
    start_at: datetime
    type_name: str
    reason: str
    practitioner: str
    room: str
    stage: str
    since: str
    minutes: int | None
    pace: str
    pace_word: str
    confirmed: bool
    alerts: tuple[str, ...]
    steps: tuple[Step, ...]
    version: str


@dataclass(frozen=True)
class Group:
    """The visits of one stage."""

    stage: str
    label: str
    rows: list[BoardRow]


@dataclass(frozen=True)
class Board:
    """All that the board shows."""

    groups: list[Group]
    practitioners: list[Practitioner]
    rooms: list[Room]
    version: str
    here: int
    waiting: int

    @property
    def rows(self) -> list[BoardRow]:
        """Every row, in the order of the page."""
        return [row for group in self.groups for row in group.rows]


def version_of(practitioner: UUID | None = None) -> str:
    """What changes whenever anything on the board does, the minute on the clock among it: one query.

    A sum over the rows, not the latest time: what is committed late may have an earlier time than what was seen.
    """
    told = Concat(*(Cast(name, TextField()) for name in _TELLING))
    row = Func(told, function="hashtext", output_field=BigIntegerField())
    found = _today(practitioner).aggregate(rows=Count("pk"), told=Sum(row))
    minute = timezone.now().replace(second=0, microsecond=0)
    return f"{found['rows']}.{found['told'] or 0}|{minute:%H:%M}"


def data_of(version: str) -> str:
    """The part of a version that doesn't follow the clock."""
    return version.rpartition("|")[0]


def board(known: QuerySet[Patient], *, practitioner: UUID | None, clinical: bool) -> Board:
    """Today's visits of the patients of whom the reader may know, in five queries.

    ``clinical`` readers see that allergies are not recorded and notes not signed; nobody else does.
    """
    version = version_of(practitioner)
    rows = list(_rows(known, practitioner, clinical=clinical))
    limits = USUAL | {row.stage: (row.warn_minutes, row.late_minutes) for row in StageThreshold.objects.all()}
    now = timezone.now()
    told = [_told(row, limits, now, clinical=clinical) for row in rows]
    return Board(
        groups=[Group(stage, Stage(stage).label, [row for row in told if row.stage == stage]) for stage in SHOWN],
        practitioners=list(
            Practitioner.objects.filter(appointments__in=_today(None)).distinct().order_by("family_name", "given_name")
        ),
        rooms=list(Room.objects.filter(active=True)),
        version=version,
        here=sum(row.stage in HERE for row in told),
        waiting=sum(row.stage in WAITING for row in told),
    )


def _today(practitioner: UUID | None) -> QuerySet[Appointment]:
    start, end = day_bounds(clinic_today(), clinic_zone())
    rows = Appointment.objects.filter(start_at__gte=start, start_at__lt=end, stage__in=SHOWN, entered_in_error_at=None)
    return rows if practitioner is None else rows.filter(practitioner=practitioner)


def _rows(known: QuerySet[Patient], practitioner: UUID | None, *, clinical: bool) -> QuerySet[Appointment]:
    items = CheckInItem.objects.filter(check_in__appointment=OuterRef("pk"))
    missing = items.filter(outcome=CheckOutcome.MISSING)
    intake = Q(item__in=[CheckItem.CONSENTS, CheckItem.QUESTIONNAIRES])
    rows = _today(practitioner).filter(patient__in=known).exclude(status__in=["proposed", "waitlist"])
    rows = rows.select_related("patient", "practitioner", "type", "room", "stage_room").annotate(
        paid=Exists(items.filter(item=CheckItem.COPAY).exclude(outcome=CheckOutcome.MISSING)),
        intake_missing=Exists(missing.filter(intake)),
    )
    if clinical:
        allergies = AllergyIntolerance.objects.filter(patient=OuterRef("patient_id"), entered_in_error_at=None)
        signed = Note.objects.closing().filter(encounter=OuterRef("encounter_id"))
        rows = rows.annotate(allergies=Exists(allergies), signed=Exists(signed))
    return rows.order_by("start_at", "created_at")


def _told(row: Appointment, limits: dict[str, tuple[int, int]], now: datetime, *, clinical: bool) -> BoardRow:
    minutes = _minutes(row, now)
    pace, word = _pace(row.stage, minutes, limits)
    patient = row.patient
    room = row.stage_room or row.room
    return BoardRow(
        id=row.pk,
        patient_id=patient.pk,
        name=patient.sort_name,
        born=formats.day(patient.birth_date),
        mrn=formats.mrn(patient.mrn),
        start_at=row.start_at,
        type_name=row.type.name,
        reason=row.reason,
        practitioner=row.practitioner.short_name,
        room=room.name if room is not None else "",
        stage=row.stage,
        since=formats.clock(row.stage_at) if row.stage_at else "",
        minutes=minutes,
        pace=pace,
        pace_word=word,
        confirmed=row.confirmed_at is not None,
        alerts=_alerts(row, clinical=clinical),
        steps=tuple(_steps(row, now)),
        version=f"{row.updated_at.timestamp():.6f}-{minutes}-{pace}",
    )


def _minutes(row: Appointment, now: datetime) -> int | None:
    if row.stage not in HERE or row.stage_at is None:
        return None
    return max(0, (now - row.stage_at) // timedelta(minutes=1))


def _pace(stage: str, minutes: int | None, limits: dict[str, tuple[int, int]]) -> tuple[str, str]:
    """How the minutes look, and the word that says the same."""
    if minutes is None or stage not in limits:
        return "", ""
    warn, late = limits[stage]
    if minutes >= late:
        return "late", "Too long"
    return ("warn", "Long") if minutes >= warn else ("", "")


def _alerts(row: Appointment, *, clinical: bool) -> tuple[str, ...]:
    here = row.stage in HERE
    found = [
        ("Interpreter", row.patient.interpreter_needed),
        ("Copay due", here and row.stage != Stage.ARRIVED and row.type.takes_copay and not row.paid),  # type: ignore[attr-defined]  # annotated
        ("Intake missing", row.intake_missing),  # type: ignore[attr-defined]  # annotated
    ]
    if clinical:
        over = row.stage in {Stage.CHECKOUT, Stage.COMPLETED} and row.encounter_id is not None
        found += [
            ("Allergies not recorded", here and not row.allergies),  # type: ignore[attr-defined]  # annotated
            ("Note not signed", over and not row.signed),  # type: ignore[attr-defined]  # annotated
        ]
    return tuple(word for word, holds in found if holds)


def _steps(row: Appointment, now: datetime) -> list[Step]:
    """The next stage, and what else one click may say of the visit."""
    ways = FORWARD[row.stage]
    onward = [stage for stage in Stage if stage in ways and stage in _NEXT_LETTER]
    found = [Step(stage, stage.label, _NEXT_LETTER[stage]) for stage in onward]
    if Stage.NOSHOW in ways and row.start_at <= now:
        found.append(Step(Stage.NOSHOW, Stage.NOSHOW.label, "n"))
    if Stage.LEFT in ways:
        found.append(Step(Stage.LEFT, "Left", "l"))
    return found
