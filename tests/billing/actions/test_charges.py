"""Charging a visit: price, modifiers, pointers, drugs, taking back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from billing.actions.charge_values import eleven_digits
from billing.actions.charges import add_charge, correct_charge, keep_off_claim, void_charge
from billing.actions.claim_life import know_payers_number
from billing.actions.claims import create_claim, submit_claims
from billing.actions.following import follow_claim
from billing.actions.resubmitting import replace_claim, void_claim
from billing.actions.supporting_info import save_supporting_info
from billing.choices import ChargeItemStatus, ClaimStatus
from billing.models import ChargeItem
from billing.queries.forms1500 import live_form
from billing.queries.leftovers import leftovers
from clinic.actions.encounters import set_diagnoses
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.codes.coding import Coding
from emr.codes.systems import ICD10CM
from emr.shared.errors import DomainError
from tests.factories.billing import FeeFactory, FeeScheduleFactory, charged, service, submitted, visit
from tests.factories.clinic import CoverageFactory, PatientFactory, PayerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H02")]


def test_the_clinic_s_fee_is_the_price(biller: User) -> None:
    FeeFactory(amount=Decimal("120.50"))
    charge = add_charge(by=biller, encounter=visit(), coding=service(), quantity=2)
    assert (charge.unit_price, charge.amount, charge.status) == (Decimal("120.50"), Decimal("241.00"), "billable")


def test_a_modifier_keeps_the_fee(biller: User) -> None:
    """openemr#6361, #7165: a modifier lost the fee."""
    FeeFactory(amount=Decimal(120))
    charge = add_charge(by=biller, encounter=visit(), coding=service(), modifiers=["25", "gt"])
    assert (charge.amount, charge.modifiers) == (Decimal(120), ["25", "GT"])


def test_the_payer_s_agreed_fee_goes_before_the_clinic_s(biller: User) -> None:
    coverage = CoverageFactory(patient=PatientFactory())
    FeeFactory(amount=Decimal(120))
    FeeFactory(amount=Decimal(95), fee_schedule=FeeScheduleFactory(name="Agreed", payer=coverage.payer))
    assert add_charge(by=biller, encounter=visit(patient=coverage.patient), coding=service()).amount == 95
    assert add_charge(by=biller, encounter=visit(), coding=service()).amount == 120


def test_a_typed_price_is_taken(biller: User) -> None:
    charge = add_charge(by=biller, encounter=visit(), coding=service(), unit_price=Decimal("33.335"), quantity=3)
    assert (charge.unit_price, charge.amount) == (Decimal("33.34"), Decimal("100.02"))


def test_a_service_without_fee_says_so(biller: User) -> None:
    with pytest.raises(DomainError, match="G0463 has no fee on 09-Mar-2026") as refused:
        add_charge(by=biller, encounter=visit(), coding=service())
    assert refused.value.field == "unit_price"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"modifiers": ["2"]}, "modifiers"),
        ({"modifiers": ["25", "25"]}, "modifiers"),
        ({"modifiers": ["25", "26", "27", "28", "29"]}, "modifiers"),
        ({"diagnosis_ranks": [2]}, "diagnosis_ranks"),
        ({"diagnosis_ranks": [0]}, "diagnosis_ranks"),
        ({"diagnosis_ranks": [1, 1]}, "diagnosis_ranks"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": Decimal("NaN")}, "quantity"),
        ({"quantity": Decimal("0.0001")}, "quantity"),
        ({"unit_price": Decimal(-1)}, "unit_price"),
        ({"unit_price": Decimal(1_000_000)}, "unit_price"),
        ({"service_date": date(2999, 1, 1)}, "service_date"),
        ({"service_date_end": date(2026, 3, 8)}, "service_date_end"),
        ({"ndc": "1234567890"}, "ndc"),
        ({"ndc": "12345678901"}, "ndc_quantity"),
        ({"ndc": "12345678901", "ndc_quantity": Decimal(1), "ndc_unit": "KG"}, "ndc_unit"),
    ],
)
def test_what_the_form_can_t_say_is_refused_by_field(biller: User, wrong: dict[str, object], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        add_charge(by=biller, encounter=visit(), coding=service(), **{"unit_price": Decimal(1), **wrong})  # type: ignore[arg-type]
    assert refused.value.field == field
    assert not ChargeItem.objects.exists()


@pytest.mark.parametrize(
    ("typed", "eleven"),
    [
        ("0002-7510-01", "00002751001"),
        ("50242-040-62", "50242004062"),
        ("60575-4112-1", "60575411201"),
        ("00002-7510-01", "00002751001"),
        ("00002751001", "00002751001"),
    ],
)
def test_a_drug_code_gets_its_eleven_digits(typed: str, eleven: str) -> None:
    assert eleven_digits(typed) == eleven


@pytest.mark.parametrize("typed", ["0002751001", "1-2-3", "00002-7510", "abc", "²0002751001", "000002-7510-01"])
def test_a_drug_code_without_meaning_is_refused(typed: str) -> None:
    with pytest.raises(DomainError):
        eleven_digits(typed)


def test_the_same_token_is_one_line(biller: User) -> None:
    token, encounter = uuid4(), visit()
    lines = {
        add_charge(by=biller, encounter=encounter, coding=service(), unit_price=Decimal(1), request_token=token).pk
        for _ in range(2)
    }
    assert len(lines) == 1


def test_pointers_stay_with_their_diagnosis_when_the_order_changes(biller: User) -> None:
    encounter = visit(codes=["I10", "E11.9"], signed=False)
    charge = add_charge(by=biller, encounter=encounter, coding=service(), unit_price=Decimal(1), diagnosis_ranks=[2])
    codings = [Coding(ICD10CM, code, f"Diagnosis {code}") for code in ("E11.9", "I10")]
    set_diagnoses(by=biller, encounter=encounter, diagnoses=codings)
    first = encounter.diagnoses.get(rank=1, entered_in_error_at=None)
    assert (first.code, charge.diagnosis_ids) == ("E11.9", [str(first.pk)])


def test_taking_back_needs_a_reason_and_keeps_the_row(biller: User) -> None:
    encounter = charged(biller, visit())
    charge = encounter.charge_items.get()
    with pytest.raises(DomainError, match="Say why"):
        void_charge(by=biller, charge=charge, reason="  ")
    taken = void_charge(by=biller, charge=charge, reason="Entered twice")
    assert (taken.status, taken.entered_in_error_by, taken.entered_in_error_reason) == (
        "entered-in-error",
        biller,
        "Entered twice",
    )
    assert void_charge(by=biller, charge=charge, reason="again").entered_in_error_reason == "Entered twice"


def test_a_draft_follows_its_charges(biller: User) -> None:
    encounter = charged(biller, visit(), lines=2)
    claim = create_claim(by=biller, encounter=encounter)
    charged(biller, encounter)
    claim.refresh_from_db()
    assert (claim.total, claim.items.count()) == (Decimal(151), 3)
    for charge in encounter.charge_items.all():
        void_charge(by=biller, charge=charge, reason="Wrong visit")
    claim.refresh_from_db()
    assert (claim.total, claim.state, claim.state_where) == (0, "held", "charges")
    assert "service line" in claim.state_reason


def test_after_submission_charges_stay_until_the_claim_is_void(biller: User) -> None:
    encounter = charged(biller, visit())
    claim = submit_claims(by=biller, claims=[create_claim(by=biller, encounter=encounter)])[0]
    charge = encounter.charge_items.get()
    assert charge.status == ChargeItemStatus.BILLED
    for attempt in (
        lambda: add_charge(by=biller, encounter=encounter, coding=service(), unit_price=Decimal(1)),
        lambda: void_charge(by=biller, charge=charge, reason="Wrong"),
    ):
        with pytest.raises(DomainError, match="claim is submitted"):
            attempt()
    void_claim(by=biller, claim=claim, reason="Wrong patient")
    charge.refresh_from_db()
    assert charge.status == ChargeItemStatus.BILLABLE
    void_charge(by=biller, charge=charge, reason="Wrong")


def test_a_claim_to_the_next_payer_opens_no_charges(biller: User) -> None:
    """It is over what the first payer decided on: a service that came to the visit now would be asked of nobody."""
    encounter = charged(biller, visit())
    CoverageFactory(patient=encounter.patient, order=2, payer=PayerFactory(payer_id="2ND01"))
    first = submit_claims(by=biller, claims=[create_claim(by=biller, encounter=encounter)])[0]
    second = follow_claim(by=biller, claim=first)
    assert second is not None
    assert second.status == ClaimStatus.DRAFT
    charge = encounter.charge_items.get()
    for attempt in (
        lambda: add_charge(by=biller, encounter=encounter, coding=service(), unit_price=Decimal(1)),
        lambda: void_charge(by=biller, charge=charge, reason="Wrong"),
        lambda: keep_off_claim(by=biller, charge=charge, off=True),
    ):
        with pytest.raises(DomainError, match="claim is submitted"):
            attempt()
    save_supporting_info(by=biller, encounter=encounter, additional_information="For the second payer")
    assert live_form(second).additional_information == "For the second payer"


@pytest.mark.feature("H21")
def test_what_a_dropped_replacement_leaves_behind_is_told(biller: User) -> None:
    encounter = charged(biller, visit(), lines=2)
    first = submit_claims(by=biller, claims=[create_claim(by=biller, encounter=encounter)])[0]
    first = know_payers_number(by=biller, claim=first, number="ICN1")
    begun = replace_claim(by=biller, claim=first)
    add_charge(by=biller, encounter=encounter, coding=service("G2000"), unit_price=Decimal(1))
    void_charge(by=biller, charge=encounter.charge_items.get(code="G1001"), reason="Not done")
    assert leftovers(encounter, []) == []
    void_claim(by=biller, claim=begun, reason="The payer was right")
    told = [(left.text, left.reason, left.wrong) for left in leftovers(encounter, [])]
    assert told == [
        (
            "G1001 Clinic visit",
            "A claim that went out has it, and it was taken back since. Replace that claim.",
            True,
        ),
        (
            "G2000 Clinic visit",
            "The visit's claim went out without it, so nobody is asked for it. Replace that claim.",
            True,
        ),
    ]


def test_a_line_that_is_kept_off_the_claim_stays_off_when_it_is_corrected(biller: User) -> None:
    encounter = charged(biller, visit(), lines=2)
    claim = create_claim(by=biller, encounter=encounter)
    off = keep_off_claim(by=biller, charge=encounter.charge_items.get(code="G1001"), off=True)
    made = correct_charge(by=biller, charge=off, coding=service("G1002"), unit_price=Decimal(70))
    claim.refresh_from_db()
    assert (made.status, claim.total) == (ChargeItemStatus.NOT_BILLABLE, Decimal(50))


def test_voiding_a_claim_doesn_t_revive_a_charge_in_error(biller: User) -> None:
    """However the charge came to be in error: here past the action, which would have asked to void the claim first."""
    claim = submitted(biller)
    gone = claim.items.get().charge_item
    gone.status, gone.entered_in_error_at = ChargeItemStatus.ENTERED_IN_ERROR, timezone.now()
    gone.entered_in_error_by, gone.entered_in_error_reason = biller, "Twice"
    with transaction.atomic(), acting(biller):
        gone.save()
    void_claim(by=biller, claim=claim, reason="Again")
    gone.refresh_from_db()
    assert gone.status == ChargeItemStatus.ENTERED_IN_ERROR


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_visit_that_wasn_t_is_not_charged(biller: User, status: str) -> None:
    encounter = visit(status=status)
    with pytest.raises(DomainError, match="nothing can be charged"):
        add_charge(by=biller, encounter=encounter, coding=service(), unit_price=Decimal(1))
