"""Charges entered, claims looked at and batches made, each on its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from billing.actions.batches import create_batch
from billing.actions.claim_life import know_payers_number
from billing.actions.claims import create_claim
from billing.actions.resubmitting import void_claim
from billing.models import ChargeItem, Claim, ClaimBatch
from billing.queries.forms1500 import live_form
from clinic.forms.coverages import payer_initial
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from tests.billing.asking import LogIn, page, post
from tests.factories.accounts import PractitionerFactory
from tests.factories.billing import FeeFactory, SignedNoteFactory, charged, claim, submitted, visit
from tests.factories.claims import TradingPartnerFactory
from tests.factories.clinic import (
    CoverageFactory,
    PayerFactory,
)

pytestmark = pytest.mark.django_db


class TestChargeEntry:
    """The visit's charges, without the note."""

    def send(self, client: Client, encounter: Any, **data: Any) -> Any:
        sent = {
            "coding": "G0463",
            "quantity": "1",
            "diagnosis_ranks": "A",
            "service_date": "2026-03-09",
            "place_of_service": "11",
            "request_token": uuid4(),
            **data,
        }
        return post(client, "billing:charges_edit", encounter.patient_id, encounter.pk, **sent)

    @pytest.mark.feature("H02")
    def test_a_code_with_a_fee_is_charged_with_modifiers_pointers_and_drug(self, biller: User, as_role: LogIn) -> None:
        FeeFactory(amount=Decimal("120.00"))
        encounter, client = visit(codes=["I10", "E11.9"]), as_role("biller")
        response = self.send(
            client,
            encounter,
            modifiers="25, gt",
            diagnosis_ranks="BA",
            ndc="0002-7510-01",
            ndc_quantity="1.5",
            ndc_unit="ML",
        )
        assert response.status_code == 303
        charge = ChargeItem.objects.get()
        assert (charge.amount, charge.modifiers, charge.ndc) == (Decimal(120), ["25", "GT"], "00002751001")
        html = page(client, "billing:charges_edit", encounter.patient_id, encounter.pk)
        assert "B A" in html
        assert "NDC 00002-7510-01, 1.5 millilitres" in html

    def test_the_same_page_sent_twice_is_one_charge(self, as_role: LogIn) -> None:
        encounter, client, token = visit(), as_role("biller"), uuid4()
        FeeFactory()
        for _ in range(2):
            assert self.send(client, encounter, request_token=token).status_code == 303
        assert ChargeItem.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"coding": "G9999"}, "neither a code nor the name of one"),
            ({"diagnosis_ranks": "B"}, "The visit has 1 diagnoses for the claim"),
            ({"diagnosis_ranks": "Z"}, "letters of the diagnoses"),
            ({"modifiers": "x"}, "two characters"),
            ({"quantity": "0"}, "more than 0"),
            ({"ndc": "12"}, "as on its package"),
        ],
    )
    def test_a_refusal_stands_beside_the_field_and_keeps_what_was_typed(
        self, wrong: dict[str, str], words: str, as_role: LogIn
    ) -> None:
        FeeFactory()
        response = self.send(as_role("biller"), visit(), **wrong)
        html = response.content.decode()
        assert response.status_code == 422
        assert words in html
        assert f'value="{next(iter(wrong.values()))}"' in html
        assert not ChargeItem.objects.exists()

    def test_no_word_of_the_note_is_shown(self, biller: User, as_role: LogIn) -> None:
        encounter = visit(signed=False)
        SignedNoteFactory(encounter=encounter, title="Secret story", snapshot={"sections": ["Secret story"]})
        charged(biller, encounter)
        assert "Secret" not in page(as_role("biller"), "billing:charges_edit", encounter.patient_id, encounter.pk)

    def test_taking_back_asks_for_a_reason(self, biller: User, as_role: LogIn) -> None:
        encounter, client = charged(biller, visit()), as_role("clinician")
        charge = encounter.charge_items.get()
        args = [encounter.patient_id, encounter.pk, charge.pk]
        assert "Enter the reason" in post(client, "billing:charges_void", *args).content.decode()
        assert post(client, "billing:charges_void", *args, reason="Twice").status_code == 303
        assert "taken back by" in page(client, "billing:charges_edit", *args[:2])

    def test_services_are_found_by_fee(self, as_role: LogIn) -> None:
        FeeFactory(display="Outpatient clinic visit", amount=Decimal("120.00"))
        html = page(as_role("clinician"), "billing:services_search", q="outp")
        assert "G0463" in html
        assert "120.00" in html


class TestClaim:
    """The page of one claim."""

    def test_it_shows_boxes_lines_and_history(self, biller: User, as_role: LogIn) -> None:
        made = submitted(biller)
        html = page(as_role("biller"), "billing:claims_detail", made.patient_id, made.pk)
        for words in (made.number, made.coverage.subscriber_id, "Submitted and frozen", "12 Elm Street", "G1000"):
            assert words in html

    @pytest.mark.feature("H09")
    def test_it_leads_to_the_other_claims_of_its_visit(self, biller: User, as_role: LogIn) -> None:
        client, made = as_role("biller"), submitted(biller)
        know_payers_number(by=biller, claim=made, number="ICN1")
        assert "Other claims of this visit" not in page(client, "billing:claims_detail", made.patient_id, made.pk)
        void_claim(by=biller, claim=made, reason="Billed twice")
        void = made.replaced_by.get()
        anew = create_claim(by=biller, encounter=made.encounter)
        others = {}
        for one in (made, void, anew):
            html = page(client, "billing:claims_detail", one.patient_id, one.pk)
            others[one] = re.findall(r'claims/([^/]+)/">(\w+)</a></td>\s*<td>([^<]+)<', html)
        assert others == {
            made: [(str(void.pk), void.number, "voids this one"), (str(anew.pk), anew.number, "of the same visit")],
            void: [(str(made.pk), made.number, "voided by this one"), (str(anew.pk), anew.number, "of the same visit")],
            anew: [(str(made.pk), made.number, "of the same visit"), (str(void.pk), void.number, "of the same visit")],
        }
        assert "A void charges nothing" in page(client, "billing:claims_detail", void.patient_id, void.pk)

    def test_what_lacks_is_listed_and_submit_is_off(self, biller: User, as_role: LogIn) -> None:
        made, client = claim(biller, patient=CoverageFactory().patient), as_role("biller")
        html = page(client, "billing:claims_detail", made.patient_id, made.pk)
        assert "4 things are lacking" in html
        assert "Box 5 has no street of the patient" in html
        post(client, "billing:claims_submit_one", made.patient_id, made.pk)
        made.refresh_from_db()
        assert made.submitted_at is None

    def test_a_fault_names_who_is_meant_and_opens_their_page(
        self, biller: User, as_role: LogIn, person: Callable[..., User]
    ) -> None:
        """A claim may have several practitioners and policies; the visit's own was opened for all of them."""
        encounter = charged(biller, visit())
        other = person("front_desk")
        nurse = PractitionerFactory(npi="", given_name="Mia", family_name="Silva", user=other)
        charged(biller, encounter, performer=nurse)
        CoverageFactory(patient=encounter.patient, order=2, plan_name="A plan whose name is far too long for its box")
        made, client = create_claim(by=biller, encounter=encounter), as_role("biller", "manager")
        html = page(client, "billing:claims_detail", made.patient_id, made.pk)
        assert "Box 24J, line 2, has no NPI of the rendering practitioner Mia Silva." in html
        assert reverse("accounts:practitioners_edit", args=[other.pk]) in html
        policies = reverse("clinic:coverages_list", args=[made.patient_id])
        assert f'href="{policies}"' in html[html.index("Box 9d ") :][:2000]
        with transaction.atomic(), acting(biller):
            second = made.patient.coverages.get(order=2)
            second.plan_name = "Plan B"
            second.save()
        post(client, "billing:claims_refresh", made.patient_id, made.pk)
        worklist = page(client, "billing:claims_list")
        assert f'href="{reverse("accounts:people_list")}">Edit practitioner<' in worklist

    def test_what_an_837p_needs_of_a_payer_is_entered_on_the_payer_s_page(self, biller: User, as_role: LogIn) -> None:
        encounter = visit()
        payer = encounter.patient.coverages.get().payer
        with transaction.atomic(), acting(biller):
            payer.claim_filing_code = ""
            payer.save()
        TradingPartnerFactory()
        made = create_claim(by=biller, encounter=charged(biller, encounter))
        client = as_role("biller", "front_desk")
        html = page(client, "billing:claims_detail", made.patient_id, made.pk)
        assert "Box 1 has no claim filing code of the payer. Mend it on the payer&#39;s page." in html
        address = reverse("clinic:payers_edit", args=[payer.pk])
        assert f'href="{address}"' in html
        shown = {name: value for name, value in payer_initial(payer).items() if value not in (None, False)}
        typed = {**shown, "timely_filing_days": "3650", "claim_filing_code": "CI", "accepts_assignment": ""}
        assert client.post(address, typed).status_code == 303
        post(client, "billing:claims_refresh", made.patient_id, made.pk)
        assert "claim filing code" not in page(client, "billing:claims_detail", made.patient_id, made.pk)
        form = live_form(made)
        assert (form.payer.filing_code, form.accept_assignment) == ("CI", False)

    def test_submit_void_and_bill_again(self, biller: User, as_role: LogIn) -> None:
        made, client = claim(biller), as_role("biller")
        args = [made.patient_id, made.pk]
        post(client, "billing:claims_submit_one", *args)
        assert "Enter the reason" in post(client, "billing:claims_void", *args).content.decode()
        post(client, "billing:claims_void", *args, reason="Wrong payer")
        assert "Wrong payer" in page(client, "billing:claims_detail", *args)
        again = post(client, "billing:claims_create", made.patient_id, made.encounter_id)
        assert again.headers["Location"] != reverse("billing:claims_detail", args=args)

    def test_a_draft_prints_only_for_review(self, biller: User, as_role: LogIn) -> None:
        made, client = claim(biller), as_role("biller")
        address = reverse("billing:claims_print", args=[made.patient_id, made.pk])
        assert client.get(address, {"style": "data-only"}).status_code == 303
        review = client.get(address)
        assert review.headers["Content-Type"] == "application/pdf"
        assert review.content.startswith(b"%PDF")
        printed = AccessEvent.objects.filter(user=client.user, action="print").count()  # type: ignore[attr-defined]
        assert printed == 2

    @pytest.mark.feature("H19")
    def test_a_claim_that_the_patient_pays_has_a_page_and_no_form(self, biller: User, as_role: LogIn) -> None:
        made, client = claim(biller, covered=False), as_role("biller")
        assert "the patient pays" in page(client, "billing:claims_detail", made.patient_id, made.pk)
        assert client.get(reverse("billing:claims_print", args=[made.patient_id, made.pk])).status_code == 303

    def test_the_panel_is_a_fragment_and_a_page(self, biller: User, as_role: LogIn) -> None:
        made, client = claim(biller), as_role("manager")
        address = reverse("billing:patient_panel", args=[made.patient_id])
        fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert made.number in fragment
        assert "<html" not in fragment
        assert "<html" in client.get(address).content.decode()


class TestBatch:
    """Printing many."""

    def send(self, client: Client, *claims: Claim, **data: Any) -> Any:
        sent = {"style": "data-only", "margin_left": "0", "margin_top": "0", "request_token": uuid4(), **data}
        return post(client, "billing:batches_new", claim=[c.pk for c in claims], **sent)

    def test_the_same_page_sent_twice_is_one_batch(self, biller: User, as_role: LogIn) -> None:
        made, client, token = submitted(biller), as_role("biller"), uuid4()
        places = {self.send(client, made, request_token=token).headers["Location"] for _ in range(2)}
        assert (len(places), ClaimBatch.objects.count()) == (1, 1)
        html = client.get(places.pop()).content.decode()
        assert "Drawing claims" in html or "hx-get" in html

    def test_it_asks_first_and_says_what_was_printed_before(self, biller: User, as_role: LogIn) -> None:
        made, draft, client = submitted(biller), claim(biller), as_role("biller")
        asked = post(client, "billing:batches_new", claim=[made.pk, draft.pk]).content.decode()
        assert "1 of the chosen claims are not submitted" in asked
        assert "went out before" not in asked
        self.send(client, made)
        again = post(client, "billing:batches_new", claim=made.pk).content.decode()
        assert "One of these went out before: printed on" in again
        refused = self.send(client, made)
        assert "Say that you mean to send them again." in refused.content.decode()
        assert self.send(client, made, again="on").status_code == 303
        assert ClaimBatch.objects.count() == 2

    def test_drafts_alone_are_not_printed(self, biller: User, as_role: LogIn) -> None:
        made = claim(biller)
        assert self.send(as_role("biller"), made).headers["Location"] == reverse("billing:claims_list")
        assert not ClaimBatch.objects.exists()

    def test_all_submitted_ones_of_the_filter(self, biller: User, as_role: LogIn) -> None:
        made = [submitted(biller) for _ in range(3)]
        void_claim(by=biller, claim=made[0], reason="Wrong")
        client = as_role("biller")
        assert "Send 2 claims" in post(client, "billing:batches_new", all="1").content.decode()
        payer = PayerFactory()
        assert post(client, "billing:batches_new", all="1", payer=payer.pk).status_code == 303

    @pytest.mark.parametrize("margin", ["37", "x", "-36.5"])
    def test_a_margin_off_the_paper_is_refused(self, margin: str, biller: User, as_role: LogIn) -> None:
        response = self.send(as_role("biller"), submitted(biller), margin_left=margin)
        assert response.status_code == 200
        assert not ClaimBatch.objects.exists()

    def test_somebody_else_s_file_is_not_offered(self, biller: User, as_role: LogIn) -> None:
        batch = create_batch(by=biller, claims=[submitted(biller)])
        html = page(as_role("biller"), "billing:batches_detail", batch.pk)
        assert "who asked for it" in html


def test_a_claim_s_history_is_told_in_words_that_people_read(biller: User, as_role: LogIn) -> None:
    sent = submitted(biller)
    html = page(as_role("biller"), "billing:claims_history", sent.patient_id, sent.pk)
    assert "as submitted" in html
    assert [words for words in ("snapshot", "lineage", sent.snapshot_hash) if words in html] == []
