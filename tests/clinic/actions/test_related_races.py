"""Two clerks who name a guarantor at the same moment."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from clinic.actions.related_persons import add_related_person
from clinic.models import RelatedPerson
from tests.factories.clinic import PatientFactory
from tests.races import refusals


@pytest.mark.feature("B06")
def test_two_guarantors_named_at_once_leave_one(committed_db: str, person: Any) -> None:
    clerk, patient = person("front_desk"), PatientFactory.create()
    works = [
        partial(
            add_related_person,
            by=clerk,
            patient=patient,
            given_name=name,
            family_name="Silva",
            relationship="Parent",
            guarantor=True,
        )
        for name in ("Ana", "Bea", "Cleo")
    ]
    assert refusals(*works) == []
    named = RelatedPerson.objects.filter(patient=patient)
    assert (named.count(), named.filter(guarantor=True).count()) == (3, 1)
