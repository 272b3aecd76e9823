"""Several payers, or one of them twice, are asked for one visit: whose part a decision is."""

from __future__ import annotations

import pytest

from billing.actions.posting import choose_payer, post_remittance
from billing.models import Claim, ClaimResponse
from billing.queries.claim_money import owed_by
from billing.queries.ledger_findings import ledger_findings
from clinic.models import Payer
from emr.accounts.models import User
from tests.billing.actions.test_remittances import doe, doe_with_two, remitted, take_in, told
from tests.billing.x12 import builder
from tests.factories.claims import TradingPartnerFactory
from tests.factories.clinic import CoverageFactory, PayerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H11"), pytest.mark.feature("H17")]
FIRST = (("CO", "45", 1000), ("PR", "1", 1500))
SECOND = (("OA", "23", 3500), ("PR", "3", 500))


def posted(by: User, payer: Payer | None, *said: builder.Claim, keeps: int = 0) -> list[ClaimResponse]:
    """The decisions of a remittance of a payer, as posted; ``keeps`` cents less are paid than the claims say."""
    (row,) = take_in(by, builder.remittance(builder.Payment(list(said), [("FB", keeps)] if keeps else [])))
    if row.payer is None and payer is not None:
        choose_payer(by=by, reconciliation=row, payer=payer)
    post_remittance(by=by, reconciliation=row)
    return list(row.responses.order_by("sequence"))


@pytest.fixture
def twice(biller: User) -> tuple[Claim, Claim]:
    """Both parts of one payer, which it passed on to itself."""
    claim = doe(biller)
    CoverageFactory(patient=claim.patient, order=2, payer=claim.payer)
    posted(biller, claim.payer, told(claim, *FIRST, status="19"))
    return claim, Claim.objects.get(follows=claim)


def owed(*claims: Claim) -> list[int]:
    return [int(owed_by(claim).insurance) for claim in claims]


def test_of_two_parts_that_is_taken_back_which_was_posted(biller: User, twice: tuple[Claim, Claim]) -> None:
    claim, after = twice
    posted(biller, claim.payer, told(claim, *SECOND, status="2"))
    assert owed(claim, after) == [0, 0]
    (back,) = posted(biller, claim.payer, told(claim, *SECOND, status="22", sign=-1), keeps=-1001)
    assert (back.claim, back.state, owed(claim, after)) == (after, "posted", [0, 15])
    # What stands now is the first part.
    (again,) = posted(biller, claim.payer, told(claim, *FIRST, status="22", sign=-1), keeps=-2502)
    assert (again.claim, ledger_findings()) == (claim, [])


def test_what_was_never_posted_so_is_for_a_person(biller: User, twice: tuple[Claim, Claim]) -> None:
    claim, after = twice
    posted(biller, claim.payer, told(claim, *SECOND, status="2"))
    (back,) = posted(biller, claim.payer, told(claim, ("OA", "23", 3000), status="22", sign=-1), keeps=-2003)
    assert (back.state, back.why[:15], owed(claim, after)) == ("review", "Several payers,", [0, 0])
    assert ledger_findings() == []


def test_a_refusal_is_of_the_part_that_waits(biller: User, twice: tuple[Claim, Claim]) -> None:
    claim, after = twice
    said = told(claim, ("CO", "50", 5000), status="4")
    said.payers_number = "OTHER9"
    (refused,) = posted(biller, claim.payer, said, keeps=-4)
    after.refresh_from_db()
    claim.refresh_from_db()
    assert (refused.claim, claim.state, after.state, owed(after)) == (after, "paid", "denied", [15])


def test_a_third_payers_decision_under_the_first_number_is_laid_on_its_own_claim(biller: User) -> None:
    TradingPartnerFactory()
    claim = doe_with_two(biller)
    third_payer = PayerFactory(name="Third Health", payer_id="3RD")
    CoverageFactory(patient=claim.patient, order=3, payer=third_payer)
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, *FIRST, status="19")))
    second = Claim.objects.get(follows=claim)
    stranger = PayerFactory(name="Elsewhere", payer_id="9TH")
    (lost,) = posted(biller, stranger, told(claim, ("OA", "23", 4500), status="3"), keeps=5)
    assert (lost.claim, lost.state, owed(second)) == (claim, "review", [15])
    posted(biller, second.payer, told(claim, *SECOND, status="20"), keeps=6)
    third = Claim.objects.get(follows=second)
    assert (third.payer, owed(claim, second, third)) == (third_payer, [0, 0, 5])
    (paid,) = posted(biller, third_payer, told(claim, ("OA", "23", 4500), status="3"), keeps=7)
    assert (paid.claim, paid.state, owed(claim, second, third)) == (third, "posted", [0, 0, 0])
    # By the payer where it doesn't tell the order; and what takes it back is its own too.
    (back,) = posted(biller, third_payer, told(claim, ("OA", "23", 4500), status="22", sign=-1), keeps=-508)
    assert (back.claim, owed(claim, second, third), ledger_findings()) == (third, [0, 0, 5], [])
