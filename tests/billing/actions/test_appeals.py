"""Appeals: begun with the payer's reasons, locked once they are sent, and where they put the claim."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from billing.actions.adjusting import write_off
from billing.actions.appeals import begin_appeal, decide_appeal, send_appeal, write_appeal
from billing.actions.posting import post_remittance
from billing.choices import AdjustmentReason, Side
from billing.models import Claim, LedgerEntry, PaymentReconciliation
from billing.queries.claim_money import owed_by
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from tests.billing.actions.test_remittances import doe, remitted, told

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H20")]


def refused(by: User, *adjustments: tuple[str, str, int]) -> Claim:
    """A claim that its payer refused."""
    claim, others = doe(by), PaymentReconciliation.objects.count()
    said = told(claim, *(adjustments or (("CO", "50", 5000),)), status="4")
    # A cent of interest for each one before makes it a payment of its own.
    row = remitted(by, said, provider=[("L6", -others)] if others else None)
    post_remittance(by=by, reconciliation=row)
    claim.refresh_from_db()
    return claim


def test_it_begins_with_the_payers_reasons_and_its_last_day(biller: User) -> None:
    claim = refused(biller, ("CO", "50", 4000), ("CO", "45", 1000))
    made = begin_appeal(by=biller, claim=claim)
    assert begin_appeal(by=biller, claim=claim) == made
    decided = claim.responses.get().reconciliation.payment_date
    assert claim.payer is not None
    assert (made.level, made.reason_codes) == (1, ["CO-50"])
    assert made.due_on == decided + timedelta(days=claim.payer.appeal_days)
    for words in (claim.number, "$50.00", "CO-50", "medically necessary"):
        assert words in made.text
    assert not LedgerEntry.objects.filter(account__in=["contractual", "write-off"]).exists()


def test_nothing_is_appealed_that_is_not_refused(biller: User) -> None:
    with pytest.raises(DomainError, match="nothing of it is refused"):
        begin_appeal(by=biller, claim=doe(biller))
    claim = refused(biller)
    write_off(by=biller, claim=claim, side=Side.PAYER, amount=Decimal(50), reason_code=AdjustmentReason.TIMELY_FILING)
    with pytest.raises(DomainError, match="nothing of it is refused"):
        begin_appeal(by=biller, claim=claim)


def test_three_levels_and_back_and_no_word_changes_once_it_is_sent(biller: User) -> None:
    claim, today = refused(biller), clinic_today()
    for level in (1, 2, 3):
        appeal = begin_appeal(by=biller, claim=claim)
        assert appeal.level == level
        write_appeal(by=biller, appeal=appeal, text=f"Please pay ({level}).")
        with pytest.raises(DomainError, match="wasn't sent"):
            decide_appeal(by=biller, appeal=appeal, won=True, decided_on=today, outcome="Yes")
        for day in (today + timedelta(days=1), today - timedelta(days=4000)):
            with pytest.raises(DomainError):
                send_appeal(by=biller, appeal=appeal, sent_on=day)
        sent = send_appeal(by=biller, appeal=appeal, sent_on=today)
        claim.refresh_from_db()
        assert (claim.state, sent.text) == ("appeal", f"Please pay ({level}).")
        with pytest.raises(Conflict, match="stays as it is"):
            write_appeal(by=biller, appeal=appeal, text="More")
        with pytest.raises(DomainError, match="waits for the payer's answer"):
            begin_appeal(by=biller, claim=claim)
        with pytest.raises(DomainError, match="Say what the payer answered"):
            decide_appeal(by=biller, appeal=appeal, won=False, decided_on=today, outcome=" ")
        decide_appeal(by=biller, appeal=appeal, won=False, decided_on=today, outcome="Upheld")
        claim.refresh_from_db()
        assert claim.state == "denied"
    with pytest.raises(DomainError, match="no appeal after level 3"):
        begin_appeal(by=biller, claim=claim)
    assert owed_by(claim).insurance == Decimal(50)


def test_one_that_is_granted_waits_for_its_money(biller: User) -> None:
    claim, today = refused(biller), clinic_today()
    appeal = send_appeal(by=biller, appeal=begin_appeal(by=biller, claim=claim), sent_on=today)
    for outcome in ("Will be paid", "Never mind"):
        done = decide_appeal(by=biller, appeal=appeal, won=True, decided_on=today, outcome=outcome)
    claim.refresh_from_db()
    assert (done.status, done.outcome, claim.state) == ("won", "Will be paid", "submitted")
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "45", 1000))))
    claim.refresh_from_db()
    assert (claim.state, owed_by(claim).total) == ("closed", 0)


def test_the_database_keeps_what_was_sent(biller: User) -> None:
    appeal = send_appeal(by=biller, appeal=begin_appeal(by=biller, claim=refused(biller)), sent_on=clinic_today())
    for change in ({"text": "Other"}, {"status": "draft", "sent_on": None}, {"level": 2}):
        with pytest.raises(IntegrityError, match="does not change"), transaction.atomic(), acting(biller):
            for name, value in change.items():
                setattr(appeal, name, value)
            appeal.save(update_fields=list(change))
        appeal.refresh_from_db()
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_appeal SET text = 'x'")
