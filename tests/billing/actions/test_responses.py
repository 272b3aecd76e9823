"""Decisions that wait: laid on a claim once, their money used or given back; what was posted still ties."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from billing.actions.adjusting import refund_payer
from billing.actions.corrected_members import CORRECTED_MEMBER, tell_corrected_member
from billing.actions.posting import post_remittance
from billing.actions.responses import give_back, lay_on_claim, settle_response, use_for_claim
from billing.models import Claim, ClaimResponse, LedgerEntry, LedgerTransaction
from billing.queries.claim_money import owed_by
from billing.queries.ledger_findings import ledger_findings
from billing.queries.waiting_money import Kept, kept
from clinic.models import Task
from emr.accounts.models import User
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from tests.billing.actions.test_remittances import doe, remitted, sums, told
from tests.billing.x12 import builder

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H11")]


def unmatched(by: User, claim: Claim, *adjustments: tuple[str, str, int], **more: Any) -> ClaimResponse:
    """A posted decision that is about a claim, and names it by a number that nobody knows."""
    said = told(claim, *adjustments, **more)
    said.number = "OLD77"
    post_remittance(by=by, reconciliation=(row := remitted(by, said)))
    return row.responses.get()


def credit() -> int:
    """Cents of all payers' unapplied money."""
    return -sum(LedgerEntry.objects.filter(account="payer-credit").values_list("amount", flat=True))


def test_a_decision_is_laid_on_its_claim_by_the_same_rules(biller: User) -> None:
    claim = doe(biller)
    waiting = unmatched(biller, claim, ("CO", "45", 1000), ("PR", "3", 500))
    assert (waiting.state, kept(waiting).cents, credit()) == ("unmatched", 3500, 3500)
    for _ in range(2):
        laid = lay_on_claim(by=biller, response=waiting, claim=claim)
    claim.refresh_from_db()
    assert (laid.state, laid.claim_id, laid.resolution) == ("posted", claim.pk, f"Laid on claim {claim.number}")
    assert (claim.state, owed_by(claim).insurance, owed_by(claim).patient) == ("patient-balance", 0, Decimal(5))
    assert sums(waiting.reconciliation) == {
        "funds": 3500, "payer-credit": 0, "contractual": 1000, "patient-receivable": 500, "insurance-receivable": -5000
    }  # fmt: skip
    assert (credit(), LedgerTransaction.objects.filter(kind="placed").count(), ledger_findings()) == (0, 1, [])
    with pytest.raises(Conflict, match="dealt with this decision already"):
        lay_on_claim(by=biller, response=waiting, claim=doe(biller))


def test_a_refusal_that_is_laid_moves_nothing_and_is_owed(biller: User) -> None:
    claim = doe(biller)
    lay_on_claim(by=biller, response=unmatched(biller, claim, ("CO", "50", 5000), status="4"), claim=claim)
    claim.refresh_from_db()
    assert (claim.state, claim.state_reason, owed_by(claim).insurance) == ("denied", "CO-50", Decimal(50))
    assert not LedgerEntry.objects.filter(account__in=["contractual", "write-off"]).exists()


def test_what_the_rules_cannot_place_is_refused_with_words(biller: User) -> None:
    claim = doe(biller)
    said = told(claim, ("CO", "45", 1000))
    said.number, said.lines[0].code, said.lines[0].control_number = "OLD77", "99999", "X"
    post_remittance(by=biller, reconciliation=(row := remitted(biller, said)))
    with pytest.raises(DomainError, match="No line of the claim fits 99999"):
        lay_on_claim(by=biller, response=row.responses.get(), claim=claim)
    assert kept(row.responses.get()).cents == 4000


def test_its_money_is_used_part_by_part_and_the_last_settles_it(biller: User) -> None:
    claim, other = doe(biller), doe(biller)
    waiting = unmatched(biller, claim, ("CO", "45", 1000))
    token = uuid7()
    for _ in range(2):
        use_for_claim(by=biller, response=waiting, claim=other, amount=Decimal(30), request_token=token)
    assert (owed_by(other).insurance, kept(waiting).cents) == (Decimal(20), 1000)
    with pytest.raises(Conflict, match="A part of its money was used"):
        lay_on_claim(by=biller, response=waiting, claim=claim)
    with pytest.raises(DomainError, match=r"\$10.00 is kept"):
        use_for_claim(by=biller, response=waiting, claim=claim, amount=Decimal(11))
    done = use_for_claim(by=biller, response=waiting, claim=claim, amount=Decimal(10))
    assert (done.state, credit(), owed_by(claim).insurance, ledger_findings()) == ("resolved", 0, Decimal(40), [])
    assert sums(waiting.reconciliation)["funds"] == 4000


def test_it_is_given_back_or_settled_once(biller: User) -> None:
    waiting = unmatched(biller, doe(biller))
    for refused in (give_back, settle_response):
        with pytest.raises(DomainError, match="Say why"):
            refused(by=biller, response=waiting, reason=" ")
    for _ in range(2):
        back = give_back(by=biller, response=waiting, reason="Check 12")
    assert (back.state, back.resolution, credit()) == ("resolved", "Given back to the payer: Check 12", 0)
    assert sums(waiting.reconciliation) == {"funds": 0, "payer-credit": 0}
    second = doe(biller)
    said = told(second)
    said.number = "NONE1"
    other = remitted(biller, said, provider=[("L6", -7)])
    post_remittance(by=biller, reconciliation=other)
    settled = settle_response(by=biller, response=other.responses.get(), reason="Interest of last year")
    assert (settled.state, credit()) == ("resolved", 0)
    assert sums(other) == {"funds": 5007, "payer-credit": 0, "payer-adjustment": -5007}
    assert ledger_findings() == []


def test_money_that_a_payer_takes_back_is_owed_again(biller: User) -> None:
    claim = doe(biller)
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "45", 1000))))
    said = told(claim, ("CO", "45", 1000), status="22", sign=-1)
    said.number = "OLD77"
    back = remitted(biller, said, builder.Claim("X9", [builder.Line(4000, control_number="q")]))
    post_remittance(by=biller, reconciliation=back)
    reversal, _ = back.responses.order_by("sequence")
    assert (kept(reversal).cents, credit()) == (-4000, 0)
    with pytest.raises(DomainError, match="Nothing of this decision is kept"):
        give_back(by=biller, response=reversal, reason="No")
    lay_on_claim(by=biller, response=reversal, claim=claim)
    claim.refresh_from_db()
    assert (claim.state, owed_by(claim).insurance, credit(), ledger_findings()) == ("reversed", 50, 4000, [])


def test_credit_that_its_claim_has_used_is_not_moved_again(biller: User) -> None:
    claim, other = doe(biller), doe(biller)
    strange, misfit = told(claim), told(other)
    strange.lines[0].code, strange.lines[0].control_number = "99999", "X"
    misfit.charge = misfit.lines[0].charge = misfit.lines[0].paid = misfit.paid = 4900
    post_remittance(by=biller, reconciliation=(row := remitted(biller, strange, misfit)))
    first, second = row.responses.order_by("sequence")
    assert [(one.state, kept(one)) for one in (first, second)] == [
        ("review", Kept(5000, claim.pk)),
        ("review", Kept(4900)),
    ]
    refund_payer(by=biller, claim=claim, amount=Decimal(9), reason="Sent back")
    with pytest.raises(Conflict, match=r"\$9.00 of its money was used or given back"):
        settle_response(by=biller, response=first, reason="Done")
    give_back(by=biller, response=second, reason="Check 8")
    assert (credit(), ledger_findings()) == (4100, [])


@pytest.mark.feature("H12")
def test_a_members_corrected_number_asks_for_the_policy_once(biller: User) -> None:
    claim = doe(biller)
    coverage = claim.coverage
    assert coverage is not None
    same = f" {coverage.subscriber_id.lower()}"
    assert tell_corrected_member(by=biller, claim=claim, number=same) is None
    task = tell_corrected_member(by=biller, claim=claim, number="NEW-9")
    assert tell_corrected_member(by=biller, claim=claim, number="NEW-9") is None
    assert task is not None
    row = Task.objects.get(code=CORRECTED_MEMBER)
    assert (row.focus_id, row.owner_role, row.for_patient) == (coverage.pk, "biller", claim.patient)
    assert [one.text for one in row.comments.all()] == [f"{claim.payer} says: NEW-9"]
