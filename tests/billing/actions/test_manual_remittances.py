"""Explanations of benefits entered by hand: line by line, one line alone, and the payment whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.actions.manual_remittances import (
    EnteredLine,
    Reason,
    begin_remittance,
    enter_decision,
    enter_reversal,
    take_out,
)
from billing.actions.posting import post_remittance
from billing.models import Claim, PaymentReconciliation
from billing.queries.claim_money import owed_by, owed_by_lines
from billing.queries.former_decisions import former_decisions
from billing.queries.ledger_findings import ledger_findings
from billing.queries.remittances import decisions_page
from emr.accounts.models import User
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from tests.billing.actions.test_remittances import doe, remitted, sums, told
from tests.billing.actions.test_reversed_after import taken_over

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H12")]


def begun(by: User, claim: Claim, amount: str, **more: Any) -> PaymentReconciliation:
    assert claim.payer is not None
    said = {"trace_number": "CHECK 4711", "payment_date": date(2026, 3, 20), **more}
    return begin_remittance(by=by, payer=claim.payer, amount=Decimal(amount), **said)


def test_one_line_of_two_is_entered_and_the_other_stays(biller: User) -> None:
    """openemr#8324: adjusting one line asked for reasons for all."""
    claim = doe(biller, 2)
    first, second = claim.items.all()
    row = begun(biller, claim, "35.00")
    line = EnteredLine(first, Decimal(35), [Reason("CO", "45", Decimal(10)), Reason("PR", "3", Decimal(5))])
    enter_decision(by=biller, reconciliation=row, claim=claim, lines=[line], payer_control_number="ICN9")
    post_remittance(by=biller, reconciliation=row)
    claim.refresh_from_db()
    by_line = owed_by_lines(claim)
    assert (by_line[first.charge_item_id].total, by_line[second.charge_item_id].insurance) == (Decimal(5), Decimal(51))
    assert (claim.state, claim.payer_control_number) == ("partial", "ICN9")
    assert sums(row)["funds"] == 3500
    with pytest.raises(Conflict, match="isn't open"):
        enter_decision(by=biller, reconciliation=row, claim=claim, lines=[line])


def test_the_payment_is_posted_when_its_decisions_come_to_its_amount(biller: User) -> None:
    claim = doe(biller)
    (item,) = claim.items.all()
    row = begun(biller, claim, "40.00")
    wrong = enter_decision(by=biller, reconciliation=row, claim=claim, lines=[EnteredLine(item, Decimal(30))])
    with pytest.raises(DomainError, match=r"\$40\.00 came in, and the decisions entered say \$30\.00.*\$10\.00"):
        post_remittance(by=biller, reconciliation=row)
    with pytest.raises(DomainError, match="Say why"):
        take_out(by=biller, response=wrong, reason=" ")
    take_out(by=biller, response=wrong, reason="Typed wrong")
    enter_decision(by=biller, reconciliation=row, claim=claim, lines=[EnteredLine(item, Decimal(40))])
    post_remittance(by=biller, reconciliation=row)
    assert (owed_by(claim).insurance, sums(row)) == (Decimal(10), {"funds": 4000, "insurance-receivable": -4000})


def test_what_cannot_be_is_refused_by_line(biller: User) -> None:
    claim, other = doe(biller), doe(biller)
    (item,) = claim.items.all()
    row = begun(biller, claim, "60.00")
    enter: dict[str, Any] = {"by": biller, "reconciliation": row, "claim": claim}
    with pytest.raises(DomainError, match=r"Line 1 \(G1000\): 60\.00 is said of it, and the payer owes 50\.00\."):
        enter_decision(**enter, lines=[EnteredLine(item, Decimal(60))])
    with pytest.raises(DomainError, match="none below zero"):
        enter_decision(**enter, lines=[EnteredLine(item, Decimal(-1))])
    with pytest.raises(DomainError, match="for one line at least"):
        enter_decision(**enter, lines=[])
    with pytest.raises(DomainError, match="didn't go out to"):
        enter_decision(**enter | {"claim": other}, lines=[EnteredLine(item, Decimal(1))])


def test_the_same_payment_is_entered_once(biller: User) -> None:
    claim, token = doe(biller), uuid7()
    row = begun(biller, claim, "10", request_token=token)
    assert begun(biller, claim, "10", request_token=token) == row
    with pytest.raises(DomainError, match=r"CHECK 4711 of 20-Mar-2026 over \$10\.00 is here already"):
        begun(biller, claim, "10")
    with pytest.raises(DomainError, match="dollars and cents"):
        begun(biller, claim, "10.001")


def test_paper_takes_back_what_a_file_decided_and_decides_anew(biller: User) -> None:
    """The same on the ledger, cent by cent, as an 835 with a reversal (CLP02 = 22) and its correction."""
    claims = [doe(biller), doe(biller)]
    first = remitted(biller, *(told(claim, ("CO", "45", 1000), ("PR", "3", 500)) for claim in claims))
    post_remittance(by=biller, reconciliation=first)
    by_file, on_paper = claims
    turned = told(by_file, ("CO", "45", 1000), ("PR", "3", 500), status="22", sign=-1)
    electronic = remitted(biller, turned, told(by_file, ("CO", "45", 500)))
    post_remittance(by=biller, reconciliation=electronic)
    row, (item,) = begun(biller, on_paper, "10.00"), on_paper.items.all()
    again = EnteredLine(item, Decimal(45), [Reason("CO", "45", Decimal(5))])
    enter: dict[str, Any] = {"by": biller, "reconciliation": row, "claim": on_paper}
    with pytest.raises(DomainError, match=r"payer owes 0\.00\. Where the paper takes a former decision back"):
        enter_decision(**enter, lines=[again])
    (former,) = former_decisions(on_paper, row)
    token = uuid7()
    back = enter_reversal(**enter, former=former.pk, request_token=token)
    assert enter_reversal(**enter, former=former.pk, request_token=token) == back
    assert (back.status_code, back.charge, back.paid, back.reason_codes) == ("22", -50, -35, ["CO-45", "PR-3"])
    with pytest.raises(DomainError, match="doesn't stand on claim"):
        enter_reversal(**enter, former=former.pk)
    enter_decision(**enter, lines=[again])
    assert [one.outcome for one in decisions_page(biller, row)[0]] == ["Taken back", "Paid"]
    post_remittance(by=biller, reconciliation=row)
    moved = {"funds": 1000, "contractual": -500, "patient-receivable": -500, "insurance-receivable": 0}
    assert (sums(row), sums(electronic)) == (moved, moved)
    states = []
    for claim in claims:
        claim.refresh_from_db()
        states.append((claim.state, owed_by(claim).total))
    assert (states, ledger_findings()) == ([("closed", 0)] * 2, [])
    later = begun(biller, on_paper, "0", trace_number="9")
    assert [(one.status_code, one.paid) for one in former_decisions(on_paper, later)] == [("1", 45)]


def test_a_reversal_alone_is_entered_with_the_payment_that_it_lowers(biller: User) -> None:
    claim, other = doe(biller), doe(biller)
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "45", 1000))))
    row = begun(biller, claim, "0")
    (former,) = former_decisions(claim, row)
    with pytest.raises(DomainError, match="didn't go out to"):
        enter_reversal(by=biller, reconciliation=row, claim=other, former=former.pk)
    with pytest.raises(DomainError, match="doesn't stand on claim"):
        same_payer = doe(biller, patient=claim.patient)
        enter_reversal(by=biller, reconciliation=row, claim=same_payer, former=former.pk)
    enter_reversal(by=biller, reconciliation=row, claim=claim, former=former.pk)
    with pytest.raises(DomainError, match="is entered with the payment from which it keeps that"):
        post_remittance(by=biller, reconciliation=row)


def test_a_part_that_the_next_payer_took_over_waits_for_a_person(biller: User) -> None:
    claim, second = taken_over(biller)
    row = begun(biller, claim, "0")
    (former,) = former_decisions(claim, row)
    enter_reversal(by=biller, reconciliation=row, claim=claim, former=former.pk)
    (item,) = claim.items.all()
    again = EnteredLine(item, Decimal(25), [Reason("CO", "45", Decimal(10)), Reason("PR", "1", Decimal(15))])
    enter_decision(by=biller, reconciliation=row, claim=claim, lines=[again])
    post_remittance(by=biller, reconciliation=row)
    first, after = row.responses.order_by("sequence")
    assert (first.state, f"on claim {second.number}" in first.why) == ("review", True)
    assert (after.state, "deal with that one first" in after.why) == ("review", True)
