"""A merged chart is no chart of its own: its number, names and phone lead to the one that was kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.actions.unmerges import undo_merge
from clinic.models import Patient
from clinic.queries.as_of import chart_as_of
from clinic.queries.patients import find_patients
from clinic.rules import visible_to
from emr.audit.models import AccessEvent
from emr.audit.queries.lookers import looks_at
from emr.shared.identifiers import format_mrn
from tests.clinic.twins import merge
from tests.factories.chart import ConditionFactory
from tests.factories.clinic import ContactPointFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B04")]


@pytest.fixture
def twins() -> tuple[Patient, Patient]:
    """The chart that is kept, and the one that is merged into it."""
    kept = PatientFactory.create(given_name="Maria", family_name="Lopez")
    gone = PatientFactory.create(given_name="Mariechen", family_name="Lopezky")
    ContactPointFactory(patient=gone, value="+12175550199")
    return kept, gone


@pytest.mark.parametrize("typed", ["Mariechen", "Lopezky Mariechen", "217 555 0199", "mrn"])
def test_what_was_the_merged_charts_finds_the_survivor(
    typed: str, as_role: Callable[..., Client], twins: tuple[Patient, Patient]
) -> None:
    manager = as_role("manager").user  # type: ignore[attr-defined]
    kept, gone = twins
    text = gone.mrn if typed == "mrn" else typed
    assert [hit.id for hit in find_patients(text, visible_to(manager)).rows] == [gone.pk]
    row = merge(manager, kept, gone)
    assert [hit.id for hit in find_patients(text, visible_to(manager)).all] == [kept.pk]
    undo_merge(by=manager, merge=row, reason="Two people")
    assert [hit.id for hit in find_patients(text, visible_to(manager)).rows] == [gone.pk]


def test_its_pages_lead_on_and_take_nothing(as_role: Callable[..., Client], twins: tuple[Patient, Patient]) -> None:
    client, (kept, gone) = as_role("manager"), twins
    merge(client.user, kept, gone)  # type: ignore[attr-defined]
    path = reverse("clinic:patients_detail", args=[gone.pk])
    page = client.get(path)
    words = page.content.decode()
    assert (page.status_code, format_mrn(kept.mrn) in words) == (200, True)
    assert reverse("clinic:patients_detail", args=[kept.pk]) in words
    assert client.post(reverse("clinic:patients_edit", args=[gone.pk]), {"x": "y"}).status_code == 409
    assert set(AccessEvent.objects.filter(patient_id=gone.pk).values_list("outcome", flat=True)) == {"granted"}


def test_who_may_not_know_of_the_survivor_learns_nothing(
    as_role: Callable[..., Client], person: Callable[..., object], twins: tuple[Patient, Patient]
) -> None:
    kept, gone = twins
    merge(person("manager"), kept, gone)  # type: ignore[arg-type]
    from tests.factories.clinic import PatientDenialFactory

    client = as_role("front_desk")
    PatientDenialFactory(patient=kept, user=client.user)  # type: ignore[attr-defined]
    page = client.get(reverse("clinic:patients_detail", args=[gone.pk]))
    assert page.status_code == 404
    assert kept.family_name not in page.content.decode()


def test_the_chart_as_of_a_day_is_told_across_the_merge(
    person: Callable[..., object], twins: tuple[Patient, Patient]
) -> None:
    manager = person("manager")
    kept, gone = twins
    ConditionFactory(patient=gone, display="Asthma")
    ConditionFactory(patient=kept, display="Gout")

    def known(patient: Patient) -> set[str]:
        at = timezone.now() + timedelta(seconds=1)
        return {word for row in chart_as_of(patient, at).conditions for word in row.cells} & {"Asthma", "Gout"}

    assert (known(kept), known(gone)) == ({"Gout"}, {"Asthma"})
    row = merge(manager, kept, gone)  # type: ignore[arg-type]
    assert (known(kept), known(gone)) == ({"Gout", "Asthma"}, set())
    undo_merge(by=manager, merge=row, reason="Two people")  # type: ignore[arg-type]
    assert (known(kept), known(gone)) == ({"Gout"}, {"Asthma"})


def test_who_looked_at_the_merged_chart_looked_at_this_patients(
    as_role: Callable[..., Client], twins: tuple[Patient, Patient]
) -> None:
    client, (kept, gone) = as_role("manager"), twins
    client.get(reverse("clinic:patients_detail", args=[gone.pk]))
    assert [look.count for look in looks_at(kept.pk)[0]] == []
    merge(client.user, kept, gone)  # type: ignore[attr-defined]
    assert [look.count for look in looks_at(kept.pk)[0]] == [1]
