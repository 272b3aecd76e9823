"""Who may open a restricted chart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from clinic.access import visible_to
from clinic.actions.grants import deny_chart, grant_chart, grant_chart_to_role, grant_note, lift_denial
from clinic.actions.notes import set_confidential
from emr.accounts.models import User
from emr.audit.models import LogEntry
from emr.shared.errors import DomainError
from tests.clinic.notes import a_note
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


@pytest.mark.django_db
@pytest.mark.feature("A04")
def test_nobody_lets_themselves_in(person: Callable[..., User]) -> None:
    both, colleague = person("privacy_officer", "clinician"), person("privacy_officer")
    author = person("clinician")
    secret = PatientFactory(restricted=True)
    note = set_confidential(by=author, note=a_note(author), confidential=True)
    for refused in (
        lambda: grant_chart(by=both, patient=secret, user=both, reason="Treats her"),
        lambda: grant_chart_to_role(
            by=both, patient=secret, group=Group.objects.get(name="clinician"), reason="They treat her"
        ),
        lambda: grant_note(by=both, note=note, user=both, reason="Treats her"),
    ):
        with pytest.raises(DomainError, match=r"[Cc]olleague"):
            refused()
    assert list(visible_to(both).filter(restricted=True)) == []
    clinicians = Group.objects.get(name="clinician")
    grant_chart_to_role(by=colleague, patient=secret, group=clinicians, reason="They treat her")
    assert list(visible_to(both).filter(restricted=True)) == [secret]


@pytest.mark.django_db
@pytest.mark.feature("A04")
def test_nobody_lifts_their_own_denial(person: Callable[..., User]) -> None:
    officer, colleague = person("privacy_officer"), person("privacy_officer")
    denial = deny_chart(by=colleague, patient=PatientFactory(), user=officer, reason="Her neighbor")
    with pytest.raises(DomainError, match="can't let yourself in"):
        lift_denial(by=officer, denial=denial, reason="Moved away")
    assert lift_denial(by=colleague, denial=denial, reason="Moved away").lifted_by == colleague
