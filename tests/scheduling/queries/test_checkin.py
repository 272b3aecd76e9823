"""What the check-in tells as lacking."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from clinic.actions.coverages import update_coverage
from clinic.actions.documents import add_document
from clinic.actions.eligibility import check_eligibility
from clinic.forms.documents import PAPERS
from clinic.models import Coverage
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.shared.records import uuid7
from emr.uploads.incoming import check
from scheduling.choices import CheckItem
from scheduling.models import Appointment
from scheduling.queries.checkin import check_in_page, check_lines
from tests.emr.uploads.samples import picture
from tests.factories.accounts import ClinicFactory
from tests.factories.base import someone
from tests.factories.clinic import CoverageFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B05", "D03")]
FRONT, IDENTITY = "insurance_card_front", "identity_card"


def _lacking(visit: Appointment) -> list[str]:
    line = next(line for line in check_lines(visit) if line.item == CheckItem.CARDS)
    return [one.text for one in line.lacking]


def _keep(by: User, visit: Appointment, category: str, coverage: Coverage | None = None) -> None:
    file = check(picture("JPEG"), "card.jpg", PAPERS)
    add_document(by=by, patient=visit.patient, category=category, file=file, coverage=coverage)


def test_the_card_of_the_policy_before_is_not_that_of_this_one() -> None:
    by, visit = someone(), AppointmentFactory.create(patient=PatientFactory.create())
    _keep(by, visit, IDENTITY)
    old = CoverageFactory.create(patient=visit.patient, order=2)
    _keep(by, visit, FRONT, old)
    assert _lacking(visit) == []
    policy = CoverageFactory.create(patient=visit.patient)
    assert _lacking(visit) == ["Insurance card, front (primary)"]
    _keep(by, visit, FRONT, policy)
    assert _lacking(visit) == []


@pytest.mark.feature("D06")
def test_the_copay_is_that_of_the_policy_else_what_its_payer_said(settings: Any) -> None:
    settings.ELIGIBILITY_BACKEND = "clinic.eligibility.simulator.Simulator"
    ClinicFactory()
    visit = AppointmentFactory.create(patient=PatientFactory.create())
    policy = CoverageFactory.create(patient=visit.patient, copay=None, subscriber_id="M100")
    told = [check_in_page(visit).copay]
    asked = {"by": someone(), "coverage": policy, "service_date": clinic_today()}
    check_eligibility(**asked, request_token=uuid7())
    settings.ELIGIBILITY_BACKEND = ""
    check_eligibility(**asked, request_token=uuid7())
    page = check_in_page(visit)
    told.append(page.copay)
    assert "Copay of the policy" not in [one.text for one in page.missing]
    update_coverage(by=someone(), coverage=policy, version_seen=policy.updated_at, copay=Decimal(15))
    assert [*told, check_in_page(visit).copay] == ["", "$40.00, by the payer's answer", "$15.00"]
