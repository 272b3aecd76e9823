"""What is said of claims before anybody decides on paying: TA1, 999 and 277CA, each told to the claims it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from billing.actions.ledger import lock_patients
from billing.actions.settling import STATE_FIELDS, put
from billing.choices import AcknowledgementOutcome, ClaimState, FileKind, FileState
from billing.claim_states import may_go
from billing.models import Claim, ClaimAcknowledgement, ClaimBatch, ReceivedFile
from billing.x12 import envelope
from billing.x12.acknowledgements import (
    GroupResponse,
    InterchangeResponse,
    MessageResponse,
    Outcome,
    Reason,
    group_response,
    interchange_response,
)
from billing.x12.claim_acknowledgements import Level, StatusReport, Verdict, status_reports
from billing.x12.envelope import Kind, Transaction
from billing.x12.notes import Notes
from billing.x12.professional.stream import CLAIMS_PER_SET
from billing.x12.segments import X12Error
from emr.accounts.models import User
from emr.audit.action import action

_REJECTED, _ACCEPTED = AcknowledgementOutcome.REJECTED, AcknowledgementOutcome.ACCEPTED
#: Claims of which nothing but acknowledgements were heard: only these are moved by one.
_WAITING = frozenset({ClaimState.SUBMITTED, ClaimState.ACCEPTED, ClaimState.REJECTED})
_CLAIM_NUMBER = "CLM01"
#: The functional group in which claims went out; what is said of another is no word on them.
_CLAIMS = "HC"
#: What closes a message, a group, an interchange: where it doesn't agree with what stands inside, something is lost.
_TRAILERS = frozenset({"SE", "GE", "IEA"})


@dataclass(frozen=True)
class _Said:
    """What one segment of a file says of a batch, or of some claims."""

    kind: FileKind
    position: int
    outcome: AcknowledgementOutcome
    message: str
    codes: list[str]
    payer_control_number: str = ""


@dataclass(frozen=True)
class _Telling:
    """What is to be kept: of a claim, or of a batch alone."""

    about: _Said
    batch: ClaimBatch | None = None
    claim: Claim | None = None


@action
def take_in_acknowledgements(*, by: User, file: ReceivedFile, content: BinaryIO) -> list[ClaimAcknowledgement]:
    """Keep what a file of acknowledgements says, and let the claims stand where it puts them: rejected with the reason,
    or accepted under the payer's number. All of it, or, where a segment can't be read or one is lost, nothing
    (X12Error).
    """
    told: list[_Telling] = []
    kind, notes = FileKind.OTHER, Notes()
    for transaction in envelope.read(content, notes=notes):
        if transaction.kind is Kind.INTERCHANGE_RESPONSE:
            kind, found = FileKind.INTERCHANGE_ACKNOWLEDGEMENT, _of_interchange(transaction)
        elif transaction.kind is Kind.SYNTAX_RESPONSE:
            kind, found = FileKind.ACKNOWLEDGEMENT, _of_group(transaction)
        elif transaction.kind is Kind.CLAIM_STATUS:
            kind, found = FileKind.CLAIM_ACKNOWLEDGEMENT, _of_claims(transaction)
        else:
            raise transaction.start.error(f"{transaction.set_id} is no acknowledgement.")
        told += found
    for note in notes.kept:
        if note.serious and note.segment_id in _TRAILERS:
            raise X12Error(note.text, position=note.position, segment_id=note.segment_id, element=note.element)
    if not told:
        raise X12Error("The file says nothing of any batch or claim of this clinic.")
    claims = _locked({one.claim for one in told if one.claim is not None})
    kept = [_keep(by, file, one, claims) for one in told]
    file.kind, file.state = kind, FileState.READ
    file.save(update_fields=["kind", "state", "updated_at"])
    return kept


def _locked(claims: Collection[Claim]) -> dict[UUID, Claim]:
    """The claims by their keys: all patients are locked first, then all claims in one order, as where money is posted,
    so that neither waits for the other.
    """
    lock_patients(claim.patient_id for claim in claims)
    rows = Claim.objects.select_for_update(of=("self",)).filter(pk__in=[claim.pk for claim in claims])
    return {row.pk: row for row in rows.defer("snapshot", "lineage").order_by("pk")}


def _of_interchange(transaction: Transaction) -> list[_Telling]:
    said: InterchangeResponse = interchange_response(transaction)
    batch = _batch(said.control_number)
    about = _Said(
        FileKind.INTERCHANGE_ACKNOWLEDGEMENT,
        said.position,
        _outcome(said.outcome),
        said.reason.meaning if said.outcome is not Outcome.ACCEPTED else "",
        [f"TA1:{said.reason.code}"],
    )
    return _of_batch(batch, about) if batch else []


def _of_group(transaction: Transaction) -> list[_Telling]:
    said: GroupResponse = group_response(transaction)
    batch = _batch(said.control_number) if said.functional_id == _CLAIMS else None
    if batch is None:
        return []
    messages = said.messages or ()
    if not messages:
        about = _Said(
            FileKind.ACKNOWLEDGEMENT,
            said.position,
            _outcome(said.outcome),
            _sentence(said.reasons),
            _codes(said.reasons),
        )
        return _of_batch(batch, about)
    return [one for message in messages for one in _of_message(batch, message)]


def _of_message(batch: ClaimBatch, message: MessageResponse) -> Iterable[_Telling]:
    """What is said of each claim that an error names, then of all of the message, which takes in the errors that name
    none of it.
    """
    outcome, codes = _outcome(message.outcome), _codes(message.reasons)
    sent = {claim.number: claim for claim in _claims(batch, message.control_number)}
    by_claim: dict[str, list[str]] = {}
    for error in message.errors:
        number = next((one.value.strip().upper() for one in error.contexts if one.name == _CLAIM_NUMBER), "")
        where = f"{error.segment_id} in loop {error.loop}" if error.loop else error.segment_id
        words = [error.reason.meaning, *(one.reason.meaning for one in error.elements)]
        by_claim.setdefault(number if number in sent else "", []).append(f"{where}: {' '.join(words)}")
    said = " ".join([_sentence(message.reasons), *by_claim.pop("", [])]).strip()
    for number, words in by_claim.items():
        about = _Said(FileKind.ACKNOWLEDGEMENT, message.position, outcome, " ".join(words), codes)
        yield _Telling(about, batch, sent[number])
    whole = _Said(FileKind.ACKNOWLEDGEMENT, message.position, outcome, said, codes)
    yield from _of_batch(batch, whole, sent.values())


def _of_claims(transaction: Transaction) -> list[_Telling]:
    """What is said of claims, and of all that went out with them."""
    reports = list(status_reports(transaction))
    numbers = {report.trace.strip().upper() for report in reports if report.level is Level.PATIENT}
    claims = {row.number: row for row in Claim.objects.filter(number__in=numbers, submitted_at__isnull=False)}
    told = [
        _Telling(_status(report), claim=claims[report.trace.strip().upper()])
        for report in reports
        if report.level is Level.PATIENT and report.trace.strip().upper() in claims
    ]
    named = {one.claim.pk for one in told if one.claim is not None}
    return [*told, *_of_wholes(reports, named)]


def _of_wholes(reports: Iterable[StatusReport], named: Collection[UUID]) -> Iterator[_Telling]:
    """What is said of a message of ours (the receiver's level), or of all claims of one who bills in it (the
    provider's): refused there, each claim is refused of which nothing else is ``named``.
    """
    batch, part = None, ""
    for report in reports:
        if report.level is Level.RECEIVER:
            number, _, part = report.trace.strip().partition("-")
            batch = _batch(number)
        if batch is None or report.level not in (Level.RECEIVER, Level.PROVIDER) or not report.statuses:
            continue
        about = _status(report)
        if report.level is Level.RECEIVER or about.outcome == _REJECTED:
            npi = report.names[-1].identifier if report.level is Level.PROVIDER and report.names else ""
            claims = _claims(batch, part, npi)
            yield from _of_batch(batch, about, (claim for claim in claims if claim.pk not in named))


def _status(report: StatusReport) -> _Said:
    outcomes = {Verdict.ACCEPTED: _ACCEPTED, Verdict.REJECTED: _REJECTED}
    statuses = [*report.statuses, *(status for line in report.lines for status in line.statuses)]
    codes = [":".join(filter(None, (c.category, c.status, c.entity))) for status in statuses for c in status.codes]
    words = " ".join(status.message for status in statuses if status.message)
    return _Said(
        FileKind.CLAIM_ACKNOWLEDGEMENT,
        report.position,
        outcomes.get(report.verdict, AcknowledgementOutcome.WITH_ERRORS),
        words or ("Refused before it was looked at: " + ", ".join(codes) if report.verdict is Verdict.REJECTED else ""),
        codes,
        report.payer_claim_number,
    )


def _of_batch(batch: ClaimBatch, about: _Said, claims: Iterable[Claim] | None = None) -> list[_Telling]:
    """What is said of the batch; a rejection is every claim's own, of those ``claims`` or of all of it."""
    refused: Iterable[Claim] = ()
    if about.outcome == _REJECTED:
        refused = _claims(batch) if claims is None else claims
    return [_Telling(about, batch), *(_Telling(about, batch, claim) for claim in refused)]


def _keep(by: User, file: ReceivedFile, told: _Telling, locked: Mapping[UUID, Claim]) -> ClaimAcknowledgement:
    """One row. Its claim comes to stand where it says, if nothing weightier was heard of it."""
    about, claim = told.about, locked[told.claim.pk] if told.claim else None
    row = _row(by, file, about, batch=told.batch, claim=claim)
    if claim is None:
        row.save(force_insert=True)
        return row
    there = ClaimAcknowledgement.objects.filter(file=file, position=about.position, claim=claim).first()
    if there is not None:
        return there
    row.save(force_insert=True)
    if about.payer_control_number and not claim.payer_control_number:
        claim.payer_control_number = about.payer_control_number[:50]
    to = {_REJECTED: ClaimState.REJECTED, _ACCEPTED: ClaimState.ACCEPTED}.get(about.outcome)
    syntax_only = about.kind != FileKind.CLAIM_ACKNOWLEDGEMENT and to is ClaimState.ACCEPTED
    if to is not None and not syntax_only and claim.state in _WAITING and may_go(claim.state, to):
        put(claim, to, reason=about.message if to is ClaimState.REJECTED else "")
    claim.save(update_fields=[*STATE_FIELDS, "payer_control_number"])
    return row


def _row(
    by: User, file: ReceivedFile, about: _Said, *, batch: ClaimBatch | None, claim: Claim | None = None
) -> ClaimAcknowledgement:
    return ClaimAcknowledgement(
        created_by=by,
        file=file,
        position=about.position,
        batch=batch,
        claim=claim,
        patient_id=claim.patient_id if claim else None,
        kind=about.kind,
        outcome=about.outcome,
        codes=about.codes,
        message=about.message[:1000],
        payer_control_number=about.payer_control_number[:50],
    )


def _batch(control_number: str) -> ClaimBatch | None:
    """The batch that went out under an interchange's or a group's number."""
    number = control_number.strip()
    return ClaimBatch.objects.filter(control_number=int(number)).first() if number.isdecimal() else None


def _claims(batch: ClaimBatch, part: str = "", npi: str = "") -> list[Claim]:
    """The claims of a batch. Those of one message of it, where there are several (``part``: ST02, the end of BHT03);
    and of those who bill under a number, where any does.
    """
    items, number = batch.items.all(), int(part) if part.isdecimal() else 0
    first = (number - 1) * CLAIMS_PER_SET
    of_part = items.filter(position__gt=first, position__lte=first + CLAIMS_PER_SET) if number else items
    chosen = of_part if of_part.exists() else items
    rows = Claim.objects.filter(pk__in=chosen.order_by().values("claim")).defer("snapshot", "lineage").order_by("pk")
    theirs = list(rows.filter(snapshot__billing_provider__npi=npi)) if npi else []
    return theirs or list(rows)


def _outcome(said: Outcome) -> AcknowledgementOutcome:
    return {Outcome.ACCEPTED: _ACCEPTED, Outcome.REJECTED: _REJECTED}.get(said, AcknowledgementOutcome.WITH_ERRORS)


def _sentence(reasons: Iterable[Reason]) -> str:
    return " ".join(reason.meaning for reason in reasons)


def _codes(reasons: Iterable[Reason]) -> list[str]:
    return [f"{reason.list}:{reason.code}" for reason in reasons]
