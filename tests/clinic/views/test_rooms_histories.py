"""What devices, social history and family history ask and tell beyond the contract of all lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from clinic.models import Device, Observation
from clinic.queries.observations import gestation
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.clinic.views.rooms import CASES, Desk, load_codes
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _codes() -> None:
    load_codes()


@pytest.mark.feature("F15")
def test_a_device_without_a_label_is_not_recorded_twice_by_a_double_click(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "devices", PatientFactory())
    desk.send("add", {"display": "Coronary stent"})
    assert "what tells them apart" in desk.send("add", {"display": "coronary stent"}, status=422)
    desk.send("add", {"display": "Coronary stent", "body_site": "LAD"})


@pytest.mark.feature("F02")
def test_weeks_of_gestation_are_asked_of_the_young(as_role: Callable[..., Client]) -> None:
    infant = Desk(as_role("nurse"), "social_history", PatientFactory(birth_date=clinic_today() - timedelta(days=90)))
    assert "number from 20 to 44" in infant.send("add", {"gestation": "52"}, status=422)
    assert not {"Tobacco", "Pregnancy", "Occupation"} & set(re.findall(r"\w+", infant.page("add")))
    infant.send("add", {"gestation": "31"})
    assert gestation(infant.patient) == 31
    adult = Desk(infant.client, "social_history", PatientFactory())
    assert "Weeks of gestation" not in adult.page("add")


@pytest.mark.feature("F15")
def test_social_answers_are_coded_and_the_last_one_counts(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "social_history", PatientFactory(gender="male"))
    assert "Answer at least one question" in desk.send("add", {}, status=422)
    desk.send("add", {"smoking": "449868002", "pack_years": "12.5", "on": "1-Feb-2020"})
    desk.send("add", {"smoking": "8517006", "food_worry": "LA6729-3", "occupation": "Baker"})
    desk.send("add", {"smoking": "8517006"})
    page = desk.page("add")
    assert "Last: Smoked formerly" in page
    assert "Pregnancy" not in page
    kept = {
        (row.code, row.value_code or str(row.value_quantity or row.value_text)) for row in Observation.objects.all()
    }
    assert kept == {
        ("72166-2", "449868002"),
        ("72166-2", "8517006"),
        ("8664-5", "12.5"),
        ("88122-7", "LA6729-3"),
        ("11341-5", "Baker"),
    }
    assert "Show 1 past answers" in page


@pytest.mark.feature("F15")
def test_the_label_of_a_device_is_read_into_its_parts(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "devices", PatientFactory())
    case = CASES["devices"].add
    assert "does not begin like a device identifier" in desk.send("add", {**case, "udi": "12345"}, status=422)
    desk.send("add", case)
    row = Device.objects.get()
    parts = (row.issuer, row.device_identifier, row.lot_number, row.serial_number, formats.day(row.expiration_date))
    assert parts == ("GS1", "00844588003288", "A213B1", "1234", "31-Jul-2030")


@pytest.mark.feature("F15")
def test_nothing_known_in_the_family_is_a_word_of_its_own(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "family_history", PatientFactory())
    assert "Nobody has asked yet" in desk.page()
    desk.send("none_known", {})
    assert f"asked by {desk.client.user}" in desk.page()  # type: ignore[attr-defined]
    desk.send("add", CASES["family_history"].add)
    page = desk.page()
    assert "Show 1 past entries" in page
    assert "Mother" in page
