"""Explanations of benefits on paper, entered by hand: a payment, then decision by decision, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum
from django.utils import timezone

from billing.adjudication.mirror import mirror
from billing.choices import ReconciliationSource, ReconciliationStatus, ResponseState
from billing.models import Claim, ClaimItem, ClaimResponse, PaymentReconciliation
from billing.queries.decisions import decision_data, decision_of, reason_codes
from billing.queries.former_decisions import former_decisions, open_lines_then
from billing.queries.ledger import from_cents
from billing.queries.same_payments import same_payments
from billing.x12.remittance_records import Adjustment, Procedure, Reference, RemittanceClaim, RemittanceLine
from clinic.models import Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.money import cents
from emr.shared.records import uuid7
from emr.ui import formats


@dataclass(frozen=True)
class Reason:
    """An adjustment: group (CO, PR, OA, PI), CARC, amount; positive means that less was paid."""

    group: str
    code: str
    amount: Decimal


@dataclass(frozen=True)
class EnteredLine:
    """What the paper says of one service line. Lines that it doesn't speak of are left out, and stay as they are."""

    item: ClaimItem
    paid: Decimal
    reasons: Sequence[Reason] = field(default_factory=tuple)


@action
def begin_remittance(
    *,
    by: User,
    payer: Payer,
    trace_number: str,
    payment_date: date,
    amount: Decimal,
    method: str = "CHK",
    request_token: UUID | None = None,
) -> PaymentReconciliation:
    """Enter a payment whose explanation came on paper. The same form sent twice is one.

    Raises DomainError for an amount that can't be and for a payment that is here already.
    """
    known = PaymentReconciliation.objects.filter(pk=request_token).first() if request_token else None
    if known is not None:
        return known
    if not amount.is_finite() or amount < 0 or amount != cents(amount):
        raise DomainError("Enter an amount in dollars and cents, like 25.00; 0 for a notice.", field="amount")
    identifier, trace = (payer.payer_id or str(payer.pk))[:30], " ".join(trace_number.split())
    row = PaymentReconciliation(
        id=request_token or uuid7(),
        created_by=by,
        source=ReconciliationSource.MANUAL,
        payer=payer,
        payer_name=payer.name,
        payer_identifier=identifier,
        trace_number=trace,
        payment_date=payment_date,
        amount=amount,
        method=method,
    )
    _check_new(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # The other half of a double click was faster, or somebody who has the same payment before them.
        known = PaymentReconciliation.objects.filter(pk=row.pk).first()
        if known is not None:
            return known
        _check_new(row)
        raise
    return row


def _check_new(row: PaymentReconciliation) -> None:
    """Raise DomainError when a payment is here already."""
    if same_payments(row).exists():
        raise DomainError(
            f"The payment {row.trace_number} of {formats.day(row.payment_date)} over ${formats.money(row.amount)} is "
            "here already.",
            field="trace_number",
        )


@action
def enter_decision(
    *,
    by: User,
    reconciliation: PaymentReconciliation,
    claim: Claim,
    lines: Sequence[EnteredLine],
    status_code: str = "1",
    payer_control_number: str = "",
    request_token: UUID | None = None,
) -> ClaimResponse:
    """Add what the paper says of one claim; nothing moves before the payment is posted. The same form sent twice is one
    decision.

    Raises DomainError where nothing is said, where more is said of a line than its payer owes, and for a claim of
    another payer or that hasn't gone out; Conflict when the payment is posted already.
    """
    row = open_manual(reconciliation)
    known = row.responses.filter(pk=request_token).first() if request_token else None
    if known is not None:
        return known
    _check_payer(row, claim)
    if not lines:
        raise DomainError("Say what was paid or why not, for one line at least.")
    _check_lines(claim, row, lines)
    said = _said(claim, lines, status_code, payer_control_number.strip())
    return _keep(by, row, claim, said, request_token)


@action
def enter_reversal(
    *,
    by: User,
    reconciliation: PaymentReconciliation,
    claim: Claim,
    former: UUID,
    request_token: UUID | None = None,
) -> ClaimResponse:
    """Add that the paper takes a ``former`` decision on a claim back, whole: the same amounts with the sign turned, put
    to the claim by the rules of an electronic reversal when the payment is posted. What the payer says anew is a
    decision of its own, entered after it. The same form sent twice is one reversal.

    Raises DomainError for a claim of another payer or that hasn't gone out, and for a decision that doesn't stand on it
    or was taken back before; Conflict when the payment is posted already.
    """
    row = open_manual(reconciliation)
    known = row.responses.filter(pk=request_token).first() if request_token else None
    if known is not None:
        return known
    _check_payer(row, claim)
    there = next((one for one in former_decisions(claim, row) if one.pk == former), None)
    if there is None:
        raise DomainError(f"That decision doesn't stand on claim {claim.number} any more.", field="former")
    return _keep(by, row, claim, mirror(decision_of(there)), request_token)


def _check_payer(row: PaymentReconciliation, claim: Claim) -> None:
    if claim.submitted_at is None or claim.payer_id != row.payer_id:
        raise DomainError(f"Claim {claim.number} didn't go out to {row.payer_name}.", field="claim")


def _keep(
    by: User, row: PaymentReconciliation, claim: Claim, said: RemittanceClaim, token: UUID | None
) -> ClaimResponse:
    last = row.responses.aggregate(last=Max("sequence"))["last"] or 0
    return ClaimResponse.objects.create(
        id=token or uuid7(),
        created_by=by,
        reconciliation=row,
        sequence=last + 1,
        claim=claim,
        patient=claim.patient,
        patient_control_number=claim.number,
        status_code=said.status,
        charge=said.charge,
        paid=said.paid,
        patient_responsibility=said.patient_responsibility or Decimal(0),
        payer_control_number=said.payer_claim_number[:50],
        reason_codes=reason_codes(said),
        content=decision_data(said),
    )


@action
def take_out(*, by: User, response: ClaimResponse, reason: str) -> ClaimResponse:
    """Take a decision out of a payment that isn't posted yet: it was entered wrong. Raises DomainError, Conflict."""
    open_manual(response.reconciliation)
    if not reason.strip():
        raise DomainError("Say why it is taken out.", field="reason")
    row = ClaimResponse.objects.select_for_update(of=("self",)).get(pk=response.pk)
    row.state, row.resolution = ResponseState.RESOLVED, f"Taken out: {reason.strip()}"[:300]
    row.resolved_at, row.resolved_by = timezone.now(), by
    row.save(update_fields=["state", "resolution", "resolved_at", "resolved_by", "updated_at"])
    return row


def open_manual(reconciliation: PaymentReconciliation) -> PaymentReconciliation:
    """The payment, locked. Raises Conflict when it can't be entered any more."""
    row = PaymentReconciliation.objects.select_for_update(of=("self",)).get(pk=reconciliation.pk)
    if row.source != ReconciliationSource.MANUAL or row.status != ReconciliationStatus.DRAFT:
        raise Conflict("This payment isn't open to be entered any more.")
    return row


def entered_total(reconciliation: PaymentReconciliation) -> Decimal:
    """What the decisions entered so far say was paid."""
    waiting = reconciliation.responses.filter(state=ResponseState.WAITING)
    return waiting.aggregate(sum=Sum("paid"))["sum"] or Decimal(0)


def _check_lines(claim: Claim, row: PaymentReconciliation, lines: Sequence[EnteredLine]) -> None:
    owed = {line.charge_item: line for line in open_lines_then(claim, row)}
    for line in lines:
        amounts = [line.paid, *(reason.amount for reason in line.reasons)]
        place = f"Line {line.item.sequence} ({line.item.product_or_service})"
        if any(not amount.is_finite() or amount < 0 or amount != cents(amount) for amount in amounts):
            raise DomainError(f"{place}: enter amounts in dollars and cents, like 25.00, none below zero.")
        open_now = from_cents(owed[line.item.charge_item_id].open)
        if sum(amounts) > open_now:
            said = formats.money(sum(amounts, Decimal(0)))
            words = f"{place}: {said} is said of it, and the payer owes {formats.money(open_now)}."
            if former_decisions(claim, row):
                words += " Where the paper takes a former decision back, enter that first."
            raise DomainError(words)


def _said(claim: Claim, lines: Sequence[EnteredLine], status: str, number: str) -> RemittanceClaim:
    """The same as an electronic decision would have told; positions are 0, because there is no file."""
    told = tuple(_line(claim, line) for line in lines)
    patient = sum((r.amount for line in lines for r in line.reasons if r.group == "PR"), Decimal(0))
    return RemittanceClaim(
        patient_control_number=claim.number,
        status=status,
        charge=sum((line.charge for line in told), Decimal(0)),
        paid=sum((line.paid for line in told), Decimal(0)),
        patient_responsibility=patient,
        filing_indicator="",
        payer_claim_number=number,
        facility_type="",
        frequency="",
        header_number="",
        adjustments=(),
        names=(),
        remarks=(),
        dates=(),
        contacts=(),
        amounts=(),
        quantities=(),
        references=(),
        lines=told,
        position=0,
    )


def _line(claim: Claim, line: EnteredLine) -> RemittanceLine:
    item = line.item
    control_number = f"{claim.number}L{item.sequence}"
    return RemittanceLine(
        procedure=Procedure("HC", item.product_or_service, tuple(item.modifiers), "", 0, 1),
        charge=item.net,
        paid=line.paid,
        revenue_code="",
        units_paid=item.quantity,
        submitted=None,
        units_original=None,
        dates=(),
        adjustments=tuple(Adjustment(r.group, r.code, r.amount, None, 0, 2) for r in line.reasons),
        references=(Reference("6R", control_number, 0),),
        amounts=(),
        quantities=(),
        remarks=(),
        position=0,
    )
