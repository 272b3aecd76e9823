"""Results that another system sent: filed once, and what comes later is put beside what was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from django.utils import timezone

from clinic.actions.errors import enter_in_error
from clinic.actions.orders import reopen_order
from clinic.actions.results import (
    REVIEW,
    SETTLED,
    Result,
    answer_order,
    category_of,
    look_again,
    record_result,
    supersede,
)
from clinic.choices import PENDING, ObservationStatus, ReportStatus
from clinic.models import DiagnosticReport, Observation, Patient, ServiceRequest
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.errors import DomainError

#: How far a sender's clock may be ahead of ours.
_AHEAD = timedelta(days=1)
_VALUE = (
    *("value_quantity", "value_comparator", "value_unit", "value_code", "value_display", "value_text"),
    *("absent_reason", "interpretation", "reference_low", "reference_high", "reference_text", "note"),
)
_TAKEN_BACK = "The laboratory took it back."
#: Words after which the first one, should it come at the same time, is an old one.
_LATER_WORDS = (ObservationStatus.CORRECTED, ObservationStatus.AMENDED)
#: What is final without its value said again is the value that was said before (OBX-11 ``U``).
_SETTLES = (ObservationStatus.FINAL, ObservationStatus.UNKNOWN)


@dataclass(frozen=True)
class SaidReport:
    """A report as its sender says it. ``filler`` is its number in ``filler_system``; empty, each is a new report.

    A result of the status ``entered-in-error`` takes back the one that was sent before.
    """

    coding: Coding
    effective_at: datetime
    issued_at: datetime | None = None
    filler: str = ""
    filler_system: str = ""
    status: str = ""
    performer: str = ""
    conclusion: str = ""
    results: Sequence[Result] = ()


@action
def file_report(
    *, by: User, patient: Patient, said: SaidReport, order: ServiceRequest | None = None
) -> DiagnosticReport:
    """File a report, or bring the one on file with its number to what is said now. It waits for a review.

    A value that differs is a new row beside the old one; what is preliminary, or was issued earlier, never replaces
    what is final. The same again changes nothing. Raises DomainError for a number that is on file for somebody else,
    and for a report from the future.
    """
    if max(said.effective_at, said.issued_at or said.effective_at) > timezone.now() + _AHEAD:
        raise DomainError("The report is dated in the future.")
    Patient.objects.select_for_update().only("pk").get(pk=patient.pk)
    report = _on_file(patient, said)
    if report is None:
        return _filed(by, patient, said, order)
    age = _Age.of(report, said)
    rows = _Rows(
        {_key(row): row for row in report.results.standing()},
        {_key(row) for row in report.results.exclude(entered_in_error_at=None)},
    )
    changed = [_brought(by, report, rows, result, age) for result in said.results]
    stale = age == _Age.EARLIER
    status = report.status if stale else _status(report, said)
    conclusion = said.conclusion if said.conclusion and not stale else report.conclusion
    if any(changed) or (status, conclusion) != (report.status, report.conclusion):
        _change(by, report, said, status, conclusion, order)
    return report


class _Age(Enum):
    """When a report was issued that speaks of one on file: before it, at the same time, or after it."""

    EARLIER, SAME, LATER = range(3)

    @classmethod
    def of(cls, report: DiagnosticReport, said: SaidReport) -> _Age:
        """Without both times what came last counts as later."""
        if report.issued_at is None or said.issued_at is None or said.issued_at > report.issued_at:
            return cls.LATER
        return cls.SAME if said.issued_at == report.issued_at else cls.EARLIER


@dataclass(frozen=True)
class _Rows:
    """What a report holds by code and place: the values that stand, and which were taken back."""

    standing: dict[tuple[str, str], Observation]
    taken_back: set[tuple[str, str]]


def _key(row: Observation) -> tuple[str, str]:
    return row.code or row.display, row.sub_id


@action
def take_back_report(*, by: User, report: DiagnosticReport, reason: str) -> DiagnosticReport:
    """Enter a report and all its results in error; the order that it had closed is open again."""
    for row in report.results.filter(entered_in_error_at=None):
        enter_in_error(by=by, row=row, reason=reason)
    if report.based_on is not None:
        reopen_order(by=by, order=report.based_on, reason=f"Its result was taken back: {reason}")
    return enter_in_error(by=by, row=report, reason=reason)


def _on_file(patient: Patient, said: SaidReport) -> DiagnosticReport | None:
    """The report with this number; never by an empty one."""
    if not said.filler:
        return None
    known = (
        DiagnosticReport.objects.select_for_update(of=("self",))
        .select_related("based_on")
        .filter(
            identifier_system=said.filler_system,
            identifier_value=said.filler,
            system=said.coding.system,
            code=said.coding.code,
            entered_in_error_at=None,
        )
    )
    if not said.coding.code:
        known = known.filter(display=said.coding.display)
    report = known.first()
    if report is not None and report.patient_id != patient.pk:
        raise DomainError("The laboratory's number of this report is on file for another patient.")
    return report


def _filed(by: User, patient: Patient, said: SaidReport, order: ServiceRequest | None) -> DiagnosticReport:
    report = DiagnosticReport(
        created_by=by,
        patient=patient,
        category=category_of(order),
        system=said.coding.system,
        code=said.coding.code,
        display=said.coding.display,
        effective_at=said.effective_at,
        issued_at=said.issued_at,
        based_on=order,
        performer=said.performer,
        identifier_system=said.filler_system if said.filler else "",
        identifier_value=said.filler,
        conclusion=said.conclusion,
        needs_review=True,
        status=settled_status(said.status, [result.status for result in said.results], replaced=False),
    )
    report.save(force_insert=True)
    for result in said.results:
        if result.status == ObservationStatus.ENTERED_IN_ERROR:
            _taken_back(by, report, result)
        else:
            record_result(by, report, result)
    answer_order(by, report)
    return report


def _taken_back(by: User, report: DiagnosticReport, result: Result) -> None:
    """Keep that a result was taken back whose own message may come only later."""
    row = record_result(by, report, replace(result, status=ObservationStatus.UNKNOWN, absent=_absent(result)))
    enter_in_error(by=by, row=row, reason=_TAKEN_BACK)


def _absent(result: Result) -> str:
    empty = result.value is None and result.answer is None and not result.words
    return result.absent or ("unknown" if empty else "")


def _change(
    by: User, report: DiagnosticReport, said: SaidReport, status: str, conclusion: str, order: ServiceRequest | None
) -> None:
    report.status, report.conclusion = status, conclusion
    report.issued_at = max(filter(None, (report.issued_at, said.issued_at)), default=None)
    report.based_on = report.based_on or order
    look_again(report)
    report.save(update_fields=["status", "conclusion", "issued_at", "based_on", *REVIEW, "updated_at"])
    answer_order(by, report)


def _brought(by: User, report: DiagnosticReport, rows: _Rows, result: Result, age: _Age) -> bool:
    """Bring one result to what is said now; whether anything changed."""
    key = (result.coding.code or result.coding.display, result.sub_id)
    old = rows.standing.get(key)
    taken_back = result.status == ObservationStatus.ENTERED_IN_ERROR
    if old is None:
        # What was taken back stays so, unless it is said anew later than that.
        if key in rows.taken_back and (taken_back or age != _Age.LATER):
            return False
        if taken_back:
            _taken_back(by, report, result)
        else:
            rows.standing[key] = record_result(by, report, result)
        return True
    if age == _Age.EARLIER or (old.status not in PENDING and result.status in PENDING):
        return False
    if age == _Age.SAME and old.status in _LATER_WORDS and result.status == ObservationStatus.FINAL:
        return False
    if taken_back:
        enter_in_error(by=by, row=old, reason=_TAKEN_BACK)
        return True
    if _same(old, result) or (result.absent == "unknown" and result.status in _SETTLES):
        return _moved_on(old, result)
    rows.standing[key] = supersede(by, report, old, _as_correction(old, result))
    return True


def _moved_on(old: Observation, result: Result) -> bool:
    """The same value with another status: preliminary became final."""
    if old.status == result.status or old.status in _LATER_WORDS:
        return False
    old.status = result.status
    old.save(update_fields=["status", "updated_at"])
    return True


def _same(old: Observation, result: Result) -> bool:
    answer = result.answer or Coding("", "", "")
    said = (
        *(result.value, result.comparator, result.unit, answer.code, answer.display, result.words),
        *(result.absent, result.interpretation, result.low, result.high, result.range_text, result.note[:500]),
    )
    return tuple(getattr(old, name) for name in _VALUE) == said


def _as_correction(old: Observation, result: Result) -> Result:
    """What was final and is another value now is a correction, whatever its sender calls it; another comment on the
    same value amends it."""
    if old.status in PENDING or result.status != ObservationStatus.FINAL:
        return result
    same = _same(old, replace(result, note=old.note))
    return replace(result, status=ObservationStatus.AMENDED if same else ObservationStatus.CORRECTED)


def _status(report: DiagnosticReport, said: SaidReport) -> str:
    rows = list(report.results.standing())
    replaced = any(row.status == ObservationStatus.CORRECTED for row in rows)
    status = settled_status(said.status, [row.status for row in rows], replaced=replaced)
    # A report that was complete is not made incomplete by a message that says less.
    if report.status in SETTLED and status not in SETTLED and not any(row.status in PENDING for row in rows):
        return report.status
    return status


def settled_status(said: str, results: Sequence[str], *, replaced: bool) -> str:
    """The status of a report: what its sender says, but never more complete than its results are."""
    live = [status for status in results if status not in {ObservationStatus.CANCELLED, "entered-in-error"}]
    if results and not live:
        return ReportStatus.CANCELLED
    pending = [status for status in live if status in PENDING]
    if pending:
        if len(pending) < len(live):
            return ReportStatus.PARTIAL
        return said if said in {"registered", "partial"} else ReportStatus.PRELIMINARY
    if said in {"registered", "partial", "preliminary", "cancelled"} and not (said == "cancelled" and live):
        return said
    return ReportStatus.CORRECTED if replaced or said == "corrected" else ReportStatus.FINAL
