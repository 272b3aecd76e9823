"""Two merges at the same moment, and something written while a merge runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError

from clinic.actions.merges import merge_patients
from clinic.models import Condition, Patient, PatientMerge
from emr.accounts.models import User
from emr.shared.errors import DomainError
from tests.clinic.actions.races import refusals
from tests.clinic.twins import merge
from tests.factories.chart import ConditionFactory
from tests.factories.clinic import PatientFactory

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
