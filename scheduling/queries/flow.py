"""The flow board: who is where, since when, and what must be known of them, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from clinic.models import AllergyIntolerance, Note, Patient
from clinic.queries.intake import missing_among
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today
from emr.ui import formats
from scheduling.models import Appointment, Room, StageThreshold
from scheduling.queries.displays import numbered_codes
from scheduling.queries.flow_visits import SHOWN, version_of, visits_of_today, with_copay
from scheduling.stages import FORWARD, HERE, IN_ROOM, WAITING, Stage

#: Minutes after which a stage is long, and too long, until the clinic sets its own.
USUAL: dict[str, tuple[int, int]] = {
    Stage.ARRIVED: (10, 20),
    Stage.CHECKED_IN: (15, 30),
    Stage.ROOMED: (15, 30),
    Stage.READY: (10, 20),
    Stage.WITH_CLINICIAN: (30, 60),
    Stage.CHECKOUT: (10, 20),
}
#: What the button says that takes a visit there, and the letter that does the same.
_STEPS: dict[str, tuple[str, str]] = {
    Stage.ARRIVED: ("Mark arrived", "a"),
    Stage.CHECKED_IN: ("Check in", "c"),
    Stage.ROOMED: ("Room", "r"),
    Stage.READY: ("Mark ready", "y"),
    Stage.WITH_CLINICIAN: ("Start visit", "w"),
    Stage.CHECKOUT: ("Send to checkout", "o"),
    Stage.COMPLETED: ("Complete", "d"),
    Stage.NOSHOW: ("Mark no-show", "n"),
    Stage.LEFT: ("Mark left", "l"),
}


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
    code: str
    """What the patient is called on the waiting room's screen, where initials alone don't tell."""
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


def board(known: QuerySet[Patient], *, practitioner: UUID | None, clinical: bool) -> Board:
    """Today's visits of the patients of whom the reader may know, in nine queries.

    ``clinical`` readers see that allergies are not recorded and notes not signed; nobody else does.
    """
    version = version_of(known, practitioner)
    rows = list(_rows(known, practitioner, clinical=clinical))
    limits, codes = limits_of_stages(), numbered_codes()
    now = timezone.now()
    lacking = _lacking_intake(rows)
    told = [
        _told(row, limits, now, code=codes.get(row.pk, ""), alerts=_alerts(row, lacking, clinical=clinical))
        for row in rows
    ]
    return Board(
        groups=[Group(stage, Stage(stage).label, [row for row in told if row.stage == stage]) for stage in SHOWN],
        practitioners=list(
            Practitioner.objects.filter(appointments__in=visits_of_today(known))
            .distinct()
            .order_by("family_name", "given_name")
        ),
        rooms=list(Room.objects.filter(active=True)),
        version=version,
        here=sum(row.stage in HERE for row in told),
        waiting=sum(row.stage in WAITING for row in told),
    )


def limits_of_stages() -> dict[str, tuple[int, int]]:
    """After how many minutes each stage is long, and too long. One query."""
    return USUAL | {row.stage: (row.warn_minutes, row.late_minutes) for row in StageThreshold.objects.all()}


def _rows(known: QuerySet[Patient], practitioner: UUID | None, *, clinical: bool) -> QuerySet[Appointment]:
    rows = with_copay(visits_of_today(known, practitioner))
    rows = rows.select_related("patient", "practitioner", "type", "room", "stage_room")
    if clinical:
        allergies = AllergyIntolerance.objects.filter(patient=OuterRef("patient_id"), entered_in_error_at=None)
        signed = Note.objects.closing().filter(encounter=OuterRef("encounter_id"))
        rows = rows.annotate(allergies=Exists(allergies), signed=Exists(signed))
    return rows.order_by("start_at", "created_at")


def _seeing(known: QuerySet[Patient]) -> QuerySet[Practitioner]:
    rows = Practitioner.objects.filter(appointments__in=visits_of_today(known)).distinct()
    return rows.order_by("family_name", "given_name")


def _lacking_intake(rows: list[Appointment]) -> set[UUID]:
    """The patients who are here and have something left to sign or to answer, as it is now. Three queries."""
    here = {row.patient_id for row in rows if row.stage in HERE}
    return {patient for patient, missing in missing_among(here, clinic_today()).items() if missing}


def _told(
    row: Appointment, limits: dict[str, tuple[int, int]], now: datetime, *, code: str, alerts: tuple[str, ...]
) -> BoardRow:
    minutes = _minutes(row, now)
    pace, word = _pace(row.stage, minutes, limits)
    patient = row.patient
    # Before somebody is in a room it is the one that was booked for them.
    room = row.stage_room if row.stage in IN_ROOM else row.room
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
        code=code,
        alerts=alerts,
        steps=tuple(_steps(row, now)),
        version=f"{row.updated_at.timestamp():.6f}-{minutes}-{pace}-{code}-{','.join(alerts)}",
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


def _alerts(row: Appointment, lacking: Container[UUID], *, clinical: bool) -> tuple[str, ...]:
    here = row.stage in HERE
    found = [
        ("Interpreter", row.patient.interpreter_needed),
        ("Copay due", here and row.stage != Stage.ARRIVED and row.type.takes_copay and not row.copay_settled),  # type: ignore[attr-defined]  # annotated
        ("Intake missing", here and row.patient_id in lacking),
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
    ways = [stage for stage in _STEPS if stage in FORWARD[row.stage]]
    return [Step(stage, *_STEPS[stage]) for stage in ways if stage != Stage.NOSHOW or row.start_at <= now]
