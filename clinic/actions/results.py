"""Results by hand: a report and what it holds, as they were sent on paper or told; a value corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from clinic.actions.errors import refuse_errored
from clinic.actions.lists import CHANGED, stamp
from clinic.actions.orders import complete_order, move_order, reopen_order
from clinic.choices import PENDING, Comparator, Interpretation, ObservationCategory, ObservationStatus, ReportStatus
from clinic.models import DiagnosticReport, Encounter, Note, Observation, Patient, ServiceRequest
from clinic.models.orders import OrderCategory, OrderStatus, OrderStep
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7

#: Reports to which nothing more is to come.
SETTLED = frozenset({ReportStatus.FINAL, ReportStatus.CORRECTED, ReportStatus.AMENDED, ReportStatus.APPENDED})
_IMAGES = frozenset({OrderCategory.IMAGING})
#: The status of a report's results where it is none of theirs: those that are there stand.
_ROW_STATUS: dict[str, str] = {
    ReportStatus.PARTIAL: ObservationStatus.FINAL,
    ReportStatus.APPENDED: ObservationStatus.FINAL,
}


@dataclass(frozen=True)
class Result:
    """One result of a report: a number with its UCUM unit, or an answer, or words; the laboratory's range and flag.

    ``status`` is FHIR's; empty, it is that of the report. ``sub_id`` tells apart results of one code.
    """

    coding: Coding
    value: Decimal | None = None
    unit: str = ""
    words: str = ""
    comparator: str = ""
    interpretation: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    range_text: str = ""
    answer: Coding | None = None
    absent: str = ""
    sub_id: str = ""
    status: str = ""
    note: str = ""
    effective_at: datetime | None = None


@action
def record_report(
    *,
    by: User,
    patient: Patient,
    coding: Coding,
    effective_at: datetime,
    results: Sequence[Result],
    issued_at: datetime | None = None,
    encounter: Encounter | None = None,
    status: str = ReportStatus.FINAL,
    conclusion: str = "",
    order: ServiceRequest | None = None,
    performer: str = "",
    needs_review: bool = False,
    request_token: UUID | None = None,
) -> DiagnosticReport:
    """Record a report with its results. ``effective_at`` is when the specimen was taken. It answers ``order``.

    The ``request_token`` becomes its key: the same form sent twice records once. Raises DomainError for a report that
    says nothing, one from the future, and a result without a value.
    """
    Patient.objects.select_for_update().only("pk").get(pk=patient.pk)
    known = patient.diagnostic_reports.filter(pk=request_token).first() if request_token else None
    if known is not None:
        return known
    if not results and not conclusion.strip():
        raise DomainError("A report needs at least one result, or a conclusion in words.")
    if max(effective_at, issued_at or effective_at) > timezone.now():
        raise DomainError("A result can't be from the future.", field="effective_at")
    report = DiagnosticReport.objects.create(
        id=request_token or uuid7(),
        created_by=by,
        patient=patient,
        encounter=encounter,
        status=status,
        category=category_of(order),
        system=coding.system,
        code=coding.code,
        display=coding.display,
        effective_at=effective_at,
        issued_at=issued_at,
        conclusion=conclusion.strip(),
        performer=performer.strip(),
        based_on=order,
        needs_review=needs_review,
    )
    for result in results:
        record_result(by, report, result)
    answer_order(by, report)
    return report


@action
def continue_report(
    *,
    by: User,
    report: DiagnosticReport,
    results: Sequence[Result],
    status: str,
    conclusion: str = "",
    seen: str = "",
) -> DiagnosticReport:
    """Add what came later to a report by hand that is not complete, or say that it is complete now.

    What is there stays; what was preliminary is final with the report. Further findings go below those on file. Who
    reviewed it has to look again, and what is complete answers its order. ``seen`` is the report's ``stamp`` when the
    form was shown. Raises Conflict where it changed since; DomainError for a report that a laboratory sends or that is
    complete, for nothing new, and for a test that the report holds already.
    """
    row = DiagnosticReport.objects.select_for_update(of=("self",)).select_related("based_on").get(pk=report.pk)
    refuse_errored(row)
    if seen and seen != stamp(row):
        raise Conflict(CHANGED)
    if not continues(row):
        raise DomainError("Nothing more is added by hand: the report is complete, or its laboratory sends the rest.")
    if not results and not conclusion.strip() and status == row.status:
        raise DomainError("Enter what came, or say that the report is final.", field="status")
    _refuse_known(row, results)
    row.status = status
    row.conclusion = "\n\n".join(filter(None, [row.conclusion, conclusion.strip()]))
    look_again(row)
    row.save(update_fields=["status", "conclusion", *REVIEW, "updated_at"])
    for result in results:
        record_result(by, row, result)
    if status in SETTLED:
        _settle(row)
    answer_order(by, row)
    return row


def continues(report: DiagnosticReport) -> bool:
    """Whether more may be added to a report by hand."""
    return not report.identifier_value and report.status not in {*SETTLED, ReportStatus.CANCELLED}


def _refuse_known(report: DiagnosticReport, results: Sequence[Result]) -> None:
    """Refuse a result whose test stands in the report: another value of it is a correction."""
    there = {row.code or row.display.casefold(): row.display for row in report.results.standing()}
    for result in results:
        if known := there.get(result.coding.code or result.coding.display.casefold()):
            raise DomainError(f"{known} is in the report already. Correct its value there, or leave it out here.")


def _settle(report: DiagnosticReport) -> None:
    """What was preliminary stands, now that the report is complete."""
    for row in report.results.standing().filter(status__in=PENDING).select_for_update(of=("self",)):
        row.status = ObservationStatus.FINAL
        row.save(update_fields=["status", "updated_at"])


@action
def correct_result(
    *,
    by: User,
    row: Observation,
    value: Decimal | None,
    words: str,
    comparator: str,
    interpretation: str,
    reason: str,
    unit: str | None = None,
) -> Observation:
    """Put another value in a result's place, with its unit where that was wrong: the one before stays, and says by
    what it was replaced.

    Who reviewed the report has to look again; one that is not complete stays so. Raises DomainError without a reason,
    and for a value that was replaced already.
    """
    if not reason.strip():
        raise DomainError("Say why the value changes.", field="reason")
    assert row.report is not None  # noqa: S101  only what stands in a report is corrected here
    report = DiagnosticReport.objects.select_for_update().get(pk=row.report.pk)
    old = Observation.objects.select_for_update().get(pk=row.pk)
    refuse_errored(old)
    if old.superseded_by_id is not None:
        raise DomainError("This value was corrected already. Open the page again.")
    said = Result(
        coding=Coding(old.system, old.code, old.display),
        value=value,
        unit=old.value_unit if unit is None else unit.strip(),
        words=words,
        comparator=comparator,
        interpretation=interpretation,
        low=old.reference_low,
        high=old.reference_high,
        range_text=old.reference_text,
        sub_id=old.sub_id,
        status=ObservationStatus.CORRECTED,
        note=reason.strip(),
        effective_at=old.effective_at,
    )
    new = supersede(by, report, old, said)
    if report.status in SETTLED:
        report.status = ReportStatus.CORRECTED
    look_again(report)
    report.save(update_fields=["status", *REVIEW, "updated_at"])
    return new


#: What a report that must be looked at again loses.
REVIEW = ["needs_review", "reviewed_at", "reviewed_by", "review_comment"]


def look_again(report: DiagnosticReport) -> None:
    """Put a report back among those to be reviewed. The log keeps who had reviewed what it said before."""
    report.needs_review, report.reviewed_at, report.reviewed_by, report.review_comment = True, None, None, ""


def supersede(by: User, report: DiagnosticReport, old: Observation, said: Result) -> Observation:
    """Record a result in the place of another one, which stays and points to it."""
    new = _row(by, report, said)
    # The old row gives way first: only one of a code stands in a report. The key it names comes with the next write.
    old.superseded_by_id = new.pk
    old.save(update_fields=["superseded_by", "updated_at"])
    new.save(force_insert=True)
    return new


def record_result(by: User, report: DiagnosticReport, result: Result) -> Observation:
    """Record one result of a report."""
    row = _row(by, report, result)
    row.save(force_insert=True)
    return row


def answer_order(by: User, report: DiagnosticReport) -> None:
    """A result that is settled ends its order and the tasks about it; one of which more is to come says so there.

    Where a laboratory answers by several reports, the last one ends it; one that follows opens it again.
    """
    order = report.based_on
    if order is None or report.status == ReportStatus.CANCELLED:
        return
    settled = report.status in SETTLED and not _others_pending(report)
    if order.status == OrderStatus.COMPLETED and report.status not in SETTLED:
        reopen_order(by=by, order=order, reason=f"More is to come: {report.display} is not final.")
        order.refresh_from_db()
    if order.status not in {OrderStatus.ACTIVE, OrderStatus.ON_HOLD}:
        return
    if settled:
        complete_order(by=by, order=order)
    else:
        move_order(by=by, order=order, step=OrderStep.PARTIAL)


def _others_pending(report: DiagnosticReport) -> bool:
    """Whether the laboratory owes something of another report that answers the same order."""
    others = DiagnosticReport.objects.filter(based_on=report.based_on_id, entered_in_error_at=None)
    numbered = others.exclude(pk=report.pk).exclude(identifier_value="")
    return numbered.exclude(status__in=[*SETTLED, ReportStatus.CANCELLED]).exists()


def category_of(order: ServiceRequest | None) -> str:
    """HL7's diagnostic service section: laboratory unless an image was ordered."""
    return "RAD" if order is not None and order.category in _IMAGES else "LAB"


def _visit(report: DiagnosticReport) -> UUID | None:
    """The visit of a report, while it is open: what comes after its signed note stands beside it, not in it."""
    visit = report.encounter_id
    return None if visit is not None and Note.objects.closing().filter(encounter=visit).exists() else visit


def _row(by: User, report: DiagnosticReport, result: Result) -> Observation:
    if result.value is None and not (result.words or result.answer or result.absent):
        raise DomainError(f"{result.coding.display} has no value.")
    if result.interpretation and result.interpretation not in Interpretation.values:
        raise DomainError(f"“{result.interpretation}” is no flag that laboratories use.")
    if result.comparator and result.comparator not in Comparator.values:
        raise DomainError(f"“{result.comparator}” is no sign before a number.")
    answer = result.answer or Coding("", "", "")
    return Observation(
        id=uuid7(),
        created_by=by,
        patient_id=report.patient_id,
        encounter_id=_visit(report),
        report=report,
        status=result.status or _ROW_STATUS.get(report.status, report.status),
        category=ObservationCategory.IMAGING if report.category == "RAD" else ObservationCategory.LABORATORY,
        system=result.coding.system,
        code=result.coding.code,
        display=result.coding.display,
        value_quantity=result.value,
        value_comparator=result.comparator,
        value_unit=result.unit,
        value_system=answer.system,
        value_code=answer.code,
        value_display=answer.display,
        value_text=result.words,
        absent_reason=result.absent,
        interpretation=result.interpretation,
        reference_low=result.low,
        reference_high=result.high,
        reference_text=result.range_text,
        sub_id=result.sub_id,
        note=result.note[:500],
        effective_at=result.effective_at or report.effective_at,
        issued_at=report.issued_at,
    )
