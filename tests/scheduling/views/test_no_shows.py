"""What the report of missed visits costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from scheduling.actions.appointments import mark_no_show
from tests.scheduling.conftest import at
from tests.scheduling.desk import Desk


@pytest.mark.django_db
@pytest.mark.feature("C13")
def test_asks_as_much_for_one_as_for_thirty(front: Desk, as_role: Any, queries: Any) -> None:
    client, page = as_role("front_desk"), reverse("scheduling:no_shows_report")
    counts = []
    for first, last in ((0, 1), (1, 30)):
        for number in range(first, last):
            visit = front.book(start_at=at(8) + timedelta(minutes=20 * (number % 20), days=number // 20))
            mark_no_show(by=front.by, appointment=visit, at=visit.end_at)
        client.get(page)
        with queries() as asked:
            shown = client.get(page, {"last": "30-Nov-2026"}).content.decode()
        counts.append(len(asked()))
        assert shown.count("<tr data-row>") == last
    assert counts[0] == counts[1]
