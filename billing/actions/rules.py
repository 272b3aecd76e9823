"""The clinic's own rules for claims, and the drafts that are checked again when one changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing.actions.authorizations import listed
from billing.actions.drafts import check_all
from billing.actions.ledger import lock_patients
from billing.choices import ClaimStatus, RuleKind, RuleSeverity
from billing.models import Claim, ClaimRule
from billing.queries.rules import misplaced
from clinic.models import Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.jobs.models import Job
from emr.shared.errors import DomainError
from emr.shared.records import uuid7

JOB = "billing.recheck_claims"
_CHUNK = 200
_MOST_AGE = 150

_MODIFIER = (re.compile(r"[A-Z0-9]{2}"), "Give modifiers of two characters, for example 25.")
#: What the values of a kind look like, and what to say of others. A kind that isn't here takes no values.
_VALUES = {
    RuleKind.NEEDS_MODIFIER: _MODIFIER,
    RuleKind.FORBIDS_MODIFIER: _MODIFIER,
    RuleKind.NEEDS_DIAGNOSIS: (
        re.compile(r"[A-Z][A-Z0-9.]{1,8}\*?|[A-Z]\*"),
        "Give diagnoses such as E11.9, or the beginning with a star, such as E11*.",
    ),
    RuleKind.NOT_TOGETHER: (re.compile(r"[A-Z0-9]{1,5}\*?"), "Give services' codes, or the beginning with a star."),
    RuleKind.MOST_UNITS: (re.compile(r"[1-9]\d{0,2}"), "Give one number: the most units a day."),
    RuleKind.AGE: (re.compile(r"\d{1,3}"), "Give one or two ages in years: the least, and the most."),
    RuleKind.PLACE: (re.compile(r"\d{2}"), "Give places of service of two digits, for example 11."),
}
_MOST_VALUES = {RuleKind.MOST_UNITS: 1, RuleKind.AGE: 2}


@dataclass(frozen=True, slots=True)
class Kept:
    """What a rule looks at and says, as it is kept."""

    codes: list[str]
    values: list[str]
    message: str


@action
def save_rule(
    *,
    by: User,
    kind: str,
    codes: Sequence[str],
    message: str,
    values: Sequence[str] = (),
    payer: Payer | None = None,
    source: str = "",
    severity: str = RuleSeverity.HOLD,
    active: bool = True,
    period_start: date | None = None,
    period_end: date | None = None,
    rule: ClaimRule | None = None,
) -> tuple[ClaimRule, Job]:
    """Add a rule, or change one, and ask for the drafts to be checked again; gives both.

    Raises DomainError for what the kind can't look at.
    """
    kept = checked(kind=kind, codes=codes, values=values, message=message, start=period_start, end=period_end)
    fields = {
        "kind": kind,
        "payer": payer,
        "codes": kept.codes,
        "values": kept.values,
        "message": kept.message,
        "source": source.strip()[:200],
        "severity": severity,
        "active": active,
        "period_start": period_start,
        "period_end": period_end,
    }
    if rule is None:
        row = ClaimRule.objects.create(created_by=by, **fields)
    else:
        row = ClaimRule.objects.select_for_update().get(pk=rule.pk)
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(update_fields=[*fields, "updated_at"])
    return row, enqueue(JOB, key=f"recheck:{uuid7()}", by=by)


def checked(
    *, kind: str, codes: Sequence[str], values: Sequence[str], message: str, start: date | None, end: date | None
) -> Kept:
    """A rule's codes, values and words as they are kept. Raises DomainError for what can't be."""
    services = listed(codes)
    if not services:
        raise DomainError("Say which services the rule is about.", field="codes")
    if not message.strip():
        raise DomainError("Say what the biller reads when a claim breaks it.", field="message")
    if start and end and end < start:
        raise DomainError("It ends before it begins.", field="period_end")
    found = list(dict.fromkeys(value.strip().upper() for value in values if value.strip()))
    return Kept(services, _values(RuleKind(kind), found), message.strip()[:300])


def _values(kind: RuleKind, values: list[str]) -> list[str]:
    if kind not in _VALUES:
        if values:
            raise DomainError("A rule of this kind takes no values: leave the field empty.", field="values")
        return []
    shape, problem = _VALUES[kind]
    if not 0 < len(values) <= _MOST_VALUES.get(kind, 50) or not all(shape.fullmatch(value) for value in values):
        raise DomainError(problem, field="values")
    if kind is RuleKind.AGE and not [int(age) for age in values] == sorted(min(int(age), _MOST_AGE) for age in values):
        raise DomainError("Give the least age first, then the most.", field="values")
    return values


@action
def recheck(*, by: User, claims: Iterable[UUID]) -> int:
    """Check drafts again, as they stand; gives how many came to stand elsewhere, or for another reason."""
    keys = list(claims)
    lock_patients(Claim.objects.filter(pk__in=keys).values_list("patient_id", flat=True))
    drafts = Claim.objects.select_for_update(of=("self",)).filter(pk__in=keys, status=ClaimStatus.DRAFT)
    return len(check_all(list(drafts.order_by("pk"))))


def recheck_all(*, by: User, on_progress: Callable[[int, int], None]) -> tuple[int, int]:
    """Check every open draft again; gives how many there were and how many came to stand elsewhere.

    Looked at without locks; only those that move are locked, so that nobody waits for the others.
    """
    drafts = Claim.objects.filter(status=ClaimStatus.DRAFT).exclude(coverage=None)
    keys = list(drafts.order_by("pk").values_list("pk", flat=True))
    moved = 0
    for begin in range(0, len(keys), _CHUNK):
        on_progress(begin, len(keys))
        if found := misplaced(keys[begin : begin + _CHUNK]):
            moved += recheck(by=by, claims=found)
    on_progress(len(keys), len(keys))
    return len(keys), moved
