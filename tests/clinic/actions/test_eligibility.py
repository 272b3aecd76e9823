"""Checks of a policy with the payer, end to end against the built-in one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from clinic.actions.coverages import swap_from
from clinic.actions.eligibility import check_eligibility, request_check
from clinic.actions.errors import enter_in_error
from clinic.models import Coverage, CoverageEligibilityResponse
from clinic.queries.coverages import coverage_on
from clinic.queries.eligibility import latest_answer, latest_rows
from emr.accounts.models import User
from emr.jobs.models import Job
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import CoverageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D06")]

DAY = date(2026, 4, 3)


@pytest.fixture(autouse=True)
def _simulated(settings: Any) -> None:
    settings.ELIGIBILITY_BACKEND = "clinic.eligibility.simulator.Simulator"


@pytest.fixture
def clerk(db: None, person: Any) -> User:
    ClinicFactory()
    made: User = person("front_desk")
    return made


def check(by: User, member: str, token: UUID | None = None, **more: Any) -> CoverageEligibilityResponse:
    coverage = CoverageFactory(subscriber_id=member, **more)
    return check_eligibility(by=by, coverage=coverage, service_date=DAY, request_token=token or uuid7())


def test_an_active_policy_with_copay(clerk: User) -> None:
    row = check(clerk, "ABC100")
    assert (row.outcome, row.inforce, row.error, row.asked_through) == ("complete", True, "", "simulator")
    assert row.copay in {Decimal(n) for n in (20, 25, 30, 40, 50)}
    assert "DTP*291*D8*20260403" in row.request
    assert "EB*1" in row.response


def test_a_childs_policy_is_answered_too(clerk: User) -> None:
    subscriber = {"relationship": "child", "subscriber_family_name": "Kin", "subscriber_given_name": "Ana"}
    row = check(clerk, "ABC100", **subscriber)
    assert (row.outcome, row.inforce) == ("complete", True)


@pytest.mark.parametrize(
    ("member", "code", "error"),
    [
        ("ABC92", "AAA-75", "does not find the subscriber"),
        ("ABC93", "timeout", "no answer within"),
        ("ABC94", "unreadable", "does not begin with an ISA"),
        ("ABC95", "AAA-42", "not answering at the moment"),
        ("ABC96", "AAA-71", "date of birth"),
        ("ABC97", "unreadable", "breaks off"),
    ],
)
def test_a_failure_is_kept_with_its_reason_and_never_touches_the_policy(
    clerk: User, member: str, code: str, error: str
) -> None:
    row = check(clerk, member)
    before = Coverage.objects.values().get(pk=row.coverage_id)
    assert (row.outcome, row.inforce, row.error_code) == ("error", None, code)
    assert error in row.error
    assert (before["status"], before["subscriber_id"], before["copay"]) == ("active", member, None)
    shown = latest_rows(row.patient)[row.coverage.policy]
    assert (shown.state, shown.failed) == ("Could not be checked", True)
    assert latest_answer(row.coverage) is None


def test_an_inactive_policy_is_an_answer(clerk: User) -> None:
    row = check(clerk, "ABC91")
    assert (row.outcome, row.inforce) == ("complete", False)


def test_a_failure_after_an_answer_leaves_the_answer_to_be_found(clerk: User, settings: Any) -> None:
    good = check(clerk, "ABC100")
    settings.ELIGIBILITY_BACKEND = ""
    bad = check_eligibility(by=clerk, coverage=good.coverage, service_date=DAY, request_token=uuid7())
    assert bad.outcome == "error"
    assert latest_answer(good.coverage) == good


def test_a_swap_of_places_keeps_the_answer_with_the_policy(clerk: User) -> None:
    row = check(clerk, "ABC100", period_start=date(2025, 1, 1))
    second = CoverageFactory(patient=row.patient, order=2, period_start=date(2025, 1, 1))
    swap_from(by=clerk, patient=row.patient, first=row.coverage, second=second, since=DAY)
    now = coverage_on(row.patient, DAY, 2)
    assert now is not None
    assert (now.pk == row.coverage_id, latest_answer(now)) == (False, row)
    assert latest_rows(row.patient)[now.policy].id == str(row.pk)
    other = CoverageFactory(subscriber_id="ABC100", payer=row.coverage.payer)
    assert latest_answer(other) is None


def test_without_a_way_to_payers_it_says_so(clerk: User, settings: Any) -> None:
    settings.ELIGIBILITY_BACKEND = ""
    row = check(clerk, "ABC100")
    assert (row.error_code, row.outcome) == ("not-set-up", "error")


def test_the_same_request_twice_is_one_job_and_one_answer(clerk: User) -> None:
    coverage, token = CoverageFactory(), uuid7()
    ask = {"by": clerk, "coverage": coverage, "service_date": DAY, "request_token": token}
    assert request_check(**ask) == request_check(**ask)
    assert Job.objects.count() == 1
    assert check_eligibility(**ask) == check_eligibility(**ask)
    assert CoverageEligibilityResponse.objects.count() == 1


def test_a_policy_entered_in_error_is_not_asked_about(clerk: User) -> None:
    coverage = enter_in_error(by=clerk, row=CoverageFactory.create(), reason="Somebody else's card")
    with pytest.raises(DomainError, match="entered in error"):
        request_check(by=clerk, coverage=coverage, service_date=DAY, request_token=uuid7())
