"""Remittances taken in: read whole, checked at three levels, each claim found; nothing is posted yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import BinaryIO

from django.db.models import Q

from billing.choices import FileKind, FileState, ReconciliationSource, ReconciliationStatus, ResponseState
from billing.models import ClaimResponse, PaymentReconciliation, ProviderAdjustment, ReceivedFile
from billing.queries.claim_matching import Known, claims_decided, find_claim
from billing.queries.decisions import decision_data, reason_codes, remark_codes
from billing.x12.balance import Gate
from billing.x12.notes import Notes
from billing.x12.remittance import RemittanceReading, read_remittances
from billing.x12.remittance_records import RemittanceClaim
from clinic.models import Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded
from emr.shared.errors import DomainError
from emr.ui import formats

#: Claims of a file that are in memory at one time.
CHUNK = 200
#: Faults of a remittance that are kept; nobody reads more.
MOST_FINDINGS = 200
#: Payments that a sentence names.
_NAMED = 5


class AllKnown(DomainError):
    """Every payment of a file is here already: ``rows``."""

    def __init__(self, rows: Sequence[PaymentReconciliation]) -> None:
        first = rows[0]
        if len(rows) == 1:
            words = (
                f"The payment {first.trace_number} of {formats.day(first.payment_date)} over "
                f"${formats.money(first.amount)} is here already ({first.get_status_display().lower()})."
            )
        else:
            named = ", ".join(row.trace_number for row in rows[:_NAMED])
            more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
            words = f"Each of its {len(rows)} payments is here already: {named}{more}."
        super().__init__(f"{words} Nothing was taken from this file.")
        self.rows = rows


@action
def take_in_remittances(*, by: User, file: ReceivedFile, content: BinaryIO) -> list[PaymentReconciliation]:
    """Keep every remittance of a file as a draft: all that aren't here yet, or, if one can't be, none. Those that are
    here are told on the file (``known``).

    Reads the file twice, and never has more than a few hundred claims in memory. Raises X12Error for what can't be
    read, AllKnown where every payment is here already, DomainError for one that takes money back or comes twice.
    """
    notes = Notes()
    findings = [_checked(reading) for reading in read_remittances(content, notes=notes)]
    remarks = [str(note) for note in notes.kept if not note.serious][:MOST_FINDINGS]
    doubts = _doubts(notes)
    content.seek(0)
    kept: list[PaymentReconciliation] = []
    known: list[PaymentReconciliation] = []
    for reading, faults in zip(read_remittances(content), findings, strict=True):
        head = _head(by, file, reading, faults)
        head.remarks, head.doubts = remarks, doubts
        there = _there(head)
        if there in kept:
            raise DomainError(
                f"The payment {head.trace_number} stands twice in this file, the second time at segment "
                f"{head.position}. Nothing was taken from it."
            )
        if there is not None:
            known.append(there)
        else:
            kept.append(_keep(by, head, reading))
    if not kept:
        raise AllKnown(known)
    file.kind, file.state, file.known = FileKind.REMITTANCE, FileState.READ, [str(row.pk) for row in known]
    file.save(update_fields=["kind", "state", "known", "updated_at"])
    return kept


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


def _checked(reading: RemittanceReading) -> list[str]:
    gate = Gate(reading.remittance)
    for claim in reading.claims():
        gate.add(claim)
    found = [str(finding) for finding in gate.close(reading.provider_adjustments)]
    return found[-MOST_FINDINGS:]


def _keep(by: User, head: PaymentReconciliation, reading: RemittanceReading) -> PaymentReconciliation:
    """The remittance's row with its claims and the payer's own adjustments."""
    head.save(force_insert=True)
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
    return head


def _head(by: User, file: ReceivedFile, reading: RemittanceReading, findings: list[str]) -> PaymentReconciliation:
    said = reading.remittance
    payer = said.payer
    if said.payment.signed < 0:
        raise DomainError(
            f"Segment {said.payment.position} (BPR) takes {formats.money(-said.payment.signed)} from the clinic's "
            "account. Such a payment is entered by hand."
        )
    # Some payers write no true date here; the day on which they made the remittance then tells payments apart.
    paid_on = said.payment.day or (said.produced.day if said.produced else None)
    if paid_on is None:
        raise DomainError(f"Segment {said.payment.position} (BPR), element BPR16 has no date of payment.")
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
        findings=findings,
    )


def _payer(name: str, *identifiers: str) -> Payer | None:
    """The payer whose electronic id or whole name the remittance tells; a person chooses where neither is known."""
    told = [identifier for identifier in identifiers if identifier]
    by_id = list(Payer.objects.filter(payer_id__in=told)[:2])
    found = by_id or list(Payer.objects.filter(name__iexact=name.strip())[:2])
    return found[0] if len(found) == 1 else None


def _there(head: PaymentReconciliation) -> PaymentReconciliation | None:
    """The same payment, if it was taken in or entered before."""
    # By the payer too: what was entered by hand names no payer as its files do.
    same = Q(payer_identifier=head.payer_identifier)
    if head.payer is not None:
        same |= Q(payer=head.payer)
    return PaymentReconciliation.objects.filter(
        same,
        trace_number=head.trace_number,
        payment_date=head.payment_date,
        amount=head.amount,
        status__in=[ReconciliationStatus.DRAFT, ReconciliationStatus.ACTIVE],
    ).first()


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
