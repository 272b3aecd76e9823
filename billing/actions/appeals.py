"""Answers to a payer's refusal: begun with its reasons, written, sent, and what came of them."""

from __future__ import annotations

from datetime import date

from django.db.models import Max

from billing.actions.ledger import lock_patient
from billing.actions.settling import STATE_FIELDS, put
from billing.choices import AppealStatus, ClaimState
from billing.claim_states import may_go
from billing.models import Appeal, Claim
from billing.models.appeals import LEVELS
from billing.queries.appeals import usual_text
from billing.queries.claim_money import owed_by
from billing.queries.standing_decisions import APPEALABLE, appeal_due, last_decision, refusals, states_decided
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError


@action
def begin_appeal(*, by: User, claim: Claim) -> Appeal:
    """Begin a letter against what a payer refused, with its reasons and a text to start from. Asked twice, it gives the
    one that is begun. Raises DomainError for a claim of which nothing is refused, while an appeal waits for its
    answer, and after the last level.
    """
    row = _locked(claim)
    last = row.appeals.order_by("level").last()
    if last is not None and last.status == AppealStatus.DRAFT:
        return last
    if last is not None and last.status == AppealStatus.SENT:
        raise DomainError(f"The appeal of level {last.level} waits for the payer's answer.")
    level = (row.appeals.aggregate(top=Max("level"))["top"] or 0) + 1
    if level > max(LEVELS):
        raise DomainError(f"There is no appeal after level {max(LEVELS)}.")
    decision, owed = last_decision(row), owed_by(row)
    if decision is None or row.state not in APPEALABLE or not owed.insurance:
        raise DomainError(f"Claim {row.number} is {row.get_state_display().lower()}: nothing of it is refused.")
    codes = refusals(row.state, decision.reason_codes, row.order) + list(decision.remark_codes)
    since = last.decided_on if last is not None and last.decided_on else decision.reconciliation.payment_date
    return Appeal.objects.create(
        created_by=by,
        claim=row,
        level=level,
        reason_codes=codes,
        text=usual_text(row, codes, owed, level),
        due_on=appeal_due(row, since),
    )


@action
def write_appeal(*, by: User, appeal: Appeal, text: str) -> Appeal:
    """Change the text of a letter that isn't sent. Raises DomainError for none, Conflict for one that was sent."""
    row = _draft(appeal)
    if not text.strip():
        raise DomainError("Write what the letter says.", field="text")
    row.text = text.strip()
    row.save(update_fields=["text", "updated_at"])
    return row


@action
def send_appeal(*, by: User, appeal: Appeal, sent_on: date) -> Appeal:
    """Say that a letter went out; from now on it stays as it is. Sent twice, the first day stays. Raises DomainError
    for a day to come and for one before the payer's decision; Conflict where the claim can't be appealed any more.
    """
    claim = _locked(appeal.claim)
    row = Appeal.objects.get(pk=appeal.pk)
    if row.status != AppealStatus.DRAFT:
        return row
    decision = last_decision(claim)
    if sent_on > clinic_today():
        raise DomainError("That day is still to come.", field="sent_on")
    if decision is not None and sent_on < decision.reconciliation.payment_date:
        raise DomainError("That is before the payer decided.", field="sent_on")
    put(claim, ClaimState.APPEAL, reason=f"Level {row.level}: {' '.join(row.reason_codes)}")
    claim.save(update_fields=STATE_FIELDS)
    row.status, row.sent_on = AppealStatus.SENT, sent_on
    row.save(update_fields=["status", "sent_on", "updated_at"])
    return row


@action
def decide_appeal(*, by: User, appeal: Appeal, won: bool, decided_on: date, outcome: str) -> Appeal:
    """Write down what the payer answered. A claim that was granted waits for its payment again; else it stands where
    the payer's last decision put it. Decided twice, the first answer stays.

    Raises DomainError without saying what was answered, for one that wasn't sent, and for a day that can't be.
    """
    claim = _locked(appeal.claim)
    row = Appeal.objects.get(pk=appeal.pk)
    if row.status in (AppealStatus.WON, AppealStatus.LOST):
        return row
    if row.status != AppealStatus.SENT or row.sent_on is None:
        raise DomainError("This appeal wasn't sent, so nobody has answered it.")
    if not row.sent_on <= decided_on <= clinic_today():
        raise DomainError("Enter a day between the sending and today.", field="decided_on")
    if not outcome.strip():
        raise DomainError("Say what the payer answered.", field="outcome")
    row.status = AppealStatus.WON if won else AppealStatus.LOST
    row.decided_on, row.outcome = decided_on, outcome.strip()[:300]
    row.save(update_fields=["status", "decided_on", "outcome", "updated_at"])
    to = ClaimState.SUBMITTED if won else states_decided([claim.pk], {claim.pk: owed_by(claim)})[claim.pk]
    # The payer's money may have been faster than its letter.
    if claim.state == ClaimState.APPEAL and may_go(claim.state, to):
        put(claim, to, reason=f"Appeal {'granted' if won else 'refused'}: {outcome.strip()}")
        claim.save(update_fields=STATE_FIELDS)
    return row


def _locked(claim: Claim) -> Claim:
    lock_patient(claim.patient)
    return Claim.objects.on_ledger().select_related("coverage").select_for_update(of=("self",)).get(pk=claim.pk)


def _draft(appeal: Appeal) -> Appeal:
    row = Appeal.objects.select_for_update(of=("self",)).get(pk=appeal.pk)
    if row.status != AppealStatus.DRAFT:
        raise Conflict("This letter was sent, and stays as it is.")
    return row
