"""The search of both logs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from emr.audit.models import AccessEvent
from emr.audit.queries.entries import PAGE_SIZE
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db


def test_a_privacy_officer_reads_who_changed_what(
    as_role: Callable[..., Client], person: Callable[..., object]
) -> None:
    PractitionerFactory(family_name="Okafor", given_name="Amara")
    page = as_role("privacy_officer").get(reverse("audit:entries_list")).content.decode()
    assert "Amara Okafor, MD" in page
    assert "Create practitioner" in page


def test_reads_are_listed_and_filtered_by_patient(as_role: Callable[..., Client]) -> None:
    seen, other = PatientFactory(), PatientFactory()
    nurse = as_role("nurse")
    for patient in (seen, other):
        nurse.get(reverse("clinic:chart_summary", args=[patient.pk]))
    page = as_role("privacy_officer").get(reverse("audit:reads_list"), {"patient": str(seen.pk)}).content.decode()
    assert str(seen.pk) in page
    assert str(other.pk) not in page


@pytest.mark.parametrize("count", [1, 30])
def test_a_page_costs_the_same_for_any_number(
    count: int, as_role: Callable[..., Client], django_assert_num_queries: object
) -> None:
    PractitionerFactory.create_batch(count)
    client = as_role("privacy_officer")
    client.get(reverse("audit:entries_list"))
    with django_assert_num_queries(8):  # type: ignore[operator]
        client.get(reverse("audit:entries_list"))


def test_older_entries_are_a_page_away(as_role: Callable[..., Client]) -> None:
    PractitionerFactory.create_batch(PAGE_SIZE + 5)
    client = as_role("privacy_officer")
    first = client.get(reverse("audit:entries_list")).content.decode()
    assert first.count("<tr>") == PAGE_SIZE + 1
    older = re.search(r'href="(\?before=\d+)"', first)
    assert older is not None
    second = client.get(reverse("audit:entries_list") + older.group(1)).content.decode()
    names = [set(re.findall(r"Okafor\d+", page)) for page in (first, second)]
    assert names[1]
    assert names[0] & names[1] == set()


@pytest.mark.parametrize("query", ["before=junk", "user=junk", "on=junk", "patient=junk"])
def test_a_wrong_filter_breaks_nothing(as_role: Callable[..., Client], query: str) -> None:
    response = as_role("privacy_officer").get(f"{reverse('audit:entries_list')}?{query}")
    assert response.status_code in {200, 400}


@pytest.mark.parametrize("role", ["front_desk", "nurse", "clinician", "biller", "manager"])
def test_nobody_else_reads_the_logs(as_role: Callable[..., Client], role: str) -> None:
    client = as_role(role)
    assert client.get(reverse("audit:entries_list")).status_code == 403
    assert client.get(reverse("audit:reads_list")).status_code == 403


@pytest.mark.feature("K02")
def test_reading_the_log_of_changes_is_a_read_of_those_charts(as_role: Callable[..., Client]) -> None:
    """The log shows what was written, so that who looks through it has seen the chart."""
    patient = PatientFactory()
    client = as_role("privacy_officer")
    assert patient.family_name in client.get(reverse("audit:entries_list")).content.decode()
    event = AccessEvent.objects.get(patient_id=patient.pk)
    assert (event.user, event.section, event.action) == (client.user, "changes", "search")  # type: ignore[attr-defined]
