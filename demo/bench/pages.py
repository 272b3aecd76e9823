"""Which pages are measured, with the largest example of each that the clinic has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone

from clinic.models import Observation, Patient
from demo.bench.browser import Answer
from demo.bench.full_day import ON_BOARD, PRACTITIONERS, VISITS, make_full_board, make_full_day
from emr.shared.dates import clinic_today, clinic_zone
from scheduling.models import Appointment, AppointmentType
from scheduling.queries.availability import next_available
from scheduling.queries.booking import slot_value


class NothingToMeasure(Exception):
    """The clinic lacks what a page needs; the text says what."""


@dataclass(frozen=True)
class Page:
    """One row of the table: a GET of ``path``, or a POST of ``form``; ``good`` judges the answer."""

    name: str
    path: str
    good: Callable[[Answer], bool]
    form: Mapping[str, str] | None = None
    about: str = ""


def pages() -> list[Page]:
    """The page that the others are compared with, then the others."""
    return [
        Page("hello world", reverse("bench_hello"), lambda answer: answer.body == b"Hello, world."),
        *_chart(),
        _patient_search(),
        _day_schedule(),
        _full_day(),
        _flow_board(),
        _book(),
    ]


def _chart() -> tuple[Page, ...]:
    """The chart with the most observations: its summary, the same without its door and the record of the read, and
    its timeline.
    """
    charts = Observation.objects.filter(patient__restricted=False).values_list("patient")
    largest = charts.annotate(rows=Count("pk")).order_by("-rows", "patient").first()
    if largest is None:
        raise NothingToMeasure("no chart has an observation")
    patient, rows = largest
    path = reverse("clinic:chart_summary", args=[patient])
    bare = reverse("bench_bare_chart", args=[patient])
    return (
        Page("chart summary", path, _is_page, about=f"{rows} observations in the chart"),
        Page("chart, no door", bare, _is_page, about="neither asked who reads nor recorded"),
        Page("timeline", reverse("clinic:chart_timeline", args=[patient]), _is_page, about="its newest entries"),
    )


def _patient_search() -> Page:
    """The commonest beginning of a family name, three letters long, as somebody types it."""
    names = Patient.objects.filter(restricted=False).values_list("family_name", flat=True)
    beginnings = Counter(name[:3].lower() for name in names)
    if not beginnings:
        raise NothingToMeasure("there is no patient")
    # Of the equally common ones the first in the alphabet, so that two runs ask the same.
    text, hits = min(beginnings.items(), key=lambda pair: (-pair[1], pair[0]))
    about = f"{hits} of {beginnings.total()} patients begin so"
    # A single hit that fits is opened at once: an answer of 303.
    return Page(
        "patient search",
        reverse("clinic:patients_search"),
        lambda answer: answer.status in {200, 303},
        {"q": text},
        about,
    )


def _day_schedule() -> Page:
    """The day with the most visits; of equal ones the latest."""
    days = Appointment.objects.annotate(day=TruncDate("start_at", tzinfo=clinic_zone())).values_list("day")
    busiest: tuple[date, int] | None = days.annotate(rows=Count("pk")).order_by("-rows", "-day").first()
    if busiest is None:
        raise NothingToMeasure("there is no appointment")
    path = reverse("scheduling:schedule_day", args=[busiest[0]])
    return Page("day schedule", path, _is_page, about=f"{busiest[1]} visits on that day")


def _full_day() -> Page:
    """Eight practitioners with thirty visits each, every name of which is put on record."""
    path = reverse("scheduling:schedule_day", args=[make_full_day()])
    return Page("full day", path, _is_page, about=f"{PRACTITIONERS} practitioners × {VISITS} visits")


def _flow_board() -> Page:
    """A hundred visits of today in every stage, every name of which is put on record."""
    make_full_board()
    about = f"{ON_BOARD} visits beside the clinic's own of today"
    return Page("flow board", reverse("scheduling:flow_board"), _is_page, about=about)


def _book() -> Page:
    """A free time from tomorrow on, for somebody who has no visit ahead."""
    kind = AppointmentType.objects.filter(active=True).first()
    free = next_available(kind, start=timezone.now() + timedelta(days=1), limit=1) if kind else []
    ahead = Appointment.objects.filter(start_at__gte=timezone.now()).values("patient")
    patient = Patient.objects.filter(restricted=False, active=True, deceased_at=None).exclude(pk__in=ahead).first()
    if kind is None or not free or patient is None:
        raise NothingToMeasure(
            "no visit can be booked: it takes a type of visit, a free time, and a patient without one"
        )
    before = Appointment.objects.count()
    form = {
        "patient": str(patient.pk),
        "type": str(kind.pk),
        "practitioner": str(free[0].practitioner_id),
        "day": timezone.localtime(free[0].start_at).date().isoformat(),
        "slot": slot_value(free[0]),
        "request_token": str(uuid4()),
        "step": "book",
    }

    def booked(answer: Answer) -> bool:
        return answer.status == 303 and Appointment.objects.count() == before + 1

    days = (timezone.localtime(free[0].start_at).date() - clinic_today()).days
    return Page("book", reverse("scheduling:appointments_book"), booked, form, f"in {days} days; one row each time")


def _is_page(answer: Answer) -> bool:
    return answer.status == 200 and b"</html>" in answer.body
