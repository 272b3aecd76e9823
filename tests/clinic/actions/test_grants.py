"""Who may open a restricted chart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clinic.access import visible_to
from clinic.actions.grants import grant_chart
from emr.accounts.models import User
from emr.audit.models import LogEntry
from tests.factories.clinic import PatientFactory


@pytest.mark.django_db
def test_a_grant_opens_one_chart_to_one_person(person: Callable[..., User]) -> None:
    officer, doctor, other = person("privacy_officer"), person("clinician"), person("clinician")
    secret, hidden = PatientFactory(restricted=True), PatientFactory(restricted=True)
    grant = grant_chart(by=officer, patient=secret, user=doctor, reason="Treats her")
    assert grant_chart(by=officer, patient=secret, user=doctor, reason="Treats her") == grant
    assert list(visible_to(doctor)) == [secret]
    assert hidden not in visible_to(doctor)
    assert not visible_to(other).exists()
    assert LogEntry.objects.get(object_pk=grant.pk).actor == officer
