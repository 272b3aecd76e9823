"""What billers do with a claim while they work on it, and where a claim may go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from billing.actions.claim_life import (
    assign,
    hold,
    know_payers_number,
    label,
    note,
    release_due,
    release_hold,
    snooze,
)
from billing.actions.claims import refresh_claim, submit_claims
from billing.actions.settling import move_claim
from billing.choices import ClaimState
from billing.claim_states import TRANSITIONS
from billing.models import Claim
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from tests.factories.billing import SEEN_ON, claim, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H09")]


def test_every_state_has_its_row_and_only_void_is_an_end() -> None:
    assert set(TRANSITIONS) == set(ClaimState)
    assert [state for state, further in TRANSITIONS.items() if not further] == [ClaimState.VOID]
    reached = set.union(*map(set, TRANSITIONS.values()))
    assert reached == set(ClaimState)


@pytest.mark.parametrize(("to", "allowed"), [(s, s in TRANSITIONS[ClaimState.SUBMITTED]) for s in ClaimState])
def test_a_submitted_claim_goes_where_the_table_says(biller: User, to: ClaimState, allowed: bool) -> None:
    made = submitted(biller)
    if allowed or to == ClaimState.SUBMITTED:
        assert move_claim(by=biller, claim=made, to=to, reason="The payer said so").state == to
        return
    with pytest.raises(Conflict, match=f"Claim {made.number} is submitted"):
        move_claim(by=biller, claim=made, to=to)


def test_the_days_are_counted_from_the_change(biller: User) -> None:
    made = submitted(biller)
    with time_machine.travel(made.submitted_at + timedelta(days=9), tick=False):
        moved = move_claim(by=biller, claim=made, to=ClaimState.ACCEPTED)
        assert moved.state_since == clinic_today()
        assert moved.state_since > made.state_since


def test_a_claim_on_hold_stays_until_its_day(biller: User) -> None:
    made = claim(biller)
    day = clinic_today() + timedelta(days=3)
    for lack, fields in (("what the claim waits for", {"reason": ""}), ("to come", {"until": clinic_today()})):
        with pytest.raises(DomainError, match=lack):
            hold(by=biller, claim=made, **{"reason": "Waits for the referral", "until": day, **fields})  # type: ignore[arg-type]
    held = hold(by=biller, claim=made, reason="Waits for the referral", until=day)
    assert (held.state, held.hold_until, held.state_reason) == (ClaimState.ON_HOLD, day, "Waits for the referral")
    with pytest.raises(DomainError, match="On hold"):
        submit_claims(by=biller, claims=[made])
    assert release_due(by=biller) == 0
    with time_machine.travel(made.created_at + timedelta(days=4), tick=False):
        assert release_due(by=biller) == 1
    free = Claim.objects.get(pk=made.pk)
    assert (free.state, free.hold_until) == (ClaimState.READY, None)
    assert release_hold(by=biller, claim=free).state == ClaimState.READY
    submit_claims(by=biller, claims=[free])
    with pytest.raises(Conflict, match="it went out"):
        hold(by=biller, claim=made, reason="Too late")


def test_a_hold_ends_also_where_the_insurance_ended_meanwhile(biller: User) -> None:
    """One claim that the patient pays now doesn't keep the others from being released."""
    day = clinic_today() + timedelta(days=3)
    made, other = (hold(by=biller, claim=claim(biller), reason="Waits", until=day) for _ in range(2))
    assert made.coverage is not None
    with transaction.atomic(), acting(biller):
        made.coverage.period_end = SEEN_ON - timedelta(days=1)
        made.coverage.save()
    assert refresh_claim(by=biller, claim=made).state == ClaimState.ON_HOLD
    with time_machine.travel(made.created_at + timedelta(days=4), tick=False):
        assert release_due(by=biller) == 2
    states = [Claim.objects.get(pk=row.pk).state for row in (made, other)]
    assert states == [ClaimState.PATIENT_BALANCE, ClaimState.READY]
    with pytest.raises(Conflict, match="patient's to pay"):
        hold(by=biller, claim=made, reason="Again")


def test_a_claim_is_snoozed_given_labelled_and_talked_about(biller: User, person: Callable[..., User]) -> None:
    made = submitted(biller)
    day = clinic_today() + timedelta(days=1)
    assert snooze(by=biller, claim=made, until=day).snoozed_until == day
    assert snooze(by=biller, claim=made, until=None).snoozed_until is None
    assert assign(by=biller, claim=made, to=biller).assignee == biller
    with pytest.raises(DomainError, match="may not see claims"):
        assign(by=biller, claim=made, to=person("nurse"))
    assert label(by=biller, claim=made, add=["Called  twice", "called twice", "Big"]).labels == ["called twice", "Big"]
    assert label(by=biller, claim=made, remove=["BIG"]).labels == ["called twice"]
    with pytest.raises(DomainError, match="room for 8"):
        label(by=biller, claim=made, add=map(str, range(8)))
    assert note(by=biller, claim=made, text=" In process. ").text == "In process."
    assert know_payers_number(by=biller, claim=made, number=" a12 ").payer_control_number == "A12"
    with pytest.raises(DomainError, match="hasn't gone out"):
        know_payers_number(by=biller, claim=claim(biller), number="A12")
