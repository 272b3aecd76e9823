"""Two people work off the same waiting decision: it is dealt with once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from billing.actions.responses import lay_on_claim, settle_response
from billing.models import LedgerTransaction
from billing.queries.ledger_findings import ledger_findings
from emr.accounts.models import User
from emr.shared.errors import DomainError
from tests.billing.actions.test_remittances import doe
from tests.billing.actions.test_responses import credit, unmatched
from tests.races import at_once

pytestmark = pytest.mark.feature("H11")


@pytest.mark.attack("double-submit")
def test_two_people_at_once_place_it_once(committed_db: str, person: Callable[..., User]) -> None:
    by = person("biller")
    first, second = doe(by), doe(by)
    with transaction.atomic():
        waiting = unmatched(by, first, ("CO", "45", 1000))
    works: list[Callable[[], object]] = [
        lambda: lay_on_claim(by=by, response=waiting, claim=first).pk,
        lambda: lay_on_claim(by=by, response=waiting, claim=first).pk,
        lambda: lay_on_claim(by=by, response=waiting, claim=second).pk,
        lambda: settle_response(by=by, response=waiting, reason="Done").pk,
    ]
    made = at_once(4, lambda number: works[number]())
    assert all(one == waiting.pk or isinstance(one, DomainError) for one in made), made
    assert LedgerTransaction.objects.filter(claim_response=waiting).exclude(kind="remittance").count() == 1
    assert (credit(), ledger_findings()) == (0, [])
