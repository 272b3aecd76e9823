"""What payers answered about the policies of a patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from clinic.choices import EligibilityOutcome
from clinic.models import Coverage, CoverageEligibilityResponse, Patient
from clinic.queries.coverages import Policy
from emr.ui import formats


@dataclass(frozen=True)
class EligibilityRow:
    """One answer in words."""

    id: str
    coverage_id: UUID
    state: str
    """``Active``, ``Not active``, ``Could not be checked``."""
    tone: str
    said: str
    asked_at: str
    asked_by: str
    service_day: str
    payer: str
    member_id: str
    plan: str
    period: str
    copay: str
    coinsurance: str
    deductible: str
    failed: bool
    simulated: bool
    """Whether the built-in payer answered, which makes its answers up."""
    earlier: EligibilityRow | None = None
    """What the payer said before, where this try failed: it still is the best that is known."""


def latest_answer(coverage: Coverage) -> CoverageEligibilityResponse | None:
    """The newest answer of the payer about a policy, asked for any of its rows; tries that failed are passed over.

    One query.
    """
    of_policy = dict(zip(_POLICY, coverage.policy, strict=True))
    answered = CoverageEligibilityResponse.objects.filter(
        patient=coverage.patient_id, outcome=EligibilityOutcome.COMPLETE, **of_policy
    )
    return _slim(answered).first()


def latest_rows(patient: Patient) -> dict[Policy, EligibilityRow]:
    """The newest try for each policy of a patient by ``Coverage.policy``; a failed one with the answer before it.

    One query.
    """
    rows = _slim(CoverageEligibilityResponse.objects.filter(patient=patient)).select_related(*_WITH)
    newest = rows.order_by(*_POLICY, "outcome", "-created_at").distinct(*_POLICY, "outcome")
    found: dict[Policy, EligibilityRow] = {}
    for row in sorted(newest, key=lambda row: row.created_at):
        earlier = found.get(row.coverage.policy)
        found[row.coverage.policy] = replace(eligibility_row(row), earlier=earlier if _failed(row) else None)
    return found


def _failed(row: CoverageEligibilityResponse) -> bool:
    return row.outcome == EligibilityOutcome.ERROR


def history(patient: Patient) -> list[EligibilityRow]:
    """All tries for a patient, the latest first. One query."""
    rows = _slim(CoverageEligibilityResponse.objects.filter(patient=patient)).select_related(*_WITH)
    return [eligibility_row(row) for row in rows[:200]]


#: The columns of ``Coverage.policy``, in its order.
_POLICY = ("coverage__payer_id", "coverage__subscriber_id", "coverage__group_number")
_WITH = ("coverage", "insurer", "created_by")


def _slim(rows: QuerySet[CoverageEligibilityResponse]) -> QuerySet[CoverageEligibilityResponse]:
    """Without the texts that went over the line: long, and read on a page of their own."""
    return rows.defer("request", "response")


def eligibility_row(row: CoverageEligibilityResponse) -> EligibilityRow:
    """An answer in words; it must come with policy, payer and person."""
    failed = _failed(row)
    state, tone = ("Could not be checked", "warning") if failed else _state(row)
    return EligibilityRow(
        id=str(row.pk),
        coverage_id=row.coverage_id,
        state=state,
        tone=tone,
        said=row.error or row.disposition,
        asked_at=formats.instant(row.created_at),
        asked_by=row.created_by.get_full_name(),
        service_day=formats.day(row.serviced_date),
        payer=row.insurer.name,
        member_id=row.coverage.subscriber_id,
        plan=row.plan_name,
        period=_period(row),
        copay=_money(row.copay),
        coinsurance=f"{formats.number(row.coinsurance.normalize())} %" if row.coinsurance is not None else "",
        deductible=_deductible(row),
        failed=failed,
        simulated=row.asked_through == "simulator",
    )


def _state(row: CoverageEligibilityResponse) -> tuple[str, str]:
    return ("Active", "done") if row.inforce else ("Not active", "critical")


def _period(row: CoverageEligibilityResponse) -> str:
    if row.benefit_period_start is None and row.benefit_period_end is None:
        return ""
    start = formats.day(row.benefit_period_start) or "Start not given"
    return f"{start} to {formats.day(row.benefit_period_end) or 'no end given'}"


def _money(amount: Decimal | None) -> str:
    return f"${formats.money(amount)}" if amount is not None else ""


def _deductible(row: CoverageEligibilityResponse) -> str:
    whole, left = _money(row.deductible), _money(row.deductible_remaining)
    return f"{whole}, {left} left" if whole and left else whole or (f"{left} left" if left else "")
