"""Services are found in the clinic's own files: CPT is licensed, so its words come by the importer alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from billing.queries.services import find_services, service_of, services_of
from emr.codes.actions.releases import load_release
from emr.codes.coding import Coding
from emr.codes.systems import CPT
from emr.codes.systems.registry import BY_URL
from tests.emr.codes.samples import loader, written
from tests.factories.billing import SEEN_ON, FeeFactory, FeeScheduleFactory
from tests.factories.clinic import PayerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H01", "H02")]


def test_a_clinics_own_cpt_file_is_searched_and_priced(tmp_path: Path) -> None:
    system = BY_URL[CPT]
    assert system.shipped is None
    assert system.from_file is not None
    assert find_services("own words", day=SEEN_ON) == []
    file = written(
        tmp_path, "cpt.csv", "code,display,kind\n99900,Our own words for a visit,visit\n25,A modifier,modifier\n"
    )
    load_release(system=system, source=system.from_file(file), by=loader())
    payer = PayerFactory()
    FeeFactory(system=CPT, code="99900", display="Other words", amount=Decimal(90))
    FeeFactory(system=CPT, code="99900", display="x", amount=Decimal(70), fee_schedule=FeeScheduleFactory(payer=payer))
    coding = Coding(CPT, "99900", "Our own words for a visit")
    assert service_of("99900", day=SEEN_ON) == coding
    assert [service.coding.code for service in find_services("own words", day=SEEN_ON)] == ["99900"]
    for who, price in ((None, 90), (payer, 70)):
        told = services_of(["99900", "99999"], day=SEEN_ON, payer=who)
        assert {code: (row.coding, row.price) for code, row in told.items()} == {"99900": (coding, Decimal(price))}
