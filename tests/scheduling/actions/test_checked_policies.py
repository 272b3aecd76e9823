"""Check-in with several policies in force: each is asked about."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from clinic.models import Coverage, Patient
from emr.shared.errors import DomainError
from scheduling.actions.flow import check_in, move
from scheduling.choices import CheckItem, CheckOutcome
from scheduling.models import CheckIn, CheckInItem
from scheduling.queries.checkin import check_in_page, check_lines
from tests.factories.clinic import CoverageFactory, PatientFactory
from tests.scheduling.conftest import at
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D03")]
OTHERS = {"demographics": "On paper"}


@pytest.fixture
def covered() -> tuple[Patient, list[Coverage]]:
    """A patient with three policies, written down in no order, and one that ended."""
    patient = PatientFactory.create()
    rows = {order: CoverageFactory.create(patient=patient, order=order, copay=0) for order in (3, 1, 2)}
    CoverageFactory.create(patient=PatientFactory.create())
    return patient, [rows[order] for order in (1, 2, 3)]


def _insurance() -> tuple[str, bool, str]:
    row = CheckInItem.objects.get(item=CheckItem.INSURANCE)
    return row.outcome, row.required, row.reason


def test_each_policy_is_asked_about(front: Desk, covered: tuple[Patient, list[Coverage]]) -> None:
    patient, policies = covered
    visit = front.book(patient=patient)
    lines = [line for line in check_lines(visit) if line.item == CheckItem.INSURANCE]
    assert [(line.key, line.label, line.policy, line.required) for line in lines] == [
        ("insurance", "Insurance, primary", policies[0], True),
        ("insurance_2", "Insurance, secondary", policies[1], True),
        ("insurance_3", "Insurance, tertiary", policies[2], True),
    ]
    shown = [(one.place, one.payer) for one in check_in_page(visit).policies]
    assert shown == list(zip(("Primary", "Secondary", "Tertiary"), (row.payer.name for row in policies), strict=True))


def test_a_policy_that_is_left_out_needs_a_reason_of_its_own(
    front: Desk, covered: tuple[Patient, list[Coverage]]
) -> None:
    patient, policies = covered
    visit = front.book(patient=patient)
    told = {**OTHERS, "insurance_2": "", "insurance_3": "Card at home"}
    with pytest.raises(DomainError, match=r"Insurance, secondary: say why it is left out\.") as refused:
        check_in(by=front.by, appointment=visit, done=["identity", "insurance"], reasons=told)
    assert (refused.value.field, CheckIn.objects.exists()) == ("reason_insurance_2", False)
    told["insurance_2"] = "Says that it ended"
    check_in(by=front.by, appointment=visit, done=["identity", "insurance"], reasons=told)
    assert _insurance() == (CheckOutcome.MISSING, True, "Secondary: Says that it ended; Tertiary: Card at home")
    verified = [Coverage.objects.get(pk=row.pk).verified_by for row in policies]
    assert verified == [front.by, None, None]


def test_with_each_gone_through_it_is_done(front: Desk, covered: tuple[Patient, list[Coverage]]) -> None:
    patient, policies = covered
    done = ["identity", "insurance", "insurance_2", "insurance_3"]
    check_in(by=front.by, appointment=front.book(patient=patient), done=done, reasons=OTHERS)
    assert _insurance() == (CheckOutcome.DONE, True, "")
    assert [Coverage.objects.get(pk=row.pk).verified_by for row in policies] == [front.by] * 3


def test_one_reason_for_some_says_for_which(front: Desk, covered: tuple[Patient, list[Coverage]]) -> None:
    patient, _ = covered
    told = {**OTHERS, "insurance_2": "Card at home", "insurance_3": "Card at home"}
    visit = front.book(patient=patient)
    check_in(by=front.by, appointment=visit, done=["identity", "insurance"], reasons=told)
    assert _insurance()[2] == "Secondary: Card at home; Tertiary: Card at home"


def test_a_reason_for_all_is_said_once(front: Desk, covered: tuple[Patient, list[Coverage]]) -> None:
    patient, _ = covered
    move(by=front.by, appointment=front.book(patient=patient), stage="checked_in", reason="Straight to the room")
    assert _insurance() == (CheckOutcome.MISSING, True, "Straight to the room")


def test_a_policy_that_is_the_only_one_is_asked_about_whatever_its_place(front: Desk) -> None:
    policy = CoverageFactory.create(order=2, copay="25.00")
    visit = front.book(patient=policy.patient)
    lines = {line.key: line for line in check_lines(visit)}
    assert (lines["insurance"].label, lines["insurance"].policy, lines["insurance"].lacking) == (
        "Insurance",
        policy,
        (),
    )
    assert lines["copay"].asked
    page = check_in_page(visit)
    assert ([one.place for one in page.policies], page.copay) == (["Secondary"], "$25.00")


def test_cards_and_answers_lack_by_policy(front: Desk, covered: tuple[Patient, list[Coverage]]) -> None:
    patient, _ = covered
    lines = {line.key: [one.text for one in line.lacking] for line in check_lines(front.book(patient=patient))}
    places = ("primary", "secondary", "tertiary")
    assert lines["cards"] == ["Photo ID", *(f"Insurance card, front ({place})" for place in places)]
    assert lines["eligibility"] == [f"Answer of the payer ({place})" for place in places]


def test_the_page_has_a_line_for_each_and_keeps_long_reasons_whole(
    front: Desk, covered: tuple[Patient, list[Coverage]], as_role: Any
) -> None:
    patient, _ = covered
    visit = front.book(patient=patient, start_at=at(10))
    path = reverse("scheduling:appointments_check_in", args=[patient.pk, visit.pk])
    client = as_role("front_desk")
    page = client.get(path).content.decode()
    for key in ("insurance", "insurance_2", "insurance_3"):
        assert page.count(f'name="done" value="{key}"') == page.count(f'name="reason_{key}"') == 1
    sent = {"done": ["identity"], "reason_demographics": "On paper", "reason_insurance": "a" * 60}
    refused = client.post(path, {**sent, "reason_insurance_2": "b" * 50})
    assert refused.status_code == 422
    assert "Insurance, tertiary: say why it is left out." in refused.content.decode()
    assert "b" * 50 in refused.content.decode()
    assert not CheckIn.objects.exists()
    sent |= {"reason_insurance": "a" * 50, "reason_insurance_2": "b" * 50, "reason_insurance_3": "c" * 50}
    assert client.post(path, sent).status_code == 303
    assert _insurance()[2] == f"Primary: {'a' * 50}; Secondary: {'b' * 50}; Tertiary: {'c' * 50}"
