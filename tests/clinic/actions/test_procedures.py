"""Procedures that were done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.actions.procedures import record_procedure
from emr.accounts.models import User
from emr.codes.coding import Coding
from emr.shared.errors import DomainError
from tests.factories.clinic import PatientFactory

SUTURES = Coding("", "", "Removal of sutures, right hand")


@pytest.mark.django_db
def test_it_stands_in_the_chart(person: Callable[..., User]) -> None:
    nurse, patient = person("nurse"), PatientFactory()
    row = record_procedure(by=nurse, patient=patient, coding=SUTURES, performed_start=timezone.now())
    assert list(patient.procedures.all()) == [row]
    assert (row.display, row.created_by, row.status) == (SUTURES.display, nurse, "completed")


@pytest.mark.django_db
@pytest.mark.parametrize(("start", "end", "words"), [(5, None, "future"), (-5, -9, "end before it begins")])
def test_times_that_cannot_be_are_refused(person: Callable[..., User], start: int, end: int | None, words: str) -> None:
    now = timezone.now()
    with pytest.raises(DomainError, match=words):
        record_procedure(
            by=person("nurse"),
            patient=PatientFactory(),
            coding=SUTURES,
            performed_start=now + timedelta(minutes=start),
            performed_end=now + timedelta(minutes=end) if end is not None else None,
        )
