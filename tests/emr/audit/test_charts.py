"""Who looked at a chart: by person and day, with what, how and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import Patient
from emr.audit.models import AccessEvent, SecurityEvent
from emr.audit.queries import lookers
from emr.audit.queries.lookers import looks_at
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K03")]


@pytest.fixture
def seen(as_role: Callable[..., Client]) -> tuple[Patient, Client, Client]:
    """A patient whose nurse looked twice on one day and once on another; and a stranger was refused."""
    patient: Patient = PatientFactory.create()
    nurse, desk = as_role("nurse"), as_role("front_desk")
    for moment, names in (
        (datetime(2026, 3, 2, 15, tzinfo=UTC), ("allergies_list", "conditions_list")),
        (datetime(2026, 3, 5, 15, tzinfo=UTC), ("allergies_list",)),
    ):
        with time_machine.travel(moment, tick=False):
            for client in (nurse, desk):
                client.force_login(client.user, backend="emr.accounts.backends.LoginBackend")  # type: ignore[attr-defined]
            for name in names:
                assert nurse.get(reverse(f"clinic:{name}", args=[patient.pk])).status_code == 200
            desk.get(reverse("clinic:patients_detail", args=[patient.pk]))
    return patient, nurse, desk


def test_a_day_of_a_person_is_one_row(seen: tuple[Patient, Client, Client]) -> None:
    patient, nurse, desk = seen
    looks, more = looks_at(patient.pk)
    rows = [(look.day, look.who, look.role, look.parts, look.count) for look in looks]
    nurse_name, desk_name = str(nurse.user), str(desk.user)  # type: ignore[attr-defined]
    assert sorted(rows) == sorted(
        [
            ("05-Mar-2026", nurse_name, "nurse", "Allergies", 1),
            ("05-Mar-2026", desk_name, "front desk", "Name, address, contacts", 1),
            ("02-Mar-2026", nurse_name, "nurse", "Allergies, Problems", 2),
            ("02-Mar-2026", desk_name, "front desk", "Name, address, contacts", 1),
        ]
    )
    assert not more
    assert {look.why for look in looks} == {"Treatment", "Patient administration"}


def test_a_period_cuts_it(seen: tuple[Patient, Client, Client]) -> None:
    looks, _ = looks_at(seen[0].pk, since=datetime(2026, 3, 3).date())
    assert {look.day for look in looks} == {"05-Mar-2026"}


def test_the_page_the_paper_and_the_file(seen: tuple[Patient, Client, Client], as_role: Callable[..., Client]) -> None:
    patient, nurse, _ = seen
    officer = as_role("privacy_officer")
    page = officer.get(reverse("audit:charts_detail", args=[patient.pk])).content.decode()
    assert str(nurse.user) in page  # type: ignore[attr-defined]
    assert officer.get(reverse("audit:charts_print", args=[patient.pk])).content.startswith(b"%PDF")
    answer = officer.get(reverse("audit:charts_export", args=[patient.pk]), {"since": "2026-03-03"})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 3
    mine = AccessEvent.objects.filter(user=officer.user, section="accesses")  # type: ignore[attr-defined]
    assert list(mine.order_by("id").values_list("action", flat=True)) == ["view", "print", "export"]
    assert SecurityEvent.objects.filter(kind="export", user=officer.user).count() == 2  # type: ignore[attr-defined]
    assert str(officer.user) not in {look.who for look in looks_at(patient.pk)[0]}  # type: ignore[attr-defined]


def test_a_restricted_chart_has_its_log_but_no_name(as_role: Callable[..., Client]) -> None:
    hidden: Patient = PatientFactory.create(restricted=True, family_name="Zzhidden")
    as_role("nurse").get(reverse("clinic:allergies_list", args=[hidden.pk]))
    page = as_role("privacy_officer").get(reverse("audit:charts_detail", args=[hidden.pk])).content.decode()
    assert "1 refused" in page
    assert "zzhidden" not in page.casefold()


def test_nobody_has_no_log(as_role: Callable[..., Client]) -> None:
    path = reverse("audit:charts_detail", args=["01900000-0000-7000-8000-000000000000"])
    assert as_role("privacy_officer").get(path).status_code == 404


@pytest.mark.parametrize("count", [1, 15])
def test_it_costs_the_same_for_any_number_of_people(
    count: int, as_role: Callable[..., Client], django_assert_num_queries: Callable[..., object]
) -> None:
    patient = PatientFactory()
    for _ in range(count):
        as_role("nurse").get(reverse("clinic:allergies_list", args=[patient.pk]))
    with django_assert_num_queries(4):  # type: ignore[attr-defined]
        assert len(looks_at(patient.pk)[0]) == count


def test_the_file_holds_what_the_page_cuts_off(
    seen: tuple[Patient, Client, Client], as_role: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookers, "LIMIT", 1)
    patient, _, _ = seen
    assert [len(looks_at(patient.pk)[0]), looks_at(patient.pk)[1]] == [1, True]
    answer = as_role("privacy_officer").get(reverse("audit:charts_export", args=[patient.pk]))
    rows = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(rows) == 1 + 4
