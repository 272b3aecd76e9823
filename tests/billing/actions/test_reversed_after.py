"""A first payer takes its decision back after the next one took its part over: a person is told what to do, and can."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.actions.posting import post_remittance
from billing.actions.responses import lay_on_claim
from billing.actions.resubmitting import void_claim
from billing.models import Claim, PaymentReconciliation
from billing.queries.claim_money import credit_of_payers, owed_by
from billing.queries.ledger_findings import ledger_findings
from billing.queries.remittances import decisions_page, moves_of
from emr.accounts.models import User
from emr.shared.errors import DomainError
from tests.billing.actions.test_remittances import doe_with_two, remitted, sums, told
from tests.factories.billing import submit_claims
from tests.factories.claims import TradingPartnerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H11", "H17")]
SHARE = (("CO", "45", 1000), ("PR", "1", 1500))


def taken_over(by: User) -> tuple[Claim, Claim]:
    """A claim that its payer decided, and the one that went to the next payer for the rest."""
    TradingPartnerFactory()
    claim = doe_with_two(by)
    post_remittance(by=by, reconciliation=remitted(by, told(claim, *SHARE)))
    second = Claim.objects.get(follows=claim)
    submit_claims(by=by, claims=[second])
    return claim, second


def reversed_and_corrected(by: User, claim: Claim) -> PaymentReconciliation:
    corrected = told(claim, ("CO", "45", 1000), ("PR", "1", 500))
    return remitted(by, told(claim, *SHARE, status="22", sign=-1), corrected)


def test_it_waits_with_its_correction_and_says_which_claim_is_in_the_way(biller: User) -> None:
    claim, second = taken_over(biller)
    row = reversed_and_corrected(biller, claim)
    back, corrected = decisions_page(biller, row)[0]
    assert (back.outcome, corrected.outcome) == ("Needs a person", "Needs a person")
    moves = moves_of(row)
    assert moves is not None
    assert (moves.waits, moves.credit, moves.paid) == (2, 1000, 0)
    post_remittance(by=biller, reconciliation=row)
    first, after = row.responses.order_by("sequence")
    assert (first.state, first.why) == (
        "review",
        f"A part of what it takes back is asked of Second Health by now, on claim {second.number}. Void claim "
        f"{second.number}, whose part then stands on claim {claim.number} again, and post this one there.",
    )
    assert (after.state, after.why) == (
        "review",
        f"A decision before it takes back what was paid on claim {claim.number}, and waits: deal with that one first.",
    )
    assert [back.why, corrected.why] == [first.why, after.why]
    assert (sums(row), owed_by(second).insurance) == ({"funds": 1000, "payer-credit": -1000}, Decimal(15))


def test_what_it_says_mends_it(biller: User) -> None:
    claim, second = taken_over(biller)
    row = reversed_and_corrected(biller, claim)
    post_remittance(by=biller, reconciliation=row)
    first, after = row.responses.order_by("sequence")
    with pytest.raises(DomainError, match=f"Void claim {second.number}"):
        lay_on_claim(by=biller, response=first, claim=claim)
    with pytest.raises(DomainError, match="deal with that one first"):
        lay_on_claim(by=biller, response=after, claim=claim)
    void_claim(by=biller, claim=second, reason="The first payer decides anew")
    lay_on_claim(by=biller, response=first, claim=claim)
    assert owed_by(claim).insurance == claim.total
    lay_on_claim(by=biller, response=after, claim=claim)
    third = Claim.objects.standing().get(follows=claim)
    submit_claims(by=biller, claims=[third])
    assert (owed_by(claim).total, owed_by(second).total, owed_by(third).insurance) == (0, 0, Decimal(5))
    assert (credit_of_payers([claim.pk, second.pk, third.pk]), ledger_findings()) == ({}, [])
