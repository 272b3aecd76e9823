"""Check-in with what was gone through: each item done, not asked for, or left out; what is required, for a reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils import timezone

from clinic.actions.coverages import verify_coverage
from clinic.actions.patients import verify_demographics
from clinic.models import Encounter
from clinic.queries.coverages import coverage_on
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.actions.checked import left_out, outcome_of, write_check
from scheduling.actions.flow import check_in
from scheduling.actions.staging import held
from scheduling.choices import CheckItem, CheckOutcome
from scheduling.models import Appointment, CheckIn
from scheduling.queries.checkin import check_lines


@action
def verify_and_check_in(
    *, by: User, appointment: Appointment, done: Collection[str], reasons: Mapping[str, str]
) -> Encounter:
    """Keep what was verified and check the patient in; gives the visit. A second time keeps nothing new.

    ``done`` names the items (``CheckItem``) that were gone through, ``reasons`` says by item why one is left out. What
    is not on file can't be done. Raises DomainError, its field ``reason_<item>``, for a required item that is left out
    without a reason, and what ``check_in`` raises.
    """
    row = held(appointment)
    if CheckIn.objects.filter(appointment=row).exists():
        return check_in(by=by, appointment=row)
    lines = check_lines(row)
    refused = next(iter(left_out(lines, done, reasons)), None)
    if refused is not None:
        raise DomainError(f"{refused.label}: say why it is left out.", field=f"reason_{refused.item}")
    encounter: Encounter = check_in(by=by, appointment=row)
    write_check(row, lines, by=by, done=done, reasons=reasons)
    for line in lines:
        if outcome_of(line, done) == CheckOutcome.DONE:
            _verified(row, line.item, by=by)
    return encounter


def _verified(row: Appointment, item: str, *, by: User) -> None:
    """What was gone through with the patient is said where it stands, too, by who may write there."""
    if item == CheckItem.DEMOGRAPHICS and by.has_perm(Permission.EDIT_DEMOGRAPHICS):
        verify_demographics(by=by, patient=row.patient)
    elif item == CheckItem.INSURANCE and by.has_perm(Permission.EDIT_COVERAGE):
        policy = coverage_on(row.patient, timezone.localtime(row.start_at).date())
        if policy is not None:
            verify_coverage(by=by, coverage=policy)
