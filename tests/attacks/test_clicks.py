"""One click that counts twice: the same form sent ten times at one moment makes one row."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from clinic.models import AllergyIntolerance, Patient
from emr.codes.fields import AS_TEXT
from tests.attacks.html_forms import Page
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.attack("double-submit"), pytest.mark.feature("X3")]

PARALLEL = 10


@pytest.mark.parametrize(
    ("role", "name", "model", "typed"),
    [
        (
            "front_desk",
            "clinic:patients_register",
            Patient,
            {"family_name": "Zztwice", "given_name": "Ann", "birth_date": "1980-02-03", "gender": "female"},
        ),
        ("clinician", "clinic:allergies_add", AllergyIntolerance, {"coding": "Zztwice", "coding_choice": AS_TEXT}),
    ],
)
def test_ten_clicks_at_once_make_one_row(
    role: str, name: str, model: type[models.Model], typed: dict[str, str], as_role: Callable[..., Client]
) -> None:
    client = as_role(role)
    path = reverse(name) if model is Patient else reverse(name, args=[PatientFactory().pk])
    page = Page(client.get(path).content.decode())
    form = next(form for form in page.forms if form.method == "post" and set(typed) & set(form.fields))
    body = form.fields | typed
    before = model._base_manager.count()
    statuses = _at_once(client, form.action or path, body)
    assert max(statuses) < 500, statuses
    assert model._base_manager.count() == before + 1


def _at_once(client: Client, path: str, body: dict[str, Any]) -> list[int]:
    gate, statuses = threading.Barrier(PARALLEL), []
    key = client.cookies.output(header="").strip()

    def click() -> None:
        own = Client(raise_request_exception=False)
        own.cookies.load(key)
        try:
            with connection.cursor() as cursor:
                # Who comes last waits for all the others, and on a busy machine that takes long.
                cursor.execute("SET lock_timeout = '60s'; SET statement_timeout = '60s'")
            gate.wait(timeout=60)
            statuses.append(own.post(path, body).status_code)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(PARALLEL)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join(timeout=120)
    return statuses
