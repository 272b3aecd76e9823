"""A remittance posted in error: all of it comes off the ledger, and it is there again to be posted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from billing.actions.adjusting import transfer, write_off
from billing.actions.manual_remittances import EnteredLine, begin_remittance, enter_decision
from billing.actions.payments import take_payment
from billing.actions.posting import post_remittance
from billing.actions.remittances import set_aside
from billing.actions.responses import give_back, lay_on_claim
from billing.actions.taking_back import take_back
from billing.choices import AdjustmentReason, PaymentKind, PaymentMethod, Side
from billing.models import Claim, LedgerEntry, PaymentReconciliation
from billing.queries.claim_money import owed_by
from billing.queries.ledger import balance_of
from billing.queries.ledger_findings import ledger_findings
from clinic.models import Patient
from emr.accounts.models import User
from emr.shared.errors import Conflict, DomainError
from tests.billing.actions.test_remittances import doe, remitted, told
from tests.billing.actions.test_responses import unmatched
from tests.billing.x12 import builder
from tests.factories.clinic import ContactPointFactory, PatientAddressFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H11"), pytest.mark.feature("H12")]


def standing() -> dict[tuple[str, object, object], int]:
    """Cents by account, claim and service line."""
    sums = LedgerEntry.objects.order_by().values_list("account", "claim", "charge_item").annotate(Sum("amount"))
    return {key: cents for *key_, cents in sums if cents and (key := tuple(key_))}  # type: ignore[misc]


def test_the_ledger_is_as_before_and_all_waits_again(biller: User) -> None:
    claim, denied, other = doe(biller), doe(biller), doe(biller)
    before = standing()
    stray = builder.Claim("NONE1", [builder.Line(700)])
    said = [told(claim, ("CO", "45", 1000), ("PR", "3", 500)), told(denied, ("CO", "50", 5000), status="4"), stray]
    row = remitted(biller, *said, provider=[("L6", -100)])
    post_remittance(by=biller, reconciliation=row)
    lay = row.responses.get(claim=None)
    other.refresh_from_db()
    with pytest.raises(DomainError, match="Say why"):
        take_back(by=biller, reconciliation=row, reason="")
    again = take_back(by=biller, reconciliation=row, reason="Another clinic's")
    assert (standing(), ledger_findings()) == (before, [])
    row.refresh_from_db()
    lay.refresh_from_db()
    assert (row.status, row.status_reason, lay.state) == ("entered-in-error", "Another clinic's", "void")
    assert (again.status, list(again.responses.values_list("state", flat=True))) == (
        "draft",
        ["waiting", "waiting", "unmatched"],
    )
    for one in (claim, denied):
        one.refresh_from_db()
        assert (one.state, owed_by(one).insurance) == ("submitted", Decimal(50))
    with pytest.raises(Conflict, match="taken back, so"):
        take_back(by=biller, reconciliation=row, reason="Again")
    post_remittance(by=biller, reconciliation=again)
    claim.refresh_from_db()
    assert (claim.state, again.adjustments.get().code, ledger_findings()) == ("patient-balance", "L6", [])


def test_what_was_laid_comes_off_too_and_what_the_patient_paid_is_their_credit(biller: User) -> None:
    claim = doe(biller)
    before = standing()
    waiting = unmatched(biller, claim, ("CO", "45", 1000), ("PR", "3", 500))
    lay_on_claim(by=biller, response=waiting, claim=claim)
    take_payment(
        by=biller, patient=claim.patient, kind=PaymentKind.PAYMENT, method=PaymentMethod.CASH, amount=Decimal(5)
    )
    take_back(by=biller, reconciliation=waiting.reconciliation, reason="Wrong file")
    after = {key: cents for key, cents in standing().items() if key[0] not in ("funds", "patient-credit")}
    assert (after, balance_of(claim.patient).credit, ledger_findings()) == (before, Decimal(5), [])


def test_an_earlier_decision_stands_again(biller: User) -> None:
    claim = doe(biller)
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "50", 5000), status="4")))
    before = standing()
    later = remitted(biller, told(claim, ("CO", "45", 1000)))
    post_remittance(by=biller, reconciliation=later)
    take_back(by=biller, reconciliation=later, reason="Wrong file")
    claim.refresh_from_db()
    assert (claim.state, standing()) == ("denied", before)


def test_what_was_built_on_it_is_named(biller: User) -> None:
    claim = doe(biller)
    row = remitted(biller, told(claim, ("CO", "50", 1000)))
    post_remittance(by=biller, reconciliation=row)
    transfer(by=biller, claim=claim, amount=Decimal(2), reason="Not covered")
    with pytest.raises(Conflict, match=f"“Moved to who owes it now” of .* on claim {claim.number}"):
        take_back(by=biller, reconciliation=row, reason="Wrong file")
    back = unmatched(biller, doe(biller), ("CO", "45", 1500))
    give_back(by=biller, response=back, reason="Check 7")
    with pytest.raises(Conflict, match="given back to the payer"):
        take_back(by=biller, reconciliation=back.reconciliation, reason="Wrong file")
    assert ledger_findings() == []


def test_paper_is_taken_back_and_waits_with_its_claim(biller: User) -> None:
    claim = doe(biller, 2)
    assert claim.payer is not None
    when = claim.service_date
    row = begin_remittance(by=biller, payer=claim.payer, trace_number="9", payment_date=when, amount=Decimal(20))
    first = claim.items.order_by("sequence")[0]
    enter_decision(by=biller, reconciliation=row, claim=claim, lines=[EnteredLine(first, Decimal(20))])
    before = standing()
    post_remittance(by=biller, reconciliation=row)
    again = take_back(by=biller, reconciliation=row, reason="Typed wrong")
    assert (standing(), again.source, again.responses.get().claim) == (before, "manual", claim)
    assert again.responses.get().state == "waiting"
    assert PaymentReconciliation.objects.count() == 2


def test_a_write_off_before_the_remittance_is_in_nobodys_way(biller: User) -> None:
    claim = doe(biller)
    write_off(by=biller, claim=claim, side=Side.PAYER, amount=Decimal(1), reason_code=AdjustmentReason.CORRECTION)
    before = standing()
    row = remitted(biller, told(claim, ("CO", "45", 1000)))
    post_remittance(by=biller, reconciliation=row)
    take_back(by=biller, reconciliation=row, reason="Wrong file")
    assert (standing(), ledger_findings()) == (before, [])


def test_many_claims_are_taken_back_in_as_many_statements_as_few(biller: User) -> None:
    """A remittance of thousands comes off the ledger in a job: a statement a claim would make it slow."""
    counted = []
    for number in (2, 12):
        claims = [doe(biller, patient=_paid_ahead(biller) if place == 0 else None) for place in range(number)]
        before = standing()
        row = remitted(biller, *(told(claim, ("CO", "45", 1000), ("PR", "3", 500)) for claim in claims))
        post_remittance(by=biller, reconciliation=row)
        with CaptureQueriesContext(connection) as told_:
            again = take_back(by=biller, reconciliation=row, reason="Wrong file")
        counted.append(len(told_))
        after = {key: cents for key, cents in standing().items() if key[0] != "patient-credit"}
        assert after == {key: cents for key, cents in before.items() if key[0] != "patient-credit"}
        assert {claim.state for claim in Claim.objects.filter(pk__in=[one.pk for one in claims])} == {"submitted"}
        set_aside(by=biller, reconciliation=again, reason="Wrong file")
    assert counted[0] == counted[1]
    assert ledger_findings() == []


def _paid_ahead(by: User) -> Patient:
    """A patient of the name that the remittances tell, who has credit."""
    patient = PatientFactory.create(family_name="Doe")
    PatientAddressFactory(patient=patient)
    ContactPointFactory(patient=patient)
    take_payment(by=by, patient=patient, kind=PaymentKind.PREPAYMENT, method=PaymentMethod.CASH, amount=Decimal(3))
    return patient
