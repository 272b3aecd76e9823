"""Each read of a chart writes one row: who, whom, what part, how."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit.models import AccessEvent
from tests.factories.clinic import PatientFactory
from tests.policy.urls import Url, every_url

CHART_URLS = [url for url in every_url() if url.door is not None and url.door.kind == "chart"]

#: Views that only take what is typed: they show nothing of the chart, so there is no read to record.
WITHOUT_READ = {"clinic:notes_autosave"}

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K01"), pytest.mark.feature("X2")]


@pytest.mark.parametrize("url", CHART_URLS, ids=lambda url: url.name)
def test_one_row_a_request(url: Url, as_role: Callable[..., Client]) -> None:
    assert url.door is not None
    role = next(name for name, role in ROLES.items() if url.door.permission in role.permissions)
    client, patient, other = as_role(role), PatientFactory(), PatientFactory()
    path = url.path(patient_id=patient.pk)
    if client.get(path).status_code == 405 and not AccessEvent.objects.exists():
        client.post(path)
    user: User = client.user
    rows = list(AccessEvent.objects.values_list("user_id", "patient_id", "url_name", "outcome"))
    expected = [] if url.name in WITHOUT_READ else [(user.pk, patient.pk, url.name, "granted")]
    assert rows == expected
    assert not AccessEvent.objects.filter(patient_id=other.pk).exists()
