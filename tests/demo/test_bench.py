"""The benchmark runs, prints each row, and leaves the clinic as it was. How fast the pages are is no test's matter."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinic.models import Observation
from demo.bench import measure
from demo.bench.browser import Answer
from demo.bench.pages import pages
from demo.bench.statements import Heard, raw_seconds
from emr.accounts.models import User
from emr.audit.models import AccessEvent, LogEntry
from scheduling.models import Appointment
from tests.factories.accounts import ClinicFactory, PractitionerFactory
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, AppointmentTypeFactory, open_week

ROWS = [
    "hello world",
    "chart summary",
    "chart, no door",
    "timeline",
    "patient search",
    "day schedule",
    "full day",
    "flow board",
    "book",
]

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> None:
    """The least that has every page: two patients alike, a vital sign, a visit, a free time."""
    from emr.audit.actor import acting

    ClinicFactory()
    doctor = PractitionerFactory()
    open_week(doctor)
    kind = AppointmentTypeFactory()
    one, _ = PatientFactory.create_batch(2)
    AppointmentFactory(patient=one, practitioner=doctor, type=kind)
    with acting(someone()):
        Observation.objects.create(
            created_by=someone(),
            patient=one,
            system="http://loinc.org",
            code="8867-4",
            display="Heart rate",
            category="vital-signs",
            status="final",
            effective_at=datetime(2026, 11, 2, 14, tzinfo=UTC),
            value_quantity=72,
            value_unit="/min",
        )


def _bench(*arguments: str) -> str:
    out = StringIO()
    call_command("bench", *arguments, stdout=out)
    return out.getvalue()


def _rows_of(output: str) -> dict[str, list[str]]:
    found = {}
    for line in output.splitlines():
        name = next((name for name in ROWS if line.startswith(name + " ")), None)
        if name:
            found[name] = line.removeprefix(name).split()
    return found


def test_prints_every_row_with_its_ratio_and_statements(clinic: None) -> None:
    rows = _rows_of(_bench("--runs", "2"))
    assert list(rows) == ROWS
    # median "ms" p95 "ms" ratio statements …
    assert float(rows["hello world"][4]) == 1
    for name in ROWS[1:]:
        assert float(rows[name][4]) > 0
        assert int(rows[name][5]) > int(rows["hello world"][5]), f"{name} asks the database for nothing of its own"


def test_leaves_nothing_behind(clinic: None) -> None:
    models = (Appointment, AccessEvent, LogEntry, User)
    before = [model.objects.count() for model in models]
    _bench("--runs", "2")
    assert [model.objects.count() for model in models] == before


def test_profiles_one_page(clinic: None) -> None:
    assert "function calls" in _bench("--runs", "2", "--profile", "patient search")


def test_names_the_pages_that_can_be_profiled(clinic: None) -> None:
    with pytest.raises(CommandError, match="hello world, chart summary"):
        _bench("--profile", "no such page")


def test_a_page_that_fails_has_no_time(clinic: None, settings: object) -> None:
    """A refusal is quick; it must not pass for a fast page."""
    settings.ROOT_URLCONF = "demo.bench.urls"  # type: ignore[attr-defined]
    book = pages()[-1]
    assert not book.good(Answer(status=422))
    assert not book.good(Answer(status=303)), "no row was made"


def test_p95_is_over_the_median() -> None:
    result = measure.Result(page=None, total=[0.001 * n for n in range(1, 101)])  # type: ignore[arg-type]
    assert result.p95 == pytest.approx(0.0951, abs=0.0005)


def test_a_pages_own_statements_are_timed_without_the_orm() -> None:
    heard = Heard()
    with connection.execute_wrapper(heard):
        for _ in range(2):
            list(Observation.objects.filter(code__in=["8867-4", "%"], category="vital-signs"))
        Observation.objects.filter(pk=uuid4()).update(note="")
    assert list(heard.asked.values()) == [2], "only what reads is asked again"
    assert raw_seconds(heard.asked, 3) > 0


def test_outside_the_demo_it_refuses(clinic: None, settings: object) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="demo clinic only"):
        _bench()
