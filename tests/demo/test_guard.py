"""The sample clinic never comes near real data."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clinic.models import Patient
from demo import guard
from emr.accounts.models import Clinic, User
from emr.shared.errors import DomainError
from tests.factories.clinic import PatientFactory


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def seed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("seed_demo", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_refused_where_a_real_patient_is() -> None:
    PatientFactory()
    with pytest.raises(CommandError, match="patients here who are not from the demo"):
        seed("--size", "small")
    assert Patient.objects.count() == 1


@pytest.mark.django_db
def test_refused_where_real_people_work(person: Callable[..., User]) -> None:
    person("manager")
    with pytest.raises(CommandError, match="accounts here that are not from the demo"):
        seed("--size", "small")
    assert not Clinic.objects.exists()


@pytest.mark.django_db
def test_if_empty_leaves_real_data_alone() -> None:
    PatientFactory()
    assert "Already filled" in seed("--if-empty")
    assert Patient.objects.count() == 1


@pytest.mark.django_db
def test_refused_outside_the_demo(settings: Any) -> None:
    settings.DEMO = False
    for arguments in ([], ["--if-empty"]):
        with pytest.raises(CommandError, match="CHARTROOM_DEMO=1"):
            seed(*arguments)
    assert not Clinic.objects.exists()


def test_refused_a_second_time(sample: str) -> None:
    with pytest.raises(DomainError, match="here already"):
        guard.check_may_load()
    assert "Already filled" in seed("--if-empty")
