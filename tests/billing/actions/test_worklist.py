"""One thing done to many claims: to those that allow it, named for the others, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from billing.actions.claim_life import assign, hold, label, note, snooze
from billing.actions.worklist import submit_chosen, take_back, work_on
from billing.models import Claim, ClaimNote
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from tests.factories.billing import claim, submitted
from tests.factories.clinic import CoverageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H08")]


@pytest.mark.feature("H09")
def test_what_can_t_be_held_is_named_and_the_rest_is_held(biller: User) -> None:
    draft, sent = claim(biller), submitted(biller)
    outcome = work_on(
        by=biller, claims=[sent, draft], work=lambda one: hold(by=biller, claim=one, reason="Waits for the referral")
    )
    assert [row.number for row in outcome.done] == [draft.number]
    assert outcome.refused == [f"Claim {sent.number} can't be held back: it went out."]
    assert dict(Claim.objects.values_list("pk", "state")) == {draft.pk: "on-hold", sent.pk: "submitted"}


@pytest.mark.feature("H09")
def test_what_lacks_nothing_is_submitted_though_others_lack_something(biller: User) -> None:
    good, bad = [claim(biller), claim(biller)], claim(biller, patient=CoverageFactory().patient)
    outcome = submit_chosen(by=biller, claims=[*good, bad])
    assert {row.pk for row in outcome.done} == {row.pk for row in good}
    assert len(outcome.refused) == 1
    assert outcome.refused[0].startswith(f"Claim {bad.number}: ")
    assert submit_chosen(by=biller, claims=[]).refused == ["Choose at least one claim."]


def test_a_note_is_put_on_each(biller: User) -> None:
    made = [claim(biller), submitted(biller)]
    outcome = work_on(by=biller, claims=made, work=lambda one: note(by=biller, claim=one, text="Called the payer"))
    assert (len(outcome.done), outcome.changes) == (2, {})
    assert set(ClaimNote.objects.values_list("claim", flat=True)) == {row.pk for row in made}


def test_snoozing_giving_and_labelling_are_taken_back(biller: User, person: Callable[..., User]) -> None:
    other = person("biller")
    made = assign(by=biller, claim=label(by=biller, claim=claim(biller), add=["Old"]), to=other)
    before = Claim.objects.get(pk=made.pk)

    def work(one: Claim) -> Claim:
        assign(by=biller, claim=one, to=None)
        label(by=biller, claim=one, add=["New"], remove=["old"])
        return snooze(by=biller, claim=one, until=clinic_today() + timedelta(days=3))

    outcome = work_on(by=biller, claims=[before], work=work)
    changed = Claim.objects.get(pk=made.pk)
    assert (changed.assignee, changed.labels) == (None, ["New"])
    take_back(by=biller, claims=[changed], changes=outcome.changes)
    again = Claim.objects.get(pk=made.pk)
    assert (again.snoozed_until, again.assignee, again.labels) == (None, other, ["Old"])


def test_what_somebody_changed_since_stays(biller: User) -> None:
    one, two = claim(biller), claim(biller)
    outcome = work_on(by=biller, claims=[one, two], work=lambda row: assign(by=biller, claim=row, to=biller))
    label(by=biller, claim=two, add=["Mine now"])
    back = take_back(by=biller, claims=list(Claim.objects.all()), changes=outcome.changes)
    assert [row.pk for row in back.done] == [one.pk]
    assert back.refused == [f"Claim {two.number} was changed since."]
    assert dict(Claim.objects.values_list("pk", "assignee")) == {one.pk: None, two.pk: biller.pk}
