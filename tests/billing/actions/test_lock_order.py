"""Whoever locks several claims locks their patients first, all at once and in one order, so that no two deadlock."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.batches import create_batch
from billing.actions.claims import create_claims
from billing.actions.posting import post_remittance
from emr.accounts.models import User
from emr.shared.records import uuid7
from tests.billing.actions.test_acknowledgements import LEVELS, batch_of, of_claim, take_in
from tests.billing.actions.test_remittances import doe, remitted, told
from tests.billing.x12.builder import envelope, interchange, message
from tests.factories.billing import charged, submitted, visit

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H10", "H11")]
LOCK = re.compile(r'FROM "(clinic_patient|billing_claim)" .*?(ORDER BY .*?)? ?FOR (NO KEY )?UPDATE')


def locks(work: Callable[[], object]) -> list[tuple[str, bool]]:
    """The tables of patients and claims in the order in which their rows were locked, and whether many in their order;
    up to the first claim.
    """
    with CaptureQueriesContext(connection) as told:
        work()
    found = [LOCK.search(one["sql"]) for one in told]
    tables = [(one[1], bool(one[2])) for one in found if one]
    first = next((at for at, (table, _) in enumerate(tables) if table == "billing_claim"), len(tables) - 1)
    return tables[: first + 1]


ORDERED = [("clinic_patient", True), ("billing_claim", True)]


def test_acknowledgements_and_remittances(biller: User) -> None:
    first, second = doe(biller), doe(biller)
    batch_of(biller, first, second)
    both = [*LEVELS, *of_claim(4, second, "A2", "WQ"), *of_claim(5, first, "A7", "U")]
    refused = interchange([("TA1", "000000417", "260302", "0930", "R", "006")], 0)
    for content in (envelope("HN", "005010X214", message("277", both)), refused):
        assert locks(lambda content=content: take_in(biller, content)) == ORDERED  # type: ignore[misc]
    row = remitted(biller, told(second), told(first))
    assert locks(lambda: post_remittance(by=biller, reconciliation=row)) == ORDERED


def test_claims_that_are_made_and_sent(biller: User) -> None:
    visits = [charged(biller, visit()) for _ in range(2)]
    with CaptureQueriesContext(connection) as told:
        made, _ = create_claims(by=biller, encounters=visits[::-1])
    patients = [one["sql"] for one in told if (lock := LOCK.search(one["sql"])) and lock[1] == "clinic_patient"]
    assert len(made) == 2
    assert all(one.patient_id.hex in patients[0] for one in visits)
    claims = [submitted(biller), submitted(biller)]
    assert locks(lambda: create_batch(by=biller, claims=claims[::-1], request_token=uuid7())) == ORDERED
