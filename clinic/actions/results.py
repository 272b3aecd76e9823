"""Results from a laboratory: a report and what it holds, as they were sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from clinic.choices import Interpretation, ObservationCategory, ReportStatus
from clinic.models import DiagnosticReport, Encounter, Observation, Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.errors import DomainError


@dataclass(frozen=True)
class Result:
    """One result of a report: a number with its UCUM unit, or words; the laboratory's range and its word on it."""

    coding: Coding
    value: Decimal | None = None
    unit: str = ""
    words: str = ""
    comparator: str = ""
    interpretation: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    range_text: str = ""


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
) -> DiagnosticReport:
    """Record a laboratory report with its results. ``effective_at`` is when the specimen was taken.

    Raises DomainError for a report without results, one from the future, and a result without a value.
    """
    if not results:
        raise DomainError("A report needs at least one result.")
    if max(effective_at, issued_at or effective_at) > timezone.now():
        raise DomainError("A result can't be from the future.", field="effective_at")
    report = DiagnosticReport.objects.create(
        created_by=by,
        patient=patient,
        encounter=encounter,
        status=status,
        category="LAB",
        system=coding.system,
        code=coding.code,
        display=coding.display,
        effective_at=effective_at,
        issued_at=issued_at,
        conclusion=conclusion,
    )
    for result in results:
        _record(by, report, result)
    return report


def _record(by: User, report: DiagnosticReport, result: Result) -> Observation:
    if result.value is None and not result.words:
        raise DomainError(f"{result.coding.display} has no value.")
    if result.interpretation and result.interpretation not in Interpretation.values:
        raise DomainError(f"“{result.interpretation}” is no flag that laboratories use.")
    return Observation.objects.create(
        created_by=by,
        patient_id=report.patient_id,
        encounter_id=report.encounter_id,
        report=report,
        status=report.status,
        category=ObservationCategory.LABORATORY,
        system=result.coding.system,
        code=result.coding.code,
        display=result.coding.display,
        value_quantity=result.value,
        value_comparator=result.comparator,
        value_unit=result.unit,
        value_text=result.words,
        interpretation=result.interpretation,
        reference_low=result.low,
        reference_high=result.high,
        reference_text=result.range_text,
        effective_at=report.effective_at,
        issued_at=report.issued_at,
    )
