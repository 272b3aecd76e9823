"""Remittances taken in: read whole, checked at three levels, each claim found; nothing is posted yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice, zip_longest
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction

from billing.choices import FileKind, FileState, ReconciliationSource, ReconciliationStatus, ResponseState
from billing.models import ClaimResponse, PaymentReconciliation, ProviderAdjustment, ReceivedFile
from billing.queries.claim_matching import Known, claims_decided, find_claim
from billing.queries.decisions import decision_data, reason_codes, remark_codes
from billing.queries.same_payments import same_payments
from billing.x12.balance import Gate
from billing.x12.notes import Notes
from billing.x12.remittance import RemittanceReading, read_remittances
from billing.x12.remittance_records import RemittanceClaim
from clinic.models import Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded
from emr.shared.dates import on_calendar
from emr.shared.errors import DomainError
from emr.shared.streams import streamed
from emr.ui import formats

#: Claims of a file that are in memory at one time.
CHUNK = 200
#: Faults of a remittance that are kept; nobody reads more.
MOST_FINDINGS = 200
#: Payments that a sentence names.
_MOST_NAMED = 5


class AllKnown(DomainError):
    """Every payment of a file is here already: ``rows``."""

    def __init__(self, rows: Sequence[PaymentReconciliation]) -> None:
        if len(rows) == 1:
            words = f"{_named(rows[0])} is here already ({rows[0].get_status_display().lower()})."
        else:
            named = ", ".join(row.trace_number for row in rows[:_MOST_NAMED])
            more = f" and {len(rows) - _MOST_NAMED} more" if len(rows) > _MOST_NAMED else ""
            words = f"Each of its {len(rows)} payments is here already: {named}{more}."
        super().__init__(f"{words} Nothing was taken from this file.")
        self.rows = rows


def _named(row: PaymentReconciliation) -> str:
    return f"The payment {row.trace_number} of {formats.day(row.payment_date)} over ${formats.money(row.amount)}"


@action
def take_in_remittances(*, by: User, file: ReceivedFile, content: BinaryIO) -> list[PaymentReconciliation]:
    """Keep every remittance of a file as a draft: all that aren't here yet, or, if one can't be, none. Those that are
    here are told on the file (``known``).

    Reads the file twice, and never has more than a few hundred claims in memory. Raises X12Error for what can't be
    read, AllKnown where every payment is here already, DomainError for one that takes money back, that comes twice, or
    that is here with other decisions.
    """
    notes = Notes()
    heads = [_checked(by, file, reading) for reading in read_remittances(content, notes=notes)]
    remarks, doubts = [str(note) for note in notes.kept if not note.serious][:MOST_FINDINGS], _doubts(notes)
    for head in heads:
        head.remarks, head.doubts = remarks, doubts
    known = _keep_heads(heads)
    content.seek(0)
    for head, reading in zip(heads, read_remittances(content), strict=True):
        if head.position in known:
            _check_says_the_same(known[head.position], reading)
        else:
            _keep_claims(by, head, reading)
    if len(known) == len(heads):
        raise AllKnown([known[head.position] for head in heads])
    file.kind, file.state = FileKind.REMITTANCE, FileState.READ
    file.known = [str(known[head.position].pk) for head in heads if head.position in known]
    file.save(update_fields=["kind", "state", "known", "updated_at"])
    return [head for head in heads if head.position not in known]


@action
def set_aside(*, by: User, reconciliation: PaymentReconciliation, reason: str) -> PaymentReconciliation:
    """Say that a remittance isn't posted, ever; the same payment can then be taken in again. Raises DomainError."""
    row = PaymentReconciliation.objects.select_for_update().get(pk=reconciliation.pk)
    if row.status != ReconciliationStatus.DRAFT:
        raise DomainError(f"This remittance is {row.get_status_display().lower()} already.")
    if not reason.strip():
        raise DomainError("Say why the remittance is set aside.", field="reason")
    row.status, row.status_reason = ReconciliationStatus.CANCELLED, reason.strip()[:200]
    row.save(update_fields=["status", "status_reason", "updated_at"])
    return row


def _doubts(notes: Notes) -> list[str]:
    """What of a file a person has to look at before any of it is posted."""
    kept = [str(note) for note in notes.kept if note.serious][:MOST_FINDINGS]
    return kept or (["There is more that is irregular than is kept."] if notes.serious else [])


def _checked(by: User, file: ReceivedFile, reading: RemittanceReading) -> PaymentReconciliation:
    """A remittance's row, yet to be saved, with what is wrong with its sums."""
    head, gate = _head(by, file, reading), Gate(reading.remittance)
    for claim in reading.claims():
        gate.add(claim)
        head.claim_count += 1
    head.findings = [str(finding) for finding in gate.close(reading.provider_adjustments)][-MOST_FINDINGS:]
    return head


def _keep_heads(heads: Iterable[PaymentReconciliation]) -> dict[int, PaymentReconciliation]:
    """Save the rows of what is new; gives the others by their position, as they are here. Another file that brings one
    of them at the same moment is waited for; all files do so in one order, so that no two wait for each other.
    """
    known: dict[int, PaymentReconciliation] = {}
    new = set[UUID]()
    for head in sorted(heads, key=lambda one: (one.trace_number, one.payment_date, one.amount, one.payer_identifier)):
        there = same_payments(head).first() or _saved(head)
        if there is None:
            new.add(head.pk)
        elif there.pk in new:
            raise DomainError(
                f"The payment {head.trace_number} stands twice in this file, the second time at segment "
                f"{head.position}. Nothing was taken from it."
            )
        else:
            known[head.position] = there
    return known


def _saved(head: PaymentReconciliation) -> PaymentReconciliation | None:
    """Save a row; gives the one of the same payment where somebody was faster."""
    try:
        with transaction.atomic():
            head.save(force_insert=True)
    except IntegrityError:
        there = same_payments(head).first()
        if there is None:
            raise
        return there
    return None


def _check_says_the_same(there: PaymentReconciliation, reading: RemittanceReading) -> None:
    """Raise DomainError where a file says otherwise of the claims of a payment than what is here of it: payers use a
    number twice, above all where nothing is paid, and nothing of that may be lost unseen.
    """
    if there.source != ReconciliationSource.ERA:
        return
    rows = there.responses.order_by("sequence")
    told = ((one.patient_control_number[:38], one.status[:2], one.charge, one.paid) for one in reading.claims())
    with streamed(rows.values_list("patient_control_number", "status_code", "charge", "paid"), CHUNK) as kept:
        differs = any(ours != theirs for ours, theirs in zip_longest(kept, told))
    if differs:
        raise DomainError(
            f"{_named(there)} is here already, and this file says otherwise of its claims. Nothing was taken from this "
            "file. Set the one that is here aside, or take it back, if this one is right; another payment under the "
            "same number is entered as one from paper."
        )


def _keep_claims(by: User, head: PaymentReconciliation, reading: RemittanceReading) -> None:
    """What a remittance says of claims, and the payer's own adjustments."""
    sequence = 0
    for claims in _chunks(reading.claims()):
        known = claims_decided(claims)
        rows = [response_row(by, head, number, said, known) for number, said in enumerate(claims, sequence + 1)]
        bulk_create_recorded(rows)
        sequence += len(rows)
    adjustments = [
        ProviderAdjustment(
            created_by=by,
            reconciliation=head,
            sequence=number,
            position=one.position,
            code=one.reason,
            reference=one.reference[:50],
            fiscal_date=one.fiscal_day,
            amount=one.amount,
        )
        for number, one in enumerate(reading.provider_adjustments, 1)
    ]
    bulk_create_recorded(adjustments)


def _head(by: User, file: ReceivedFile, reading: RemittanceReading) -> PaymentReconciliation:
    said = reading.remittance
    payer = said.payer
    if said.payment.signed < 0:
        raise DomainError(
            f"Segment {said.payment.position} (BPR) takes {formats.money(-said.payment.signed)} from the clinic's "
            "account. A payer carries such an amount forward, in a remittance over 0.00 (PLB, reason FB): ask for that."
        )
    # Some payers write no true date here; the day on which they made the remittance then tells payments apart.
    paid_on = said.payment.day or (said.produced.day if said.produced else None)
    if paid_on is None:
        raise DomainError(f"Segment {said.payment.position} (BPR), element BPR16 has no date of payment.")
    if not on_calendar(paid_on):
        raise DomainError(f"Segment {said.payment.position} (BPR), element BPR16: nothing was paid in {paid_on.year}.")
    name = payer.name if payer else ""
    identifier = said.trace.originator or said.payment.originator
    return PaymentReconciliation(
        created_by=by,
        source=ReconciliationSource.ERA,
        file=file,
        position=said.position,
        payer=_payer(name, payer.identifier if payer else "", identifier),
        payer_name=name[:60] or "Not named",
        payer_identifier=identifier[:30],
        trace_number=said.trace.number[:50],
        payment_date=paid_on,
        amount=said.payment.signed,
        method=said.payment.method[:3],
    )


def _payer(name: str, *identifiers: str) -> Payer | None:
    """The payer whose electronic id or whole name the remittance tells; a person chooses where neither is known."""
    told = [identifier for identifier in identifiers if identifier]
    by_id = list(Payer.objects.filter(payer_id__in=told)[:2])
    found = by_id or list(Payer.objects.filter(name__iexact=name.strip())[:2])
    return found[0] if len(found) == 1 else None


def response_row(
    by: User, head: PaymentReconciliation, sequence: int, said: RemittanceClaim, known: Known
) -> ClaimResponse:
    """A decision as it is kept, yet to be saved, with the claim that it is about, if one is known."""
    found = find_claim(said, known, head.payer)
    patient = said.name("QC")
    state = ResponseState.UNMATCHED if found.claim is None else ResponseState.REVIEW
    return ClaimResponse(
        created_by=by,
        reconciliation=head,
        sequence=sequence,
        position=said.position,
        claim=found.claim,
        patient=found.claim.patient if found.claim else None,
        state=state if found.why else ResponseState.WAITING,
        why=found.why[:300],
        patient_control_number=said.patient_control_number[:38],
        status_code=said.status[:2],
        charge=said.charge,
        paid=said.paid,
        patient_responsibility=said.patient_responsibility or Decimal(0),
        payer_control_number=said.payer_claim_number[:50],
        patient_name=", ".join(filter(None, (patient.last, patient.first)))[:120] if patient else "",
        reason_codes=reason_codes(said),
        remark_codes=remark_codes(said),
        content=decision_data(said),
    )


def _chunks(claims: Iterator[RemittanceClaim]) -> Iterator[Sequence[RemittanceClaim]]:
    while chunk := list(islice(claims, CHUNK)):
        yield chunk
