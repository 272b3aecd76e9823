"""A list of the chart on a narrow screen, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from tests.clinic.views.rooms import Desk
from tests.emr.ui.browser import shown
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F05")]


def test_the_state_of_an_allergy_is_not_covered_by_what_can_be_done(as_role: Callable[..., Any]) -> None:
    desk = Desk(as_role("clinician"), "allergies", PatientFactory())
    said = {"coding": "Grass pollen", "reactions": "itching eyes, sneezing", "criticality": "low"}
    desk.send("add", {**said, "category": "environment", "severity": "mild"})
    html = desk.client.get(reverse("clinic:allergies_list", args=[desk.patient.pk])).content.decode()
    with shown(html, viewport={"width": 768, "height": 900}) as page:
        over = page.evaluate(
            "[...document.querySelectorAll('.table-wrap')].map(one => one.scrollWidth - one.clientWidth)"
        )
    assert over == [0]
