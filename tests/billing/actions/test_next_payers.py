"""What a payer leaves is asked of the patient's next payer: once, under either number, never after a reversal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.actions.posting import choose_payer, post_remittance
from billing.models import Claim
from billing.queries.claim_money import credit_of_payers, owed_by
from billing.queries.forms1500 import live_form
from billing.queries.ledger_findings import ledger_findings
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import DomainError
from tests.billing.actions.test_remittances import doe, doe_with_two, remitted, take_in, told
from tests.billing.x12 import builder
from tests.factories.billing import submit_claims
from tests.factories.claims import TradingPartnerFactory
from tests.factories.clinic import CoverageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H11"), pytest.mark.feature("H17")]


def test_what_the_first_payer_leaves_is_asked_of_the_second(biller: User) -> None:
    TradingPartnerFactory()
    claim = doe_with_two(biller)
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "45", 1000), ("PR", "1", 1500))))
    second = Claim.objects.get(follows=claim)
    assert (second.order, second.status, second.state, second.total) == (2, "draft", "ready", claim.total)
    (before,) = live_form(second).other_payers
    assert (before.paid, before.adjudicated_on, before.claim_control_number) == (
        Decimal(25),
        date(2026, 3, 1),
        f"ICN{claim.number}",
    )
    (line,) = before.lines
    assert (line.line, line.paid) == (1, Decimal(25))
    assert [(one.group, one.reason, one.amount) for one in line.adjustments] == [
        ("CO", "45", Decimal(10)),
        ("PR", "1", Decimal(15)),
    ]
    submit_claims(by=biller, claims=[second])
    claim.refresh_from_db()
    assert (claim.state, ledger_findings()) == ("paid", [])
    assert (owed_by(claim).total, owed_by(second).insurance) == (0, Decimal(15))
    said = told(second, ("OA", "23", 3500), ("PR", "3", 500), status="2")
    (row,) = take_in(biller, builder.remittance(builder.Payment([said], [("L6", -1)])))
    row.payer = second.payer
    with acting(biller):
        row.save(update_fields=["payer", "updated_at"])
    post_remittance(by=biller, reconciliation=row)
    second.refresh_from_db()
    assert (second.state, owed_by(second).insurance, owed_by(second).patient) == ("patient-balance", 0, Decimal(5))


def test_a_claim_that_the_payer_passed_on_is_not_sent_again(biller: User) -> None:
    claim = doe_with_two(biller)
    said = told(claim, ("CO", "45", 1000), ("PR", "1", 1500), status="19")
    post_remittance(by=biller, reconciliation=remitted(biller, said))
    second = Claim.objects.get(follows=claim)
    assert (second.state, second.labels, owed_by(second).insurance) == ("submitted", ["forwarded"], Decimal(15))
    # The next payer knows it by our first number.
    again = told(claim, ("OA", "23", 3500), status="2")
    (row,) = take_in(biller, builder.remittance(builder.Payment([again], [("L6", -1)])))
    row.payer = second.payer
    with acting(biller):
        row.save(update_fields=["payer", "updated_at"])
    post_remittance(by=biller, reconciliation=row)
    second.refresh_from_db()
    assert (second.state, owed_by(second).total, owed_by(claim).total) == ("closed", 0, 0)


def test_what_a_payer_reversed_is_not_asked_of_the_next(biller: User) -> None:
    TradingPartnerFactory()
    claim = doe_with_two(biller)
    share = (("CO", "45", 1000), ("PR", "1", 1500))
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, *share)))
    second = Claim.objects.get(follows=claim)
    back = remitted(biller, told(claim, *share, status="22", sign=-1), provider=[("FB", -2500)])
    post_remittance(by=biller, reconciliation=back)
    with pytest.raises(DomainError, match=f"reversed its decision on {claim.number}"):
        submit_claims(by=biller, claims=[second])
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "45", 1000), ("PR", "1", 2000))))
    submit_claims(by=biller, claims=[second])
    assert (owed_by(claim).total, owed_by(second).insurance) == (0, Decimal(20))


def test_both_parts_of_one_payer_come_in_one_remittance(biller: User) -> None:
    """It knows both under the first number; the second claim is made by the decision before."""
    claim = doe(biller)
    CoverageFactory(patient=claim.patient, order=2, payer=claim.payer)
    first = told(claim, ("CO", "45", 1000), ("PR", "1", 1500), status="19")
    second = told(claim, ("OA", "23", 3500), ("PR", "3", 500), status="2")
    row = remitted(biller, first, second)
    post_remittance(by=biller, reconciliation=row)
    after = Claim.objects.get(follows=claim)
    assert [response.claim for response in row.responses.order_by("sequence")] == [claim, after]
    assert (owed_by(claim).total, owed_by(after).insurance, owed_by(after).patient) == (0, 0, Decimal(5))
    assert (credit_of_payers([claim.pk, after.pk]), ledger_findings()) == ({}, [])


def test_a_second_payer_reverses_its_own_part(biller: User) -> None:
    claim = doe_with_two(biller)
    first = told(claim, ("CO", "45", 1000), ("PR", "1", 1500), status="19")
    post_remittance(by=biller, reconciliation=remitted(biller, first))
    after = Claim.objects.get(follows=claim)
    for status, sign, provider in (("2", 1, [("L6", -1)]), ("22", -1, [("FB", -1500)])):
        said = told(claim, ("OA", "23", 3500), status=status, sign=sign)
        (row,) = take_in(biller, builder.remittance(builder.Payment([said], provider)))
        choose_payer(by=biller, reconciliation=row, payer=after.payer)
        post_remittance(by=biller, reconciliation=row)
    assert (owed_by(claim).total, owed_by(after).insurance, ledger_findings()) == (0, Decimal(15), [])
