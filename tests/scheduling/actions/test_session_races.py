"""Sessions that collide and are added at once: the database lets one of them stand."""

from __future__ import annotations

from datetime import time

import pytest
from django.db import IntegrityError

from scheduling.models import Schedule
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone
from tests.factories.scheduling import ScheduleFactory
from tests.races import at_once


@pytest.mark.feature("C03")
def test_of_sessions_that_are_added_at_once_one_stands(committed_db: str) -> None:
    someone()
    who = PractitionerFactory.create()

    def add(number: int) -> Schedule:
        return ScheduleFactory.create(practitioner=who, start_time=time(8), end_time=time(9 + number))

    results = at_once(6, add)
    refused = [one for one in results if isinstance(one, IntegrityError)]
    assert (Schedule.objects.filter(practitioner=who).count(), len(refused)) == (1, 5), results
