"""Claims from visit to void."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.actions.claims import create_claim, locked, refresh_claim, submit_claims
from billing.actions.resubmitting import void_claim
from billing.choices import ClaimState
from billing.cms1500.form import Form1500
from billing.models import Claim, ClaimItem
from billing.queries.charges import ready_page
from billing.queries.forms1500 import live_form
from clinic.actions.coverages import end_coverage
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import Conflict, DomainError
from tests.billing.asking import LogIn, page
from tests.factories.accounts import PractitionerFactory
from tests.factories.billing import (
    TWELVE,
    DiagnosisFactory,
    SignedNoteFactory,
    charged,
    claim,
    submitted,
    visit,
)
from tests.factories.clinic import CoverageFactory, PatientFactory

pytestmark = pytest.mark.django_db


def test_a_whole_visit_gives_a_claim_that_is_ready(biller: User) -> None:
    made = claim(biller)
    assert (made.state, made.state_reason, made.total) == (ClaimState.READY, "", Decimal(50))
    assert made.payer == made.patient.coverages.get().payer
    assert made.number.isalnum()
    assert len(made.number) <= 14


def test_lines_are_copied_with_letters(biller: User) -> None:
    encounter = charged(biller, visit(codes=TWELVE), diagnosis_ranks=[12, 1, 3], modifiers=["25"], quantity=2)
    item = create_claim(by=biller, encounter=encounter).items.get()
    assert (item.diagnosis_pointers, item.modifiers, item.quantity, item.net) == ("LAC", ["25"], 2, Decimal(100))


def test_letters_follow_the_place_in_box_21_where_ranks_have_gaps(biller: User) -> None:
    encounter = visit(codes=["I10"], signed=False)
    DiagnosisFactory(encounter=encounter, rank=7, code="E11.9", display="Type 2 diabetes")
    SignedNoteFactory(encounter=encounter)
    charged(biller, encounter, diagnosis_ranks=[2])
    assert create_claim(by=biller, encounter=encounter).items.get().diagnosis_pointers == "B"


def test_asked_twice_it_is_one_claim(biller: User) -> None:
    encounter = charged(biller, visit())
    assert create_claim(by=biller, encounter=encounter) == create_claim(by=biller, encounter=encounter)


@pytest.mark.parametrize(("signed", "lines", "words"), [(False, 1, "isn't signed"), (True, 0, "no charges")])
def test_an_unfinished_visit_is_refused(biller: User, signed: bool, lines: int, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        create_claim(by=biller, encounter=charged(biller, visit(signed=signed), lines=lines))


@pytest.mark.parametrize(
    ("lack", "words", "where"),
    [
        ("address", "Box 5 has no street of the patient", "patient"),
        ("npi", "Box 24J, line 1, has no NPI of the rendering practitioner", "practitioner"),
        ("signature", "Box 12 has no signature of the patient on file", "coverage"),
        ("carrier", "Box 1 has no street of the payer", "payer"),
        ("pointer", "Box 24E, line 1, has no diagnosis that justifies the service", "charges"),
    ],
)
def test_what_is_lacking_names_the_box_and_the_page(biller: User, lack: str, words: str, where: str) -> None:
    patient = PatientFactory() if lack == "address" else None
    practitioner = PractitionerFactory(npi="") if lack == "npi" else None
    encounter = visit(patient=patient, practitioner=practitioner)
    coverage = encounter.patient.coverages.get()
    with transaction.atomic(), acting(biller):
        if lack == "signature":
            coverage.signature_on_file = False
            coverage.save()
        if lack == "carrier":
            coverage.payer.address_line1 = ""
            coverage.payer.save()
    charged(biller, encounter, diagnosis_ranks=[] if lack == "pointer" else [1])
    made = create_claim(by=biller, encounter=encounter)
    assert made.state == ClaimState.HELD
    assert words in made.state_reason
    assert made.state_where == where
    with pytest.raises(DomainError, match="Box"):
        submit_claims(by=biller, claims=[made])


@pytest.mark.feature("H19")
def test_a_visit_without_insurance_is_the_patient_s_to_pay_and_never_an_error(biller: User) -> None:
    """ottehr#8293: self-pay crashed claim creation."""
    made = claim(biller, covered=False)
    assert (made.state, made.state_reason, made.payer, made.coverage) == (ClaimState.PATIENT_BALANCE, "", None, None)
    assert refresh_claim(by=biller, claim=made).state == ClaimState.PATIENT_BALANCE
    with pytest.raises(DomainError, match="Paid by the patient"):
        submit_claims(by=biller, claims=[made])


def test_a_coverage_that_comes_later_is_found_on_refresh(biller: User) -> None:
    made = claim(biller, covered=False)
    coverage = CoverageFactory(patient=made.patient)
    fresh = refresh_claim(by=biller, claim=made)
    assert (fresh.state, fresh.coverage) == (ClaimState.READY, coverage)


@pytest.mark.feature("H07", "H17")
def test_a_policy_that_leaves_out_the_first_place_waits_and_is_put_right_at_its_page(
    biller: User, as_role: LogIn
) -> None:
    encounter = charged(biller, visit(covered=False))
    assert ready_page(biller, payer="self").count == 1
    policy = CoverageFactory.create(patient=encounter.patient, order=2)
    CoverageFactory(patient=encounter.patient, order=3)
    assert ready_page(biller, payer="self").count == 0
    made = create_claim(by=biller, encounter=encounter)
    assert (made.state, made.state_where, made.coverage) == (ClaimState.HELD, "coverage", policy)
    assert "entered as secondary" in made.state_reason
    with pytest.raises(DomainError, match="entered as secondary"):
        submit_claims(by=biller, claims=[made])
    html = page(as_role("biller"), "billing:claims_detail", made.patient_id, made.pk)
    assert reverse("clinic:coverages_edit", args=[made.patient_id, policy.pk]) in html
    with transaction.atomic(), acting(biller):
        policy.order = 1
        policy.save()
    (sent,) = submit_claims(by=biller, claims=[refresh_claim(by=biller, claim=made)])
    assert live_form(sent).responsibility == "P"


def test_insurance_that_changed_since_is_not_submitted_unseen(biller: User) -> None:
    made = claim(biller)
    end_coverage(by=biller, coverage=made.patient.coverages.get(), on=date(2026, 1, 1))
    with pytest.raises(Conflict, match=f"changed since these were checked: {made.number}"):
        submit_claims(by=biller, claims=[made])
    assert refresh_claim(by=biller, claim=made).state == ClaimState.PATIENT_BALANCE


def test_all_are_submitted_or_none(biller: User) -> None:
    good, bad = claim(biller), claim(biller, patient=CoverageFactory().patient)
    with pytest.raises(DomainError, match=f"Claim {bad.number}: Box 5"):
        submit_claims(by=biller, claims=[good, bad])
    good.refresh_from_db()
    assert (good.state, good.submitted_at) == (ClaimState.READY, None)


def test_submitting_freezes_the_form_and_says_who(biller: User) -> None:
    made = submitted(biller)
    made.refresh_from_db()
    form = Form1500.from_data(made.snapshot)
    assert (made.state, made.submitted_by, form.account_number) == (ClaimState.SUBMITTED, biller, made.number)
    assert made.snapshot_hash == hashlib.sha256(form.to_json().encode()).hexdigest()


def test_a_second_submission_is_a_conflict(biller: User) -> None:
    made = submitted(biller)
    with pytest.raises(Conflict, match=f"Already submitted or void: {made.number}"):
        submit_claims(by=biller, claims=[made])
    with pytest.raises(Conflict, match="doesn't change any more"):
        refresh_claim(by=biller, claim=made)


def test_voiding_needs_a_reason_and_frees_the_visit(biller: User) -> None:
    made = submitted(biller)
    with pytest.raises(DomainError, match="Say why"):
        void_claim(by=biller, claim=made, reason="")
    void = void_claim(by=biller, claim=made, reason="Wrong payer")
    assert (void.state, void.status, void.state_reason) == ("void", "cancelled", "Wrong payer")
    assert void_claim(by=biller, claim=made, reason="again").state_reason == "Wrong payer"
    second = create_claim(by=biller, encounter=made.encounter)
    assert (second.number != made.number, second.state) == (True, ClaimState.READY)


def test_submitting_many_takes_a_fixed_number_of_reads(biller: User) -> None:
    """Each further claim reads only what its entries in the log need: its own row and its charge as they were, and its
    transaction of the ledger.
    """

    def reads(count: int) -> int:
        claims = [claim(biller) for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            submit_claims(by=biller, claims=claims)
        return sum(
            query["sql"].startswith("SELECT") and "nextval" not in query["sql"] for query in captured.captured_queries
        )

    reads(1)
    assert reads(5) - reads(1) == 4 * 2


@pytest.mark.feature("H03")
class TestFrozen:
    """What is submitted stays, whoever writes."""

    @pytest.mark.parametrize(
        "column", ["total = total + 1", "snapshot = '{}'", "payer_id = NULL, coverage_id = NULL", "status = 'draft'"]
    )
    def test_the_database_refuses_a_change(self, biller: User, column: str) -> None:
        made = submitted(biller)
        with pytest.raises(DatabaseError, match="A submitted claim does not change"), transaction.atomic():
            connection.cursor().execute(f"UPDATE billing_claim SET {column} WHERE id = %s", [made.pk])

    @pytest.mark.parametrize("statement", ["UPDATE billing_claimitem SET net = 0", "DELETE FROM billing_claimitem"])
    def test_the_database_refuses_a_change_of_its_lines(self, biller: User, statement: str) -> None:
        submitted(biller)
        with pytest.raises(DatabaseError, match="A submitted claim does not change"), transaction.atomic():
            connection.cursor().execute(statement)

    def test_no_line_is_added(self, biller: User) -> None:
        made = submitted(biller)
        item = made.items.get()
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic(), acting(biller):
            ClaimItem.objects.create(
                created_by=biller,
                claim=made,
                charge_item=item.charge_item,
                sequence=2,
                product_or_service="G0001",
                serviced_start=item.serviced_start,
                serviced_end=item.serviced_end,
                place_of_service="11",
                quantity=1,
                net=1,
            )


def test_the_ten_thousandth_comes_after_the_one_before_it(biller: User) -> None:
    """As text, 10000 stands before 9999."""
    first, second = claim(biller), claim(biller)
    with acting(biller):
        for made, number in ((first, "9999"), (second, "10000")):
            made.number = number
            made.save(update_fields=["number"])
    assert first.service_date == second.service_date
    assert [one.number for one in locked([second, first])] == ["9999", "10000"]
    assert list(Claim.objects.values_list("number", flat=True)) == ["10000", "9999"]
