"""People and the clock of the money floor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from emr.accounts.models import User
from tests.factories.accounts import ClinicFactory


@pytest.fixture(autouse=True)
def _clinics_clock() -> Iterator[None]:
    """A test's today is that of its pages: theirs is the clinic's, and for an hour of each day it is another date than
    that of the zone in which programs begin.
    """
    with timezone.override(ZoneInfo(ClinicFactory.time_zone)):
        yield


@pytest.fixture
def biller(db: None, person: Callable[..., User]) -> User:
    """Somebody who bills."""
    return person("biller")
