"""Deciding about care that a rule says is due: done elsewhere, declined, does not apply, later."""

from __future__ import annotations

from datetime import date

from clinic.actions.errors import enter_in_error
from clinic.care_rules import Rule, Way
from clinic.models import CareGapDecision, Patient
from clinic.models.care_gaps import GapDecision
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError


@action
def decide_gap(
    *,
    by: User,
    patient: Patient,
    rule: Rule,
    decision: GapDecision,
    reason: str = "",
    way: Way | None = None,
    done_on: date | None = None,
    until: date | None = None,
) -> CareGapDecision:
    """Silence a rule for a patient: until a day, or for good.

    Done elsewhere says by which ``way`` and when, and counts as long as that way does. Later says until when. Declined
    and not applicable say why, and may end on a day. Raises DomainError for what is missing or over already.
    """
    today = clinic_today()
    if decision == GapDecision.DONE_ELSEWHERE:
        if way is None or done_on is None:
            raise DomainError("Say what was done, and when.", field="done_on")
        if done_on > today or done_on < patient.birth_date:
            raise DomainError("It can have been done since birth, until today.", field="done_on")
        until = way.until(done_on)
        if until is not None and until <= today:
            raise DomainError(f"{way.label} of that day counts no more.", field="done_on")
        reason = f"{way.label}. {reason}".strip()
    elif decision == GapDecision.LATER:
        if until is None:
            raise DomainError("Say until when.", field="until")
    elif not reason.strip():
        raise DomainError("Say why: it stands beside the decision.", field="reason")
    if until is not None and until <= today:
        raise DomainError("Choose a day to come.", field="until")
    return CareGapDecision.objects.create(
        created_by=by,
        patient=patient,
        rule=rule.name,
        rule_version=rule.version,
        decision=decision,
        reason=reason.strip()[:300],
        done_on=done_on if decision == GapDecision.DONE_ELSEWHERE else None,
        until=until,
    )


@action
def take_back_decision(*, by: User, row: CareGapDecision, reason: str) -> CareGapDecision:
    """A decision that was wrong or holds no more: the rule speaks again."""
    return enter_in_error(by=by, row=row, reason=reason)
