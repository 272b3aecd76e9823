"""Sessions that collide and are added at once: the database lets one of them stand."""

from __future__ import annotations

from datetime import time
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection

from scheduling.models import Schedule
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone
from tests.factories.scheduling import ScheduleFactory


@pytest.mark.feature("C03")
def test_of_sessions_that_are_added_at_once_one_stands(committed_db: str) -> None:
    someone()
    who = PractitionerFactory.create()
    start, refusals = Barrier(6), []

    def add(number: int) -> None:
        try:
            start.wait(30)
            ScheduleFactory.create(practitioner=who, start_time=time(8), end_time=time(9 + number))
        except IntegrityError as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=add, args=[n]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (Schedule.objects.filter(practitioner=who).count(), len(refusals)) == (1, 5)
