"""Two merges at the same moment, and something written while a merge runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event
from time import monotonic

import pytest
from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import DeadlockDetected

from clinic.actions.merges import BUSY, merge_patients
from clinic.models import Condition, Patient, PatientMerge
from emr.accounts.models import User
from emr.shared.errors import DomainError
from tests.clinic.twins import merge
from tests.factories.chart import ConditionFactory
from tests.factories.clinic import PatientFactory
from tests.races import refusals, somebody_waits

pytestmark = pytest.mark.feature("B04")
Make = Callable[..., User]


def test_two_merges_at_once_make_one(committed_db: str, person: Make) -> None:
    manager = person("manager")
    for _ in range(2):
        one, other = PatientFactory(), PatientFactory()
        ways = [
            partial(merge_patients, by=manager, survivor=a, merged=b, reason="One person", confirmed=a.mrn)
            for a, b in ((one, other), (other, one))
        ]
        assert len(refusals(*ways, ways[0])) == 2
        assert PatientMerge.objects.filter(survivor__in=[one, other]).count() == 1


def test_what_is_written_during_a_merge_is_in_the_one_chart_or_refused(committed_db: str, person: Make) -> None:
    manager = person("manager")

    def problem(patient: Patient) -> None:
        try:
            ConditionFactory(patient=patient)
        except IntegrityError as error:
            raise DomainError(str(error)) from error

    for _ in range(3):
        one, other = PatientFactory.create(), PatientFactory.create()
        said = refusals(partial(merge, manager, one, other), partial(problem, other), partial(problem, one))
        assert [words for words in said if "merged into another" not in words] == []
        assert not Condition.objects.filter(patient=other).exists()
        assert Condition.objects.filter(patient=one).count() == 2 - len(said)


def test_a_merge_that_the_database_stops_for_another_write_says_so(committed_db: str, person: Make) -> None:
    """Somebody holds a row of the chart and wants the chart; the merge holds the chart and wants the row."""
    manager, one, other = person("manager"), PatientFactory(), PatientFactory()
    problem = ConditionFactory(patient=other)
    holds = Event()

    def write() -> None:
        with transaction.atomic():
            Condition.objects.select_for_update().get(pk=problem.pk)
            holds.set()
            _wait_until_somebody_waits()
            Patient.objects.select_for_update().get(pk=other.pk)

    def merge_then() -> None:
        assert holds.wait(60)
        merge(manager, one, other)

    def write_or_be_stopped() -> None:
        try:
            write()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            raise DomainError("stopped") from error

    # The database may as well stop the other one; then the merge goes through.
    said = refusals(merge_then, write_or_be_stopped)
    assert said in ([BUSY], ["stopped"])
    assert PatientMerge.objects.exists() is (said == ["stopped"])


def _wait_until_somebody_waits() -> None:
    """Until another session waits for a lock: the merge for the row that is held."""
    until = monotonic() + 60
    while not somebody_waits():
        assert monotonic() < until, "nobody waits"
