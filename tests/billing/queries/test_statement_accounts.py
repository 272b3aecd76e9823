"""Who gets a statement, over what, and who doesn't."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from billing.actions.adjusting import write_off
from billing.actions.billing_accounts import (
    hold_statements,
    release_statements,
    send_to_collections,
    take_from_collections,
)
from billing.actions.billing_policy import set_billing_policy
from billing.actions.charges import add_charge
from billing.actions.claims import refresh_claim, submit_claims
from billing.actions.credits import apply_credit
from billing.actions.following import follow_claim
from billing.actions.ledger import bring_forward
from billing.actions.payments import refund, reverse_payment, take_payment
from billing.actions.resubmitting import replace_claim
from billing.actions.statements import cancel_statement
from billing.choices import AdjustmentReason, PaymentKind, PaymentMethod, Side
from billing.models import BillingPolicy, Claim, Invoice, Payment
from billing.queries.aging import items
from billing.queries.billing_policy import TIER_WORDS, pay_link, tier_on, words_of
from billing.queries.claim_money import paid_by_patient
from billing.queries.ledger import balance_of
from billing.queries.statement_accounts import Standing
from billing.queries.visit_accounts import visit_accounts
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import Conflict, DomainError
from tests.billing.owing import accounts, owing, payer_of, self_paid, sent
from tests.billing.payers import decide
from tests.factories.base import someone
from tests.factories.billing import service, submitted
from tests.factories.clinic import CoverageFactory, PatientAddressFactory, PatientDenialFactory, PatientFactory
from tests.factories.statements import PaymentPlanFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H14")]


def pay(by: User, patient: Patient, amount: str, kind: PaymentKind = PaymentKind.PREPAYMENT) -> None:
    take_payment(by=by, patient=patient, kind=kind, method=PaymentMethod.CASH, amount=Decimal(amount))


def test_only_the_patients_own_part_is_asked_for_and_not_what_waits(biller: User) -> None:
    claim = submitted(biller)
    assert accounts(biller) == {}, "the payer was asked, not the patient"
    decide(biller, claim, paid=3000, agreed=500, patient=1000)
    assert accounts(biller)[claim.patient].amount == Decimal(10)
    CoverageFactory(patient=claim.patient, order=2, payer=claim.payer, subscriber_id="B2")
    second = follow_claim(by=biller, claim=Claim.objects.get(pk=claim.pk))
    assert second is not None
    assert accounts(biller) == {}, "a second payer may still pay it"
    submit_claims(by=biller, claims=[refresh_claim(by=biller, claim=second)])
    assert accounts(biller) == {}
    decide(biller, second, paid=600, patient=900, icn="ICN2")
    assert accounts(biller)[claim.patient].amount == Decimal(9)


def test_a_visit_in_progress_waits(biller: User) -> None:
    patient = PatientFactory.create()
    PatientAddressFactory(patient=patient)
    claim = self_paid(biller, patient)
    assert patient in accounts(biller)
    visit = claim.encounter
    visit.status, visit.finished_at, visit.finished_by, visit.period_end = "in-progress", None, None, None
    with transaction.atomic(), acting(biller):
        visit.save(update_fields=["status", "finished_at", "finished_by", "period_end"])
    assert accounts(biller) == {}


def test_credit_is_taken_off_and_nothing_is_no_statement(biller: User) -> None:
    patient = owing(biller)
    pay(biller, patient, "15.00")
    account = accounts(biller)[patient]
    assert (account.amount, account.shares[0].credit, sum(account.aging)) == (Decimal(30), 1500, Decimal(45))
    pay(biller, patient, "30.00")
    assert accounts(biller) == {}
    apply_credit(by=biller, patient=patient)
    assert accounts(biller) == {}


def test_a_small_balance_waits_until_it_is_large_enough(biller: User) -> None:
    patient = owing(biller, "4.99")
    assert accounts(biller)[patient].standing is Standing.SMALL
    bring_forward(by=biller, patient=patient, amount=Decimal("0.01"), reason="Found")
    assert accounts(biller)[patient].standing is Standing.READY
    set_billing_policy(by=biller, minimum_balance=Decimal(10))
    assert accounts(biller)[patient].standing is Standing.SMALL


def test_who_answers_for_several_gets_one_and_only_beyond_doubt(biller: User) -> None:
    first, second, doubtful, namesake, elsewhere = (owing(biller) for _ in range(5))
    payer_of(first, phone="+1 217 555 0144")
    payer_of(second, given_name="ANA", family_name="López", phone="(217) 555-0144")
    payer_of(doubtful, birth_date=None, phone="(217) 555-0144")
    payer_of(namesake, birth_date="1981-05-06", phone="(217) 555-0144")
    home = {"line1": "9 Far Road", "city": "Boston", "state": "MA", "postal_code": "02101"}
    payer_of(elsewhere, phone="(617) 555-0100", **home)
    groups = [{share.patient for share in one.shares} for one in accounts(biller).values()]
    assert sorted(map(len, groups)) == [1, 1, 1, 2]
    assert {first, second} in groups
    both = next(one for one in accounts(biller).values() if len(one.shares) == 2)
    assert (both.amount, both.addressee) == (Decimal(90), both.payer.name)


def test_a_patient_who_answers_for_a_child_gets_one_for_both(biller: User) -> None:
    mother = owing(biller, given_name="Ana", family_name="Lopez", birth_date="1980-05-06")
    child = owing(biller, "20.00")
    payer_of(child)
    account = accounts(biller)[mother]
    assert ([share.patient for share in account.shares], account.amount) == ([mother, child], Decimal(65))
    owing(biller, given_name="Ana", family_name="Lopez", birth_date="1980-05-06")
    assert len(accounts(biller)) == 3, "two charts of one name: nobody knows whose the child's bill is"


def test_one_who_asked_for_their_bills_elsewhere_is_never_joined(biller: User) -> None:
    first, second = owing(biller), owing(biller)
    for patient in (first, second):
        payer_of(patient)
    PatientAddressFactory(patient=second, use="billing", line1="PO Box 9")
    found = accounts(biller)
    assert {one.payer.line1 for one in found.values()} == {found[first].payer.line1, "PO Box 9"}


def test_the_estate_is_asked_and_who_has_no_address_is_not(biller: User) -> None:
    dead = owing(biller, deceased_at=timezone.now(), given_name="Old", family_name="Man")
    assert accounts(biller)[dead].addressee == "Estate of Old Man"
    nowhere = owing(biller, home=False)
    assert accounts(biller)[nowhere].standing is Standing.NO_ADDRESS


def test_held_and_collected_accounts_are_not_asked(biller: User) -> None:
    patient = owing(biller)
    with pytest.raises(DomainError):
        hold_statements(by=biller, patient=patient, reason=" ")
    hold_statements(by=biller, patient=patient, reason="In dispute")
    account = accounts(biller)[patient]
    assert (account.standing, account.why) == (Standing.HELD, "In dispute")
    release_statements(by=biller, patient=patient)
    send_to_collections(by=biller, patient=patient, agency="Midwest Recovery")
    assert accounts(biller)[patient].standing is Standing.COLLECTIONS
    with pytest.raises(Conflict):
        send_to_collections(by=biller, patient=patient, agency="Another")
    take_from_collections(by=biller, patient=patient)
    assert accounts(biller)[patient].standing is Standing.READY
    with pytest.raises(DomainError):
        send_to_collections(by=biller, patient=PatientFactory.create(), agency="Midwest Recovery")


def test_charts_that_the_reader_may_not_know_of_are_left_out(biller: User) -> None:
    mine, hidden = owing(biller), owing(biller, restricted=True)
    denied = owing(biller)
    PatientDenialFactory(patient=denied, user=biller)
    assert set(accounts(biller)) == {mine}
    assert hidden not in accounts(someone())


def test_a_plan_asks_for_what_is_due(biller: User) -> None:
    with time_machine.travel("2026-03-20 15:00+00:00"):
        patient = owing(biller, "300.00")
        PaymentPlanFactory(patient=patient, created_by=biller)
        account = accounts(biller)[patient]
        # Due on 10 April: the part of 1 April, and not those of May to September.
        assert (account.amount, account.shares[0].put_off) == (Decimal(50), 25000)
    with time_machine.travel("2026-05-15 15:00+00:00"):
        assert accounts(biller)[patient].amount == Decimal(150)
        pay(biller, patient, "50.00", PaymentKind.PAYMENT)
        assert accounts(biller)[patient].amount == Decimal(100)


def test_a_plan_of_which_something_was_forgiven_asks_for_its_parts(biller: User) -> None:
    with time_machine.travel("2026-03-20 15:00+00:00"):
        patient = PatientFactory.create()
        PatientAddressFactory(patient=patient)
        claim = self_paid(biller, patient, lines=4)
        PaymentPlanFactory(patient=patient, total=Decimal(200), created_by=biller)
        forgiven = {"side": Side.PATIENT, "reason_code": AdjustmentReason.FINANCIAL_HARDSHIP}
        write_off(by=biller, claim=claim, amount=Decimal(150), **forgiven)
        # 56 are left of 206, and the part of 1 April is due by 10 April.
        account = accounts(biller)[patient]
        assert (account.amount, account.shares[0].put_off) == (Decimal(50), 600)


@pytest.mark.feature("H09")
def test_a_decision_that_fell_with_its_claim_is_no_payment_of_the_patient(biller: User) -> None:
    claim = submitted(biller)
    decide(biller, claim, paid=3000, agreed=500, patient=1000)
    draft = replace_claim(by=biller, claim=Claim.objects.get(pk=claim.pk))
    add_charge(by=biller, encounter=claim.encounter, coding=service("G2000"), unit_price=Decimal(31))
    submit_claims(by=biller, claims=[refresh_claim(by=biller, claim=draft)])
    line = visit_accounts([claim.encounter_id])[claim.encounter_id]
    assert (line.charge, line.insurance_paid, line.patient_paid, line.pending) == (8100, 3000, 0, 5100)
    assert paid_by_patient([claim.pk, draft.pk]) == {}


@pytest.mark.feature("H13")
def test_a_payment_that_was_taken_back_after_it_was_used_is_asked_for(biller: User) -> None:
    patient = owing(biller)
    pay(biller, patient, "65.00")
    apply_credit(by=biller, patient=patient)
    assert accounts(biller) == {}
    cash = {"method": PaymentMethod.CASH, "amount": Decimal(20)}
    refund(by=biller, patient=patient, reason="Asked for it", **cash)  # type: ignore[arg-type]
    reverse_payment(by=biller, payment=Payment.objects.earliest("receipt_number"), reason="The check bounced")
    account = accounts(biller)[patient]
    assert (account.amount, balance_of(patient).due) == (Decimal(65), Decimal(65))
    assert [(one.words, one.cents) for one in items() if one.side == "patient"] == [("Payment taken back", 6500)]
    sent(biller, account)
    [visit] = Invoice.objects.get().snapshot["patients"][0]["visits"]
    assert (visit["what"], visit["charge"], visit["due"]) == ("Payment that was taken back", "65.00", "65.00")
    pay(biller, patient, "65.00", PaymentKind.PAYMENT)
    assert accounts(biller) == {}


def test_tiers_follow_the_first_statement_about_the_oldest_debt(biller: User) -> None:
    begun = timezone.now()
    patient = owing(biller)
    seen = []
    for days in (0, 29, 30, 60, 89, 120, 400):
        with time_machine.travel(begun + timedelta(days=days)):
            account = accounts(biller)[patient]
            seen.append((days, account.standing.value, account.tier, account.turn))
            if account.standing is Standing.READY:
                sent(biller, account)
    assert seen == [
        (0, "ready", 1, 1),
        (29, "recent", 1, 2),
        (30, "ready", 2, 2),
        (60, "ready", 3, 3),
        (89, "recent", 3, 4),
        (120, "ready", 5, 4),
        (400, "ready", 5, 5),
    ]
    with time_machine.travel(begun + timedelta(days=500)):
        # What is owed anew speaks kindly again, once the old is paid.
        pay(biller, patient, "45.00", PaymentKind.PAYMENT)
        self_paid(biller, patient)
        assert (accounts(biller)[patient].tier, accounts(biller)[patient].turn) == (1, 1)


@pytest.mark.feature("H13")
def test_a_statement_changes_nothing_on_the_ledger_and_a_void_one_counts_for_nothing(biller: User) -> None:
    patient = owing(biller)
    before = balance_of(patient)
    sent(biller, accounts(biller)[patient])
    assert (balance_of(patient), accounts(biller)[patient].standing) == (before, Standing.RECENT)
    cancel_statement(by=biller, invoice=Invoice.objects.get(), reason="Too early")
    account = accounts(biller)[patient]
    assert (account.standing, account.turn, account.last) == (Standing.READY, 1, None)


def test_words_are_the_clinics_where_it_wrote_some(biller: User) -> None:
    policy = BillingPolicy(tier_messages=["", "Please pay."], pay_url="https://pay.example.org/?clinic=7")
    assert [words_of(policy, tier) for tier in (1, 2, 3)] == [TIER_WORDS[0], "Please pay.", TIER_WORDS[2]]
    assert pay_link(policy, 100001) == "https://pay.example.org/?clinic=7&statement=100001"
    assert (pay_link(BillingPolicy(), 100001), max(map(len, TIER_WORDS)) <= 300) == ("", True)
    assert [tier_on(days, [0, 30, 60, 90, 120]) for days in (None, 0, 30, 119, 120)] == [1, 1, 2, 4, 5]
    with pytest.raises(DomainError):
        set_billing_policy(by=biller, tier_days=[0, 30, 30, 60, 90])
