"""A restricted patient leaves no trace: what others see is byte for byte what they saw before there was one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from difflib import unified_diff

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.actions.batches import create_batch
from billing.actions.claims import submit_claims
from billing.choices import BatchStyle
from billing.queries.batches import batches
from clinic.models import Patient, Task
from clinic.models.tasks import POSSIBLE_DUPLICATE
from emr.accounts.models import User
from emr.shared.records import uuid7
from tests.factories import billing, scheduling
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import (
    ContactPointFactory,
    PatientAddressFactory,
    PatientFactory,
    PatientNameFactory,
    grant_chart,
)
from tests.pages import without_drawn
from tests.policy.lives import a_life

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A04"), pytest.mark.feature("X3")]

TYPED = {"given_name": "Rosalind", "family_name": "Quarles", "birth_date": "1962-03-14", "gender": "female"}
WORDS = ("Quarles", "Rosalind Quarles", "1962-03-14", "2175550142", "Formerly", "Quarels")


def _pages(client: Client, role: str) -> dict[str, str]:
    """What searches, suggestions, duplicates, work lists and files answer."""
    found = {}
    headers: tuple[dict[str, str], ...] = ({}, {"HX-Request": "true"}, {"HX-Request": "true", "HX-Target": "hits"})
    for words in WORDS:
        for number, header in enumerate(headers):
            sent = client.post(reverse("clinic:patients_search"), {"q": words}, headers=header)
            found[f"search {words} {number}"] = sent.content.decode() + sent.headers.get("Location", "")
    if role == "front_desk":
        typed = client.post(reverse("clinic:patients_duplicates"), {**TYPED, "phone": "217-555-0142"})
        found["duplicates"] = typed.content.decode()
        step = {"step": "find", "q": "Quarles"}
        booked = client.post(reverse("scheduling:appointments_book"), step, headers={"HX-Request": "true"})
        found["booking"] = booked.content.decode()
    names = {
        "front_desk": ["clinic:patients_search"],
        "clinician": ["clinic:patients_search", "clinic:notes_unfinished"],
        "biller": ["billing:charges_ready", "billing:claims_list", "billing:batches_list"],
    }[role]
    for name in names:
        found[name] = client.get(reverse(name)).content.decode()
    return {name: without_drawn(text) for name, text in found.items()}


def _differing(one: str, other: str) -> list[str]:
    """The lines that differ, for the message of a test that fails."""
    return list(unified_diff(one.splitlines(), other.splitlines(), n=0, lineterm=""))[3:]


@pytest.mark.parametrize("role", ["front_desk", "clinician", "biller"])
def test_every_answer_is_the_same_with_and_without_a_hidden_patient(
    role: str, as_role: Callable[..., Client], person: Callable[..., User]
) -> None:
    doctor, biller = person("clinician"), person("biller")
    ClinicFactory()
    PatientFactory(family_name="Quarlesby", given_name="Rose", birth_date=date(1962, 3, 14))
    client = as_role(role)
    _pages(client, role)
    before = _pages(client, role)
    life = a_life(doctor, biller, family_name="Quarles", given_name="Rosalind", restricted=True)
    hidden = life.patient
    ContactPointFactory(patient=hidden)
    PatientNameFactory(patient=hidden)
    after = _pages(client, role)
    assert {name: _differing(text, after[name]) for name, text in before.items() if after[name] != text} == {}
    grant_chart(client.user, hidden)  # type: ignore[attr-defined]
    assert _pages(client, role) != before, "the test has nothing to find"


def test_a_twin_is_registered_without_a_word_and_the_privacy_officer_is_told(
    as_role: Callable[..., Client],
) -> None:
    PatientFactory(family_name="Quarles", given_name="Rosalind", birth_date=date(1962, 3, 14), restricted=True)
    client = as_role("front_desk")
    answer = client.post(reverse("clinic:patients_register"), {**TYPED, "token": str(uuid7())})
    assert answer.status_code == 303, "as if nobody were there"
    made = Patient.objects.get(family_name="Quarles", restricted=False)
    task = Task.objects.get(code=POSSIBLE_DUPLICATE)
    assert (task.owner_role, task.focus_id, task.for_patient) == ("privacy_officer", made.pk, None)
    assert "Quarles" not in task.description
    other = {
        **TYPED,
        "family_name": "Somebody",
        "given_name": "Else",
        "birth_date": "1999-01-01",
        "token": str(uuid7()),
    }
    client.post(reverse("clinic:patients_register"), other)
    assert Task.objects.filter(code=POSSIBLE_DUPLICATE).count() == 1


def test_the_schedule_says_that_the_time_is_taken_and_nothing_more(as_role: Callable[..., Client]) -> None:
    hidden = PatientFactory(restricted=True, family_name="Quarles")
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    doctor = scheduling.AppointmentFactory(patient=PatientFactory()).practitioner
    scheduling.AppointmentFactory(
        patient=hidden, practitioner=doctor, start_at=now, end_at=now + timedelta(minutes=20), reason="Zq7reason"
    )
    client = as_role("front_desk")
    for view in ("grid", "list", "print"):
        day = timezone.localdate(now)
        text = client.get(reverse("scheduling:schedule_day", args=[day]) + f"?view={view}").content.decode()
        assert "Reserved" in text
        for trace in ("Quarles", "QUARLES", "Zq7reason", hidden.mrn, str(hidden.pk)):
            assert trace not in text


def test_a_batch_counts_the_claims_that_one_may_know(
    as_role: Callable[..., Client], person: Callable[..., User]
) -> None:
    biller, seen_by = person("biller"), as_role("biller").user  # type: ignore[attr-defined]
    hidden, plain = PatientFactory(restricted=True), PatientFactory()
    for patient in (hidden, plain):
        PatientAddressFactory(patient=patient)
    grant_chart(biller, hidden)
    mixed = submit_claims(by=biller, claims=[billing.claim(biller, patient=one) for one in (hidden, plain)])
    alone = submit_claims(by=biller, claims=[billing.claim(biller, patient=hidden)])
    both = create_batch(by=biller, claims=mixed, style=BatchStyle.REVIEW)
    create_batch(by=biller, claims=alone, style=BatchStyle.REVIEW)
    known = next(claim for claim in mixed if claim.patient_id == plain.pk)
    assert [(row.pk, row.claim_count, row.total) for row in batches(seen_by)] == [(both.pk, 1, known.total)]
    assert [row.claim_count for row in batches(biller)] == [1, 2]
