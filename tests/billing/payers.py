"""What a payer decides about a claim, put on the ledger as a remittance puts it there."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from billing.actions.credits import apply_visit_credit
from billing.actions.ledger import Line, lock_patient, post
from billing.actions.settling import move_claim, settle_visits
from billing.choices import ClaimState, LedgerAccount, ReconciliationStatus, TransactionKind
from billing.models import Claim
from billing.queries.business_days import open_day
from billing.queries.claim_money import cents_of_claims, spread
from billing.queries.ledger import to_cents
from emr.accounts.models import User
from emr.audit.actor import acting
from tests.factories.remittances import ClaimResponseFactory, ReconciliationFactory

_OWED = LedgerAccount.INSURANCE_RECEIVABLE


@transaction.atomic
def decide(
    by: User, claim: Claim, *, paid: int, agreed: int = 0, patient: int = 0, icn: str = "ICN1", method: str = ""
) -> None:
    """The payer pays, writes off as agreed, and names the patient's part, each in cents; what is paid beyond what is
    owed is its credit.
    """
    row = Claim.objects.on_ledger().get(pk=claim.pk)
    lock_patient(row.patient)
    amount = Decimal(paid) / 100
    said = {"payer": row.payer, "amount": amount, "file": None, "source": "manual", "method": method}
    remittance = ReconciliationFactory.create(**said)
    response = ClaimResponseFactory.create(reconciliation=remittance, claim=row, paid=amount, status_code="1")
    owed = cents_of_claims([row.pk], [_OWED]).get((row.pk, _OWED), {})
    taken = [Line.on(row, _OWED, -part, item) for item, part in spread(owed, paid + agreed + patient)]
    beyond = paid + agreed + patient + sum(line.amount for line in taken)
    post(
        by=by,
        kind=TransactionKind.REMITTANCE,
        business_date=open_day(),
        lines=[
            Line.on(row, LedgerAccount.FUNDS, paid),
            Line.on(row, LedgerAccount.CONTRACTUAL, agreed),
            Line.on(row, LedgerAccount.PATIENT_RECEIVABLE, patient),
            *taken,
            Line.on(row, LedgerAccount.PAYER_CREDIT, -beyond),
        ],
        claim=row,
        reconciliation=remittance,
        claim_response=response,
    )
    with acting(by):
        remittance.status, remittance.posted_at, remittance.posted_by = ReconciliationStatus.ACTIVE, timezone.now(), by
        remittance.save(update_fields=["status", "posted_at", "posted_by", "updated_at"])
        known = Claim.objects.get(pk=row.pk)
        known.payer_control_number = icn
        known.save(update_fields=["payer_control_number", "updated_at"])
    move_claim(by=by, claim=row, to=ClaimState.PAID if to_cents(row.total) == paid else ClaimState.PARTIAL)
    apply_visit_credit(by=by, claim=row)
    settle_visits(by=by, visits=[row.encounter_id])
