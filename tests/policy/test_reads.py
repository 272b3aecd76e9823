"""Each read of a chart writes one row: who, whom, what part, how."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.access.roles import ROLES
from emr.audit.models import AccessEvent
from tests.clinic.glass import broken
from tests.factories.clinic import PatientFactory
from tests.policy.urls import every_url

CHART_URLS = [url for url in every_url() if url.door is not None and url.door.kind == "chart"]

#: Views that only take what is typed: they show nothing of the chart, so there is no read to record.
WITHOUT_READ = {"clinic:break_glass_end", "clinic:notes_autosave", "clinic:patients_alike"}

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K01"), pytest.mark.feature("X2")]


#: What opens a chart's page may cost in the logs: the entry of the read, and one more (a refusal, a proof that is due).
MOST_INSERTS = 2

PURPOSES = {
    "clinician": "TREAT",
    "nurse": "TREAT",
    "front_desk": "PATADMIN",
    "biller": "HPAYMT",
    "manager": "HOPERAT",
}


def test_one_row_a_request(as_role: Callable[..., Client]) -> None:
    """And what a page costs the logs altogether."""
    wrong: dict[str, object] = {}
    clients = {role: as_role(role) for role in ROLES}
    patient = PatientFactory()
    # Somebody whom no page about the patient offers as perhaps the same person.
    PatientFactory(given_name="Otto", birth_date=date(1990, 1, 2))
    for url in CHART_URLS:
        assert url.door is not None
        client = clients[next(name for name, role in ROLES.items() if url.door.permission in role.permissions)]
        path = url.path(patient_id=patient.pk)
        with transaction.atomic():
            with CaptureQueriesContext(connection) as seen:
                status = client.get(path).status_code
            if status == 405 and not AccessEvent.objects.exists():
                client.post(path)
            rows = list(AccessEvent.objects.values_list("user_id", "patient_id", "url_name", "outcome"))
            transaction.set_rollback(True)
        inserts = [query["sql"] for query in seen if 'INSERT INTO "audit_' in query["sql"]]
        expected = [] if url.name in WITHOUT_READ else [(client.user.pk, patient.pk, url.name, "granted")]
        if rows != expected or len(inserts) > MOST_INSERTS:
            wrong[url.name] = (rows, inserts)
    assert wrong == {}


@pytest.mark.parametrize(("role", "purpose"), PURPOSES.items(), ids=PURPOSES)
def test_the_purpose_follows_from_the_role(role: str, purpose: str, as_role: Callable[..., Client]) -> None:
    client, patient = as_role(role), PatientFactory()
    assert client.get(reverse("clinic:patients_detail", args=[patient.pk])).status_code == 200
    assert [event.purpose for event in AccessEvent.objects.all()] == [purpose]


def test_the_bill_is_read_for_payment_by_whomever(as_role: Callable[..., Client]) -> None:
    client, patient = as_role("front_desk"), PatientFactory()
    url = next(
        url
        for url in CHART_URLS
        if url.name.startswith("billing:") and url.converters == (("patient_id", "UUIDConverter"),)
    )
    client = as_role(next(name for name, role in ROLES.items() if url.door and url.door.permission in role.permissions))
    client.get(url.path(patient_id=patient.pk))
    assert [event.purpose for event in AccessEvent.objects.all()] == ["HPAYMT"]


@pytest.mark.feature("A06")
def test_a_read_in_an_emergency_says_so_with_its_reason(as_role: Callable[..., Client]) -> None:
    client, patient = as_role("nurse"), PatientFactory(restricted=True)
    page = reverse("clinic:patients_detail", args=[patient.pk])
    assert client.get(page).status_code == 404
    broken(client.user, patient)
    assert client.get(page).status_code == 200
    told = list(AccessEvent.objects.order_by("id").values_list("outcome", "purpose"))
    assert told == [("denied", "TREAT"), ("granted", "BTG")]
    assert "Collapsed in the waiting room" in AccessEvent.objects.latest("id").reason
