"""One thing done to many claims: to each that allows it; who doesn't is named with its reason. And taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from billing.actions.claim_life import assign, label, snooze
from billing.actions.claims import refresh_claims, submit_claims
from billing.actions.ledger import lock_patients
from billing.models import Claim
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError

#: What a claim said before and says after, as JSON has it: what can be taken back.
Change = dict[str, Any]
_UNDOABLE = ("snoozed_until", "assignee_id", "labels")


@dataclass
class Outcome:
    """What came of it: the claims to which it was done, why not to the others, and by the claims' keys what changed."""

    done: list[Claim] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    changes: dict[str, list[Change]] = field(default_factory=dict)


@action
def work_on(*, by: User, claims: Sequence[Claim], work: Callable[[Claim], object]) -> Outcome:
    """Do one thing to each claim; a claim that refuses doesn't hold up the others. All patients are locked before the
    first claim, as everywhere. Where ``work`` gives the claim as it stands then, the outcome has that.
    """
    lock_patients(claim.patient_id for claim in claims)
    outcome = Outcome()
    for claim in sorted(claims, key=lambda one: one.pk):
        try:
            row = work(claim)
        except DomainError as refusal:
            outcome.refused.append(_named(claim, refusal.message))
            continue
        outcome.done.append(row if isinstance(row, Claim) else claim)
        if isinstance(row, Claim) and (before := _said(claim)) != (after := _said(row)):
            outcome.changes[str(claim.pk)] = [before, after]
    return outcome


@action
def submit_chosen(*, by: User, claims: Sequence[Claim]) -> Outcome:
    """Submit claims: those that lack nothing."""
    return _together(by, claims, lambda rows: submit_claims(by=by, claims=rows))


@action
def check_chosen(*, by: User, claims: Sequence[Claim]) -> Outcome:
    """Bring drafts up to date and check them again: those that are drafts still."""
    return _together(by, claims, lambda rows: refresh_claims(by=by, claims=rows))


@action
def take_back(*, by: User, claims: Sequence[Claim], changes: Mapping[str, Sequence[Change]]) -> Outcome:
    """Let claims say again what they said before :func:`work_on`; one that somebody changed since stays as it is."""
    people = {str(row.pk): row for row in User.objects.filter(pk__in=_people(changes))}

    def back(claim: Claim) -> None:
        before, after = changes[str(claim.pk)]
        if _said(claim) != after:
            raise Conflict(f"Claim {claim.number} was changed since.")
        if before["snoozed_until"] != after["snoozed_until"]:
            day = before["snoozed_until"] and date.fromisoformat(before["snoozed_until"])
            snooze(by=by, claim=claim, until=day if day and day > clinic_today() else None)
        if before["assignee_id"] != after["assignee_id"]:
            assign(by=by, claim=claim, to=people.get(before["assignee_id"] or ""))
        if before["labels"] != after["labels"]:
            label(by=by, claim=claim, add=before["labels"], remove=set(after["labels"]) - set(before["labels"]))

    return work_on(by=by, claims=[claim for claim in claims if str(claim.pk) in changes], work=back)


def _together(by: User, claims: Sequence[Claim], work: Callable[[Sequence[Claim]], list[Claim]]) -> Outcome:
    """All at once, which is quick; where one of them refuses, one by one, so that only that one is left out."""
    try:
        return Outcome(work(claims))
    except DomainError as refusal:
        if len(claims) < 2:
            return Outcome(refused=[refusal.message])
    return work_on(by=by, claims=claims, work=lambda claim: work([claim])[0])


def _said(claim: Claim) -> Change:
    values = {name: getattr(claim, name) for name in _UNDOABLE}
    return {name: value if value is None or isinstance(value, list) else str(value) for name, value in values.items()}


def _people(changes: Mapping[str, Sequence[Change]]) -> set[str]:
    return {before["assignee_id"] for before, _ in changes.values() if before["assignee_id"]}


def _named(claim: Claim, why: str) -> str:
    return why if claim.number in why else f"Claim {claim.number}: {why}"
