"""What was verified at a check-in, written down beside it: one row, and one for each item."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from clinic.actions.coverages import verify_coverage
from clinic.actions.patients import verify_demographics
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.errors import DomainError
from scheduling.choices import CheckItem, CheckOutcome
from scheduling.models import Appointment, CheckIn, CheckInItem
from scheduling.queries.checkin import Line, check_lines

#: As much as is kept of why an item is left out.
REASON_LENGTH = 200


def write_check(row: Appointment, *, by: User, done: Collection[str], reasons: Mapping[str, str]) -> None:
    """Write what came of each item of a locked visit; where it was gone through before, that stays.

    Raises DomainError, its field ``reason_<key of the line>``, for a required item that is left out without a reason.
    """
    if was_checked(row):
        return
    lines = check_lines(row)
    refused = next(iter(left_out(lines, done, reasons)), None)
    if refused is not None:
        raise DomainError(f"{refused.label}: say why it is left out.", field=f"reason_{refused.key}")
    made = CheckIn.objects.create(patient=row.patient, appointment=row, created_by=by)
    for item, group in groupby(lines, key=lambda line: line.item):
        _write_item(made, item, list(group), done, reasons)
    for line in lines:
        if outcome_of(line, done) == CheckOutcome.DONE:
            _verified(row, line, by=by)


def _write_item(
    made: CheckIn, item: str, lines: Sequence[Line], done: Collection[str], reasons: Mapping[str, str]
) -> None:
    """One row an item, whatever number of policies it asks about: done where each was gone through."""
    missing = {line: reason_of(line, reasons) for line in lines if outcome_of(line, done) == CheckOutcome.MISSING}
    CheckInItem.objects.create(
        check_in=made,
        item=item,
        outcome=CheckOutcome.MISSING if missing else outcome_of(lines[0], done),
        required=any(line.asked and line.required for line in lines),
        reason=_said(missing, of_all=len(missing) == len(lines))[:REASON_LENGTH],
    )


def _said(missing: Mapping[Line, str], *, of_all: bool) -> str:
    """Why an item is left out; of several policies which, unless one reason is that of all."""
    told = set(missing.values())
    if of_all and len(told) == 1:
        return told.pop()
    return "; ".join(f"{line.place}: {reason}" for line, reason in missing.items())


def was_checked(row: Appointment) -> bool:
    """Whether a check-in of the visit was gone through, or left out for a reason."""
    return CheckIn.objects.filter(appointment=row).exists()


def left_out(lines: Collection[Line], done: Collection[str], reasons: Mapping[str, str]) -> list[Line]:
    """The required items that are left out without a reason."""
    return [
        line
        for line in lines
        if line.required and outcome_of(line, done) == CheckOutcome.MISSING and not reason_of(line, reasons)
    ]


def reason_of(line: Line, reasons: Mapping[str, str]) -> str:
    """Why a line is left out: said of the line, else of its item as a whole."""
    return (reasons.get(line.key, reasons.get(line.item)) or "").strip()


def outcome_of(line: Line, done: Collection[str]) -> CheckOutcome:
    """What came of an item."""
    if not line.asked:
        return CheckOutcome.NOT_ASKED
    return CheckOutcome.DONE if line.key in done and not line.lacking else CheckOutcome.MISSING


def _verified(row: Appointment, line: Line, *, by: User) -> None:
    """What was gone through with the patient is said where it stands, too, by who may write there."""
    if line.item == CheckItem.DEMOGRAPHICS and by.has_perm(Permission.EDIT_DEMOGRAPHICS):
        verify_demographics(by=by, patient=row.patient)
    elif line.policy is not None and by.has_perm(Permission.EDIT_COVERAGE):
        verify_coverage(by=by, coverage=line.policy)
