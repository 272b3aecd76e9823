"""Result messages: taken in once, filed where it is clear whose they are, else kept until a person says so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import DataError, IntegrityError

from clinic.access import visible_to
from clinic.actions.errors import enter_in_error
from clinic.actions.result_filing import file_report, take_back_report
from clinic.actions.results import SETTLED
from clinic.choices import CRITICAL
from clinic.models import DiagnosticReport, Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_zone
from emr.shared.errors import DomainError
from interop.actions.waiting import end_waiting, locked, make_wait, one_at_a_time
from interop.hl7v2 import oru
from interop.hl7v2.matching import differences, order_for, whose
from interop.hl7v2.reports import said_reports
from interop.models import RESULT_MESSAGE, FiledReport, SourceRecord, WaitingMessage, WaitingStatus


class Became(StrEnum):
    """What became of a message."""

    FILED = "filed"
    WAITING = "waiting"
    KNOWN = "known"


@dataclass(frozen=True)
class Receipt:
    """What became of a message, and why it waits."""

    became: Became
    control_id: str
    reason: str = ""


@action
def receive_message(*, by: User, text: str) -> Receipt:
    """Keep a message and file what it says; the same one again changes nothing. Raises UnreadableMessage.

    Where it isn't clear whose it is, or the chart refuses it, it waits for a person: nothing is lost, nothing guessed.
    """
    text = text.replace("\x00", "")
    message = oru.read(text, clinic_zone())
    source, key = (message.sender or "unnamed")[:200], message.control_id[:200]
    one_at_a_time(f"{source} {key}")
    digest = hashlib.sha256(text.strip().encode()).hexdigest()
    known = SourceRecord.objects.filter(source=source, resource_type=RESULT_MESSAGE, source_id=key)
    if known.filter(content_hash=digest).exists():
        return Receipt(Became.KNOWN, message.control_id)
    record = SourceRecord.objects.create(
        source=source,
        resource_type=RESULT_MESSAGE,
        source_id=key,
        version=known.count() + 1,
        content={"message": text},
        content_hash=digest,
        imported_by=by,
    )
    match = whose(message)
    reason = match.reason
    if match.patient is not None:
        try:
            _refuse_taken_out(match.patient, message)
            _file(by=by, record=record, message=message, patient=match.patient)
        except DomainError as refused:
            reason = refused.message
        else:
            return Receipt(Became.FILED, message.control_id)
    make_wait(by=by, record=record, reason=reason, critical=is_critical(message))
    return Receipt(Became.WAITING, message.control_id, reason)


@action
def match_message(*, by: User, waiting: WaitingMessage, mrn: str, birth_date: date, reason: str = "") -> Patient:
    """File a waiting message in the chart that has this record number and this date of birth, both typed anew.

    Where the message itself says another name or date of birth, that asks for a reason. Raises DomainError where there
    is no such chart that the user may open, or the chart refuses the report; Conflict for one that waits no more.
    """
    row = locked(waiting)
    patient = visible_to(by).filter(mrn="".join(mrn.split()), birth_date=birth_date, replaced_by=None).first()
    if patient is None or not mrn.strip():
        raise DomainError("No chart that you may open has this number and this date of birth.", field="mrn")
    message = read_record(row.message)
    against = differences(message.subject, patient)
    if against and not reason.strip():
        raise DomainError(f"Say why it is this patient: {' and '.join(against)}.", field="reason")
    _file(by=by, record=row.message, message=message, patient=patient)
    end_waiting(by=by, waiting=row, status=WaitingStatus.MATCHED, reason=reason)
    return patient


@action
def dismiss_message(*, by: User, waiting: WaitingMessage, reason: str) -> WaitingMessage:
    """Say that a message belongs to no chart here. It is kept. Raises DomainError without a reason."""
    if not reason.strip():
        raise DomainError("Say why it belongs to nobody here.", field="reason")
    return end_waiting(by=by, waiting=locked(waiting), status=WaitingStatus.DISMISSED, reason=reason)


@action
def undo_filing(*, by: User, report: DiagnosticReport, reason: str) -> int:
    """Take a report out of a chart to which its messages don't belong, with all else that those messages brought.

    The reports are entered in error, their orders open again; the messages wait anew, and their number is given.
    Raises DomainError without a reason, and for a report that no message brought.
    """
    if not reason.strip():
        raise DomainError("Say why it is not this patient's.", field="reason")
    filings = _together(report)
    if not filings:
        raise DomainError("No message brought this report. Mark it as entered in error.")
    for one in {filing.report_id: filing.report for filing in filings}.values():
        take_back_report(by=by, report=one, reason=reason)
    messages = {filing.message_id: filing.message for filing in filings}
    for filing in filings:
        enter_in_error(by=by, row=filing, reason=reason)
    for message in messages.values():
        why = f"Taken out of a chart: {reason.strip()}"
        make_wait(by=by, record=message, reason=why, critical=_was_critical(message))
    return len(messages)


def _was_critical(record: SourceRecord) -> bool:
    """Whether a kept message tells a critical value; one that isn't read any more as it once was waits all the same."""
    try:
        return is_critical(read_record(record))
    except oru.UnreadableMessage:
        return False


def read_record(record: SourceRecord) -> oru.Message:
    """A kept message in parts."""
    return oru.read(str(record.content["message"]), clinic_zone())


def is_critical(message: oru.Message) -> bool:
    """Whether the laboratory flags a value as one of which somebody must be told at once."""
    flags = {flag.upper() for report in message.reports for row in report.results for flag in row.flags}
    return not flags.isdisjoint(CRITICAL)


def _file(*, by: User, record: SourceRecord, message: oru.Message, patient: Patient) -> None:
    """File every report of a message, or none. Raises DomainError where the chart doesn't take it."""
    try:
        _file_all(by=by, record=record, message=message, patient=patient)
    except (DataError, IntegrityError) as error:
        # Its sender could send it for ever: what no column holds is for a person to read.
        raise DomainError("It holds something that the chart can't keep. Enter it by hand.") from error


@action
def _file_all(*, by: User, record: SourceRecord, message: oru.Message, patient: Patient) -> None:
    done: set[object] = set()
    pairs = zip(said_reports(message, record.imported_at), message.reports, strict=True)
    # What is settled comes last: an order that both answer is done only when nothing more is to come.
    for said, sent in sorted(pairs, key=lambda pair: pair[0].status in SETTLED):
        report = file_report(by=by, patient=patient, said=said, order=order_for(patient, sent.placer))
        if report.pk not in done:
            FiledReport.objects.create(created_by=by, message=record, patient=patient, report=report)
            done.add(report.pk)


def _refuse_taken_out(patient: Patient, message: oru.Message) -> None:
    """Raise DomainError for a report that a person took out of this very chart: whose it is, a person says."""
    for said in said_reports(message):
        same = patient.diagnostic_reports.filter(identifier_system=said.filler_system, identifier_value=said.filler)
        stands = same.filter(entered_in_error_at=None).exists()
        if not stands and same.exists():
            raise DomainError("A report with its number was taken out of the chart that its numbers lead to.")


def _together(report: DiagnosticReport) -> list[FiledReport]:
    """What stands of the messages that brought a report, and of those that brought anything else of them."""
    standing = FiledReport.objects.filter(entered_in_error_at=None).select_related("message", "report")
    found: dict[object, FiledReport] = {}
    wanted = list(standing.filter(report=report))
    while wanted:
        found |= {one.pk: one for one in wanted}
        messages, reports = ({getattr(one, name) for one in found.values()} for name in ("message_id", "report_id"))
        more = [*standing.filter(message__in=messages), *standing.filter(report__in=reports)]
        wanted = [one for one in more if one.pk not in found]
    return list(found.values())
