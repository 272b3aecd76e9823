"""What was verified at a check-in, written down beside it: one row, and one for each item."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from emr.accounts.models import User
from emr.shared.errors import DomainError
from scheduling.choices import CheckOutcome
from scheduling.models import Appointment, CheckIn, CheckInItem
from scheduling.queries.checkin import Line, check_lines


def write_check(
    row: Appointment, lines: Sequence[Line], *, by: User, done: Collection[str], reasons: Mapping[str, str]
) -> None:
    """Write what came of each item of a locked visit."""
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


def skip_check(row: Appointment, *, by: User, reason: str) -> None:
    """Write that nobody went through the check-in of a locked visit, and why, beside each item; once it was gone
    through, that stays. Raises DomainError without a reason.
    """
    if CheckIn.objects.filter(appointment=row).exists():
        return
    if not reason.strip():
        raise DomainError("Check the patient in on the check-in page, or say here why it is skipped.", field="reason")
    lines = check_lines(row)
    write_check(row, lines, by=by, done=(), reasons={line.item: reason for line in lines})


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
