"""What the worklist of claims shows of them, in which order, and what isn't billed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction

from billing.actions.billing_accounts import (
    hold_statements,
    release_statements,
    send_to_collections,
    take_from_collections,
)
from billing.actions.claim_life import assign, hold, label, snooze
from billing.actions.claims import create_claim, submit_claims
from billing.actions.following import follow_claim
from billing.actions.payment_plans import agree_plan, end_plan
from billing.actions.settling import move_claim
from billing.choices import ClaimState
from billing.models import Claim
from billing.queries.asking import Asking
from billing.queries.claim_filter import ORDERS, Filter
from billing.queries.claim_rows import cells, columns_of
from billing.queries.claims import claim_rows, claims_page, patient_claims, printable
from billing.queries.unbilled import unbilled
from billing.queues import QUEUES
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.billing.payers import decide
from tests.factories.billing import SEEN_AT, SEEN_ON, charged, claim, submitted, visit
from tests.factories.clinic import CoverageFactory, PatientFactory, PayerFactory
from tests.factories.remittances import ClaimResponseFactory
from tests.factories.statements import InvoiceFactory, InvoiceLineFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H08")]


def numbers(user: User, **asked: Any) -> list[str]:
    return [row.claim.number for row in claims_page(user, Filter(**asked)).rows]


def moved(by: User, to: ClaimState) -> Claim:
    return move_claim(by=by, claim=submitted(by), to=to)


def test_each_claim_lies_in_one_queue(biller: User) -> None:
    for state in ClaimState:
        for order in (1, 2, 3):
            assert len([queue for queue in QUEUES if queue.has(state, order)]) == 1, (state, order)
    made = {
        "ready": claim(biller),
        "mend": claim(biller, patient=CoverageFactory().patient),
        "hold": hold(by=biller, claim=claim(biller), reason="Referral"),
        "sent": submitted(biller),
        "rejected": moved(biller, ClaimState.REJECTED),
        "decided": moved(biller, ClaimState.DENIED),
        "patient": claim(biller, covered=False),
        "done": moved(biller, ClaimState.CLOSED),
    }
    assert {key: numbers(biller, queue=key) for key in made} == {key: [row.number] for key, row in made.items()}
    page = claims_page(biller, Filter())
    assert page.counts.queues == {**dict.fromkeys((queue.key for queue in QUEUES), 0), **dict.fromkeys(made, 1)}
    assert (page.counts.shown, page.counts.everything) == (len(made) - 1, len(made))
    assert made["done"].number not in [row.claim.number for row in page.rows]


def test_the_next_payer_s_drafts_have_a_queue_of_their_own(biller: User) -> None:
    first = submitted(biller)
    CoverageFactory(patient=first.patient, order=2, payer=PayerFactory())
    second = follow_claim(by=biller, claim=first)
    assert second is not None
    assert numbers(biller, queue="secondary") == [second.number]
    assert numbers(biller, queue="ready") == numbers(biller, queue="mend") == []


def test_what_each_filter_shows(biller: User, person: Callable[..., User]) -> None:
    mine, other, plain, paid = submitted(biller), claim(biller), claim(biller), submitted(biller)
    assign(by=biller, claim=mine, to=biller)
    assign(by=biller, claim=other, to=person("biller"))
    label(by=biller, claim=other, add=["Call back"])
    snooze(by=biller, claim=plain, until=clinic_today() + timedelta(days=2))
    decide(biller, paid, paid=2000, patient=3000)
    assert plain.number not in numbers(biller)
    assert claims_page(biller, Filter()).counts.asleep == 1
    everything = {one.number for one in (mine, other, plain, paid)}
    payer, practitioner = mine.payer, mine.encounter.practitioner
    assert payer is not None
    assert practitioner is not None
    shown = {
        "assignee me": ({"assignee": "me"}, {mine}),
        "assignee nobody": ({"assignee": "nobody"}, {plain, paid}),
        "a person's": ({"assignee": biller.pk}, {mine}),
        "label": ({"label": "Call back"}, {other}),
        "owing": ({"owing": True}, {mine}),
        "payer": ({"payer": payer.pk}, {mine}),
        "practitioner": ({"practitioner": practitioner.pk}, {mine, other, plain, paid}),
        "self": ({"payer": "self"}, set()),
        "since": ({"since": SEEN_ON + timedelta(days=1)}, set()),
        "until": ({"until": SEEN_ON}, {mine, other, plain, paid}),
        "days": ({"days": 1}, set()),
        "no days": ({"days": 0}, {mine, other, plain, paid}),
    }
    for name, (asked, found) in shown.items():
        assert set(numbers(biller, snoozed=True, **asked)) == {one.number for one in found} & everything, name


def test_a_claim_comes_back_on_the_day_until_which_it_was_snoozed(biller: User) -> None:
    made = claim(biller)
    snooze(by=biller, claim=made, until=clinic_today() + timedelta(days=2))
    for days, shown in ((1, []), (2, [made.number])):
        with time_machine.travel(made.created_at + timedelta(days=days), tick=False):
            assert numbers(biller) == shown


def test_what_is_due_to_be_filed(biller: User) -> None:
    soon, later, sent = claim(biller), claim(biller), submitted(biller)
    for row, days in ((soon, 20), (later, 200), (sent, 20)):
        assert row.payer is not None
        row.payer.timely_filing_days = days
        with transaction.atomic(), acting(biller):
            row.payer.save()
    with time_machine.travel(SEEN_AT + timedelta(days=5), tick=False):
        assert numbers(biller, filing=14) == []
        assert numbers(biller, filing=15) == [soon.number]
        assert numbers(biller, filing=3650) == [later.number, soon.number]
        (row,) = claims_page(biller, Filter(filing=15)).rows
        assert (row.problem, row.next_step) == (True, "Submit: the payer's limit is 29-Mar-2026")


@pytest.mark.parametrize("order", [f"{sign}{name}" for name in ORDERS for sign in ("", "-")])
def test_pages_follow_each_other_in_every_order(order: str, biller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [submitted(biller) for _ in range(5)]
    decide(biller, made[1], paid=1000)
    decide(biller, made[3], paid=3000)
    with time_machine.travel(made[0].created_at + timedelta(days=3), tick=False):
        move_claim(by=biller, claim=made[2], to=ClaimState.ACCEPTED)
        whole = numbers(biller, order=order)
        monkeypatch.setattr("billing.queries.claims.PAGE_SIZE", 2)
        seen, before = [], None
        for _ in range(3):
            page = claims_page(biller, Filter(order=order), before)
            seen += [row.claim.number for row in page.rows]
            before = page.older
        assert before is None
        assert seen == whole
        assert set(seen) == {row.number for row in made}
        rows = {row.claim.number: row for row in claim_rows(biller, Filter(order=order))}
        days = [rows[number].days for number in seen]
        owed = [Decimal(rows[number].insurance.replace("–", "0")) for number in seen]
    down = order.startswith("-")
    if "days" in order:
        assert days == sorted(days, reverse=down)
        assert {0, 3} == set(days)
    if "insurance" in order:
        assert owed == sorted(owed, reverse=down)
        assert set(owed) == {Decimal(20), Decimal(40), Decimal(50)}


def test_the_columns_say_what_the_ledger_the_payer_and_the_statement_say(biller: User) -> None:
    made = submitted(biller)
    decide(biller, made, paid=1000, patient=1500)
    late = ClaimResponseFactory(claim=made, reconciliation__payment_date=date(2026, 5, 1))
    assert late.reconciliation.status == "draft"  # not posted, so not yet said
    InvoiceLineFactory(invoice=InvoiceFactory(patient=made.patient), patient=made.patient, amount=15)
    asked = Filter(columns=("remitted", "insurance", "patient", "stated"))
    (row,) = claims_page(biller, asked).rows
    columns = columns_of(asked.columns)
    assert [column.label for column in columns] == ["Payer owes", "Patient owes", "Last remittance", "Last statement"]
    assert cells(row, columns)[4:] == [Decimal("25.00"), Decimal("15.00"), "20-Mar-2026", "20-Mar-2026"]


def test_print_all_takes_what_the_filter_shows(biller: User) -> None:
    mine, asleep = submitted(biller), submitted(biller)
    submitted(biller)
    for row in (mine, asleep):
        label(by=biller, claim=row, add=["Tray 2"])
    snooze(by=biller, claim=asleep, until=clinic_today() + timedelta(days=2))
    assert [row.number for row in printable(biller, Filter(label="Tray 2"))] == [mine.number]


def test_what_is_not_billed_by_payer(biller: User) -> None:
    """openemr#7251: nobody could list what a payer wasn't billed."""
    waiting = charged(biller, visit(), lines=2)
    payer = waiting.patient.coverages.get().payer
    visit(patient=waiting.patient)  # signed, and nobody charged it
    draft = create_claim(by=biller, encounter=charged(biller, visit(patient=waiting.patient)))
    submit_claims(by=biller, claims=[claim(biller)])
    charged(biller, visit(signed=False))
    charged(biller, visit(covered=False))
    hidden = PatientFactory(restricted=True)
    charged(biller, visit(patient=hidden))
    page = unbilled(biller)
    first, alone = page.rows
    assert (first.name, first.payer) == (payer.name, payer.pk)
    assert (first.visits, first.uncharged, first.charged) == (2, 1, Decimal(101))
    assert (first.claims, first.claimed, first.together, first.oldest) == (1, draft.total, Decimal(151), SEEN_ON)
    assert (alone.name, alone.visits, alone.together) == ("Self-pay", 1, Decimal(50))
    assert (page.sum.visits, page.sum.together, page.sum.oldest) == (3, Decimal(201), SEEN_ON)


def test_a_patient_s_balance_says_how_the_patient_is_asked(biller: User) -> None:
    made = claim(biller, covered=False)

    def step() -> str:
        (row,) = claims_page(biller, Filter()).rows
        (own,) = patient_claims(biller, made.patient_id)
        assert own.next_step == row.next_step
        return row.next_step

    def shown(*ways: str) -> bool:
        return [way for way in Asking if numbers(biller, asking=way)] == list(ways)

    on = formats.day(made.state_since)
    assert step() == "Send a statement"
    for days, words in ((-1, "Send a statement"), (0, f"1st statement sent {on}"), (0, f"2nd statement sent {on}")):
        invoice = InvoiceFactory(
            patient=made.patient, issued_on=made.state_since + timedelta(days=days), due_on=date(2099, 1, 1)
        )
        InvoiceLineFactory.create_batch(2, invoice=invoice, patient=made.patient, amount=15)
        assert (step(), shown("statement")) == (words, True)
    hold_statements(by=biller, patient=made.patient, reason="The family disputes it")
    assert (step(), shown("held")) == ("Statements are held", True)
    plan = agree_plan(
        by=biller,
        patient=made.patient,
        total=made.total,
        part=made.total,
        first_due=clinic_today(),
        day=1,
    )
    assert (step(), shown("plan")) == ("On a payment plan", True)
    send_to_collections(by=biller, patient=made.patient, agency="Fair Collections")
    assert (step(), shown("collections")) == ("At collections", True)
    take_from_collections(by=biller, patient=made.patient)
    end_plan(by=biller, plan=plan, reason="Two parts missed")
    release_statements(by=biller, patient=made.patient)
    assert (step(), shown("statement")) == (f"2nd statement sent {on}", True)


def test_what_the_next_payer_is_not_asked_is_what_is_left(biller: User) -> None:
    first = submitted(biller)
    second = CoverageFactory(patient=first.patient, order=2, payer=PayerFactory(name="Second Health"))
    decide(biller, first, paid=3000, agreed=500, patient=1500)
    with transaction.atomic():
        draft = follow_claim(by=biller, claim=first)
    assert draft is not None
    assert draft.total == Decimal(50)
    (row,) = unbilled(biller).rows
    assert (row.payer, row.claims, row.claimed) == (second.payer_id, 1, Decimal(15))
