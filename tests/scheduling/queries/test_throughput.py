"""The report equals what one gets by going through the moves by hand, also on the days when the clock is moved."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import mean, median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.clinic import in_clinic_zone
from emr.accounts.models import Practitioner
from emr.audit.actor import acting
from scheduling.actions.placing import save_visit
from scheduling.actions.staging import record_move
from scheduling.models import Appointment, AppointmentStage
from scheduling.queries.throughput import Part, throughput
from scheduling.stages import HERE, Stage
from tests.factories.accounts import ClinicFactory, PractitionerFactory
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D10")]

PATHS = [
    [Stage.ARRIVED, Stage.CHECKED_IN, Stage.ROOMED, Stage.READY, Stage.WITH_CLINICIAN, Stage.CHECKOUT, Stage.COMPLETED],
    [Stage.CHECKED_IN, Stage.WITH_CLINICIAN, Stage.COMPLETED],
    [Stage.ARRIVED, Stage.CHECKED_IN, Stage.ROOMED, Stage.CHECKED_IN, Stage.ROOMED, Stage.WITH_CLINICIAN],
    [Stage.ARRIVED, Stage.LEFT],
    [Stage.NOSHOW],
    [],
]


@pytest.fixture(autouse=True)
def clinic() -> Iterator[None]:
    ClinicFactory(time_zone="America/New_York")
    with in_clinic_zone():
        yield


def went(visit: Appointment, path: list[Stage], minutes: list[int]) -> None:
    """Let a patient go this way, so many minutes in each stage; the first comes that much before the booked time."""
    at = visit.start_at - timedelta(minutes=10)
    with acting(someone()):
        for stage, length in zip(path, minutes, strict=False):
            row = Appointment.objects.get(pk=visit.pk)
            back = stage == Stage.CHECKED_IN and row.stage == Stage.ROOMED
            save_visit(row, *record_move(row, stage, by=someone(), at=at, reason="Wrong room" if back else ""))
            at += timedelta(minutes=length)


def by_hand(first: date, last: date, zone: Any) -> dict[str, list[tuple[Any, ...]]]:
    """The report's cells, computed from the rows one by one."""
    visits = [row for row in Appointment.objects.all() if first <= row.start_at.astimezone(zone).date() <= last]
    parts = {"Everybody": visits}
    for one in Practitioner.objects.all():
        parts[one.short_name] = [row for row in visits if row.practitioner_id == one.pk]
    return {name: _lines(rows) for name, rows in parts.items()}


def _lines(visits: list[Appointment]) -> list[tuple[Any, ...]]:
    spent: dict[str, list[float]] = {stage: [] for stage in HERE}
    waits, wholes, begun, on_time, came, walked, left, missed = [], [], 0, 0, 0, 0, 0, 0
    for visit in visits:
        moves = list(AppointmentStage.objects.filter(appointment=visit).order_by("at", "id"))
        lengths: dict[str, float] = {}
        for one, following in pairwise(moves):
            lengths[one.stage] = lengths.get(one.stage, 0) + (following.at - one.at) / timedelta(minutes=1)
        for stage, length in lengths.items():
            if stage in spent:
                spent[stage].append(length)
        arrived = next((move.at for move in moves if move.stage in (Stage.ARRIVED, Stage.CHECKED_IN)), None)
        met = next((move.at for move in moves if move.stage == Stage.WITH_CLINICIAN), None)
        came += arrived is not None
        walked += arrived is not None and visit.walked_in
        left += visit.stage == Stage.LEFT
        missed += visit.stage == Stage.NOSHOW
        if arrived and met:
            waits.append((met - arrived) / timedelta(minutes=1))
        if met and not visit.walked_in:
            begun += 1
            on_time += met <= visit.start_at + timedelta(minutes=10)
        if visit.stage == Stage.COMPLETED and arrived:
            wholes.append((moves[-1].at - arrived) / timedelta(minutes=1))
    short = sum(wait < 15 for wait in waits)
    return [
        *(
            (Stage(stage).label, len(all_), _f(mean(all_)), _f(median(all_)), "")
            for stage, all_ in spent.items()
            if all_
        ),
        ("From arrival to the clinician", len(waits), *_times(waits), ""),
        ("Waited under 15 minutes", short, "", "", _share(short, len(waits))),
        ("Begun within 10 minutes of the booked time", on_time, "", "", _share(on_time, begun)),
        ("From arrival to the end", len(wholes), *_times(wholes), ""),
        ("Came", came, "", "", ""),
        ("Came without a booking", walked, "", "", _share(walked, came)),
        ("Left without being seen", left, "", "", _share(left, came)),
        ("Did not come", missed, "", "", _share(missed, came + missed)),
    ]


def _f(value: float) -> str:
    return f"{value:.1f}"


def _times(values: list[float]) -> tuple[str, str]:
    return (_f(mean(values)), _f(median(values))) if values else ("", "")


def _share(part: int, whole: int) -> object:
    return round(100 * part / whole) if whole else ""


def cells(parts: list[Part]) -> dict[str, list[tuple[object, ...]]]:
    return {part.name: [measure.cells for measure in part.measures] for part in parts}


def test_it_equals_the_sum_by_hand() -> None:
    rng = random.Random(4)  # noqa: S311  # lengths of stages
    doctors = [PractitionerFactory(family_name="Adams"), PractitionerFactory(family_name="Brown")]
    # Over both nights on which the clock is moved, and the weeks before: some visits lie outside the period.
    for day in (date(2026, 3, 8), date(2026, 11, 1), date(2026, 10, 31)):
        for number in range(12):
            start = datetime(day.year, day.month, day.day, 4, tzinfo=UTC) + timedelta(hours=number)
            visit = AppointmentFactory(
                patient=PatientFactory(),
                practitioner=doctors[number % 2],
                start_at=start,
                end_at=start + timedelta(minutes=20),
                walked_in=number % 5 == 1,
            )
            went(visit, PATHS[number % len(PATHS)], [rng.randint(1, 40) for _ in range(7)])
    first, last = date(2026, 10, 31), date(2026, 11, 1)
    expected = by_hand(first, last, ZoneInfo("America/New_York"))
    assert cells(throughput(first, last)) == {name: expected[name] for name in expected if expected[name][-4][1]}
    spring = date(2026, 3, 8)
    assert cells(throughput(spring, spring)) == by_hand(spring, spring, ZoneInfo("America/New_York"))
    only = cells(throughput(first, last, doctors[0]))
    assert only == {doctors[0].short_name: expected[doctors[0].short_name]}


def test_nobody_came() -> None:
    assert throughput(date(2026, 11, 2), date(2026, 11, 8)) == []


def test_the_file_says_what_the_page_says(as_role: Any) -> None:
    client: Client = as_role("manager")
    start = datetime(2026, 11, 3, 15, tzinfo=UTC)
    went(
        AppointmentFactory(patient=PatientFactory(), start_at=start, end_at=start + timedelta(minutes=20)),
        PATHS[0],
        [5] * 7,
    )
    asked = {"first": "2026-11-01", "last": "2026-11-07"}
    page = client.get(reverse("scheduling:reports_throughput"), asked).content.decode()
    file = b"".join(client.get(reverse("scheduling:reports_throughput_csv"), asked).streaming_content).decode(
        "utf-8-sig"
    )
    lines = list(csv.reader(file.splitlines()))
    assert len(lines) == 1 + 2 * 14
    for line in lines[1:]:
        for cell in line[1:]:
            assert not cell or cell in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first": "2026-11-08", "last": "2026-11-01"}, "The last day comes before the first."),
        ({"first": "2020-01-01", "last": "2026-11-01"}, "Choose a year at most."),
        ({"first": "2026-02-30"}, "date"),
    ],
)
def test_a_period_that_is_none_is_said(as_role: Any, asked: dict[str, str], said: str) -> None:
    answer = as_role("manager").get(reverse("scheduling:reports_throughput"), asked)
    assert (answer.status_code, said in answer.content.decode()) == (200, True)


def test_it_is_the_managers(as_role: Any) -> None:
    assert as_role("front_desk").get(reverse("scheduling:reports_throughput")).status_code == 403
