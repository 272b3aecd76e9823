"""What was verified at a check-in, written down beside it: one row, and one for each item."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils import timezone

from clinic.actions.coverages import verify_coverage
from clinic.actions.patients import verify_demographics
from clinic.queries.coverages import coverage_on
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.errors import DomainError
from scheduling.choices import CheckItem, CheckOutcome
from scheduling.models import Appointment, CheckIn, CheckInItem
from scheduling.queries.checkin import Line, check_lines


def write_check(row: Appointment, *, by: User, done: Collection[str], reasons: Mapping[str, str]) -> None:
    """Write what came of each item of a locked visit; where it was gone through before, that stays.

    Raises DomainError, its field ``reason_<item>``, for a required item that is left out without a reason.
    """
    if was_checked(row):
        return
    lines = check_lines(row)
    refused = next(iter(left_out(lines, done, reasons)), None)
    if refused is not None:
        raise DomainError(f"{refused.label}: say why it is left out.", field=f"reason_{refused.item}")
    made = CheckIn.objects.create(patient=row.patient, appointment=row, created_by=by)
    for line in lines:
        outcome = outcome_of(line, done)
        CheckInItem.objects.create(
            check_in=made,
            item=line.item,
            outcome=outcome,
            required=line.asked and line.required,
            reason=reasons.get(line.item, "").strip()[:200] if outcome == CheckOutcome.MISSING else "",
        )
        if outcome == CheckOutcome.DONE:
            _verified(row, line.item, by=by)


def was_checked(row: Appointment) -> bool:
    """Whether a check-in of the visit was gone through, or left out for a reason."""
    return CheckIn.objects.filter(appointment=row).exists()


def left_out(lines: Collection[Line], done: Collection[str], reasons: Mapping[str, str]) -> list[Line]:
    """The required items that are left out without a reason."""
    return [
        line
        for line in lines
        if line.required
        and outcome_of(line, done) == CheckOutcome.MISSING
        and not (reasons.get(line.item) or "").strip()
    ]


def outcome_of(line: Line, done: Collection[str]) -> CheckOutcome:
    """What came of an item."""
    if not line.asked:
        return CheckOutcome.NOT_ASKED
    return CheckOutcome.DONE if line.item in done and not line.lacking else CheckOutcome.MISSING


def _verified(row: Appointment, item: str, *, by: User) -> None:
    """What was gone through with the patient is said where it stands, too, by who may write there."""
    if item == CheckItem.DEMOGRAPHICS and by.has_perm(Permission.EDIT_DEMOGRAPHICS):
        verify_demographics(by=by, patient=row.patient)
    elif item == CheckItem.INSURANCE and by.has_perm(Permission.EDIT_COVERAGE):
        policy = coverage_on(row.patient, timezone.localtime(row.start_at).date())
        if policy is not None:
            verify_coverage(by=by, coverage=policy)
