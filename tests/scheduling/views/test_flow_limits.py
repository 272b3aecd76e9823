"""How long is long: set by the manager for every stage at once, and seen on the board."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from emr.accounts.models import Practitioner
from emr.audit.actor import acting
from emr.shared.errors import DomainError
from scheduling.actions.flow import mark_arrived
from scheduling.actions.thresholds import set_threshold
from scheduling.models import StageThreshold
from scheduling.queries.flow import USUAL
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D02")]

PATH = reverse("scheduling:flow_limits")


def _typed(**changed: object) -> dict[str, object]:
    usual: dict[str, object] = {}
    for stage, (warn, late) in USUAL.items():
        usual |= {f"warn_{stage}": warn, f"late_{stage}": late}
    return usual | changed


def test_the_board_follows(as_role: Callable[..., Any], doctor: Practitioner) -> None:
    client = as_role("manager")
    now = timezone.now()
    row = AppointmentFactory(patient=PatientFactory(), start_at=now, end_at=now + timedelta(minutes=5))
    mark_arrived(by=client.user, appointment=row, at=now - timedelta(minutes=6))
    board = reverse("scheduling:flow_board")
    assert "flow-fine" in client.get(board).content.decode()
    assert client.post(PATH, _typed(warn_arrived=2, late_arrived=5)).status_code == 303
    assert "flow-late" in client.get(board).content.decode()
    assert 'value="2"' in client.get(PATH).content.decode()
    assert StageThreshold.objects.get(stage="arrived").created_by == client.user
    assert "Limits and screens" in client.get(board).content.decode()
    assert "Limits and screens" not in as_role("front_desk").get(board).content.decode()


def test_what_is_the_wrong_way_round_is_said_beside_it_and_nothing_is_kept(as_role: Callable[..., Any]) -> None:
    answer = as_role("manager").post(PATH, _typed(warn_roomed=30, late_roomed=30, warn_ready="soon", late_arrived=601))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Too long must come after long: more than 30 minutes." in page
    assert "Enter whole minutes, like 15." in page
    assert 'value="soon"' in page
    assert not StageThreshold.objects.exists()


def test_the_action_and_the_database_refuse_it_too(front: Desk) -> None:
    with pytest.raises(DomainError, match="Too long must come after long"):
        set_threshold(by=front.by, stage="ready", warn_minutes=20, late_minutes=20)
    row = set_threshold(by=front.by, stage="ready", warn_minutes=5, late_minutes=6)
    assert set_threshold(by=front.by, stage="ready", warn_minutes=5, late_minutes=6).updated_at == row.updated_at
    row.late_minutes = 4
    with pytest.raises(IntegrityError, match="threshold_order"), transaction.atomic(), acting(front.by):
        row.save(update_fields=["late_minutes"])


def test_only_for_who_sets_hours(as_role: Callable[..., Any]) -> None:
    assert as_role("front_desk").get(PATH).status_code == 403
