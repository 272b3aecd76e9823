"""Who sees which page of money, what it says, and how much it asks the database."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.actions.batches import create_batch
from billing.actions.resubmitting import void_claim
from billing.models import ChargeItem, Claim, ClaimBatch
from emr.accounts.models import User
from emr.audit.models import AccessEvent
from tests.factories.accounts import NPIS, PractitionerFactory
from tests.factories.billing import FeeFactory, SignedNoteFactory, charged, claim, submitted, visit
from tests.factories.clinic import (
    ContactPointFactory,
    CoverageFactory,
    PatientAddressFactory,
    PatientFactory,
    PayerFactory,
    grant_chart,
)

pytestmark = pytest.mark.django_db

LogIn = Callable[..., Any]


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    """The HTML of a page that must be there."""
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200, (name, response.status_code)
    return b"".join(response).decode()


def post(client: Client, name: str, *args: Any, **data: Any) -> Any:
    """Send a form."""
    return client.post(reverse(name, args=args), data)


def chart_pages(made: Claim) -> dict[str, list[Any]]:
    """Each page about the patient of a claim, with its arguments."""
    charge = made.items.get().charge_item
    patient, encounter = made.patient_id, made.encounter_id
    return {
        "charges_edit": [patient, encounter],
        "charges_void": [patient, encounter, charge.pk],
        "particulars_edit": [patient, encounter],
        "claims_detail": [patient, made.pk],
        "claims_void": [patient, made.pk],
        "claims_print": [patient, made.pk],
        "patient_panel": [patient],
    }


LISTS = [
    *("charges_ready", "charges_waiting", "claims_list", "claims_export", "batches_list"),
    *("fees_list", "vaccines_list", "services_search"),
]

#: Which role opens which page; a page that isn't listed is refused.
MAY: dict[str, set[str]] = {
    "biller": {
        *LISTS,
        *("charges_edit", "charges_void", "particulars_edit"),
        *("claims_detail", "claims_void", "claims_print", "patient_panel"),
    },
    "manager": {"claims_list", "batches_list", "fees_list", "vaccines_list", "claims_detail", "patient_panel"},
    "clinician": {"charges_edit", "charges_void", "particulars_edit", "services_search"},
    "nurse": set(),
    "front_desk": set(),
    "privacy_officer": set(),
}


@pytest.mark.parametrize("role", MAY)
def test_each_role_opens_its_pages_and_no_others(role: str, biller: User, as_role: LogIn) -> None:
    made, client = submitted(biller), as_role(role)
    pages = {**{name: [] for name in LISTS}, **chart_pages(made)}
    opened = {
        name for name, args in pages.items() if client.get(reverse(f"billing:{name}", args=args)).status_code != 403
    }
    assert opened == MAY[role]


@pytest.mark.parametrize("role", ["manager", "clinician", "nurse", "front_desk"])
def test_only_who_may_changes_claims(role: str, biller: User, as_role: LogIn) -> None:
    made, client = claim(biller), as_role(role)
    for name, args, data in [
        ("claims_make", [], {"visit": made.encounter_id}),
        ("claims_submit", [], {"claim": made.pk}),
        ("claims_check", [], {"claim": made.pk}),
        ("batches_new", [], {"claim": made.pk}),
        ("claims_create", [made.patient_id, made.encounter_id], {}),
        ("claims_refresh", [made.patient_id, made.pk], {}),
        ("claims_submit_one", [made.patient_id, made.pk], {}),
        ("claims_void", [made.patient_id, made.pk], {"reason": "x"}),
    ]:
        assert post(client, f"billing:{name}", *args, **data).status_code == 403, name
    made.refresh_from_db()
    assert made.state == "ready"


def test_a_claim_is_found_only_under_its_own_patient(biller: User, as_role: LogIn) -> None:
    made, other, client = submitted(biller), PatientFactory(), as_role("biller")
    for name, args in chart_pages(made).items():
        if name != "patient_panel":
            assert client.get(reverse(f"billing:{name}", args=[other.pk, *args[1:]])).status_code == 404, name
    second = visit()
    charge = made.items.get().charge_item
    crossed = reverse("billing:charges_void", args=[made.patient_id, second.pk, charge.pk])
    assert client.post(crossed, {"reason": "x"}).status_code == 404


@pytest.mark.feature("A04")
def test_restricted_patients_are_on_no_list(biller: User, as_role: LogIn) -> None:
    hidden = PatientFactory(restricted=True, family_name="Hiddenperson")
    PatientAddressFactory(patient=hidden)
    ContactPointFactory(patient=hidden)
    made = submitted(biller, patient=hidden)
    waiting = charged(biller, visit(patient=hidden))
    batch = create_batch(by=biller, claims=[made])
    client = as_role("biller")
    for name in ("charges_ready", "claims_list", "claims_export", "batches_list"):
        assert "HIDDENPERSON" not in page(client, f"billing:{name}").upper(), name
    assert client.get(reverse("billing:batches_detail", args=[batch.pk])).status_code == 404
    assert str(batch.pk) not in page(client, "billing:batches_list")
    assert "0 of 0" in page(client, "billing:claims_list")
    post(client, "billing:claims_make", visit=waiting.pk)
    post(
        client, "billing:batches_new", claim=made.pk, style="review", margin_left=0, margin_top=0, request_token=uuid4()
    )
    assert (waiting.claims.count(), ClaimBatch.objects.count()) == (0, 1)
    assert not AccessEvent.objects.filter(user=client.user, patient_id=hidden.pk).exists()  # type: ignore[attr-defined]
    grant_chart(client.user, hidden)  # type: ignore[attr-defined]
    assert "HIDDENPERSON" in page(client, "billing:claims_list")


def test_lists_put_each_patient_on_record(biller: User, as_role: LogIn) -> None:
    made, waiting, client = claim(biller), charged(biller, visit()), as_role("biller")
    page(client, "billing:claims_list")
    page(client, "billing:charges_ready")
    page(client, "billing:claims_export")
    events = AccessEvent.objects.filter(user=client.user).values_list("patient_id", "action")  # type: ignore[attr-defined]
    assert sorted(events, key=str) == sorted(
        [(made.patient_id, "view"), (waiting.patient_id, "view"), (made.patient_id, "export")], key=str
    )


@pytest.mark.parametrize("name", ["charges_ready", "charges_waiting", "claims_list", "claims_export"])
def test_lists_ask_as_much_for_thirty_as_for_one(name: str, biller: User, as_role: LogIn) -> None:
    client = as_role("biller")

    def add() -> None:
        if name == "charges_waiting":
            charged(biller, visit(signed=False))
        else:
            charged(biller, visit()) if name == "charges_ready" else claim(biller)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, f"billing:{name}")
        return len(captured)

    add()
    queries()
    one = queries()
    for _ in range(29):
        add()
    assert queries() == one


def test_a_visit_and_a_claim_ask_as_much_with_thirty_lines_as_with_one(biller: User, as_role: LogIn) -> None:
    client = as_role("biller")

    def queries(lines: int) -> list[int]:
        made = claim(biller)
        charged(biller, made.encounter, lines=lines - 1)
        counts = []
        for name, args in [
            ("charges_edit", [made.patient_id, made.encounter_id]),
            ("claims_detail", [made.patient_id, made.pk]),
        ]:
            with CaptureQueriesContext(connection) as captured:
                page(client, f"billing:{name}", *args)
            counts.append(len(captured))
        return counts

    queries(1)
    assert queries(30) == queries(1)


class TestReadyToBill:
    """The list of what was done and not yet claimed."""

    def test_signed_visits_only_the_oldest_first(self, biller: User, as_role: LogIn) -> None:
        charged(biller, visit(signed=False))
        claim(biller)
        uncharged = visit(covered=False)
        html = page(as_role("biller"), "billing:charges_ready")
        assert uncharged.patient.sort_name in html
        assert html.count("<tr data-row>") == 1
        assert "Self-pay" in html
        assert "Enter charges" in html
        assert "1 without charges yet" in html

    def test_making_claims_says_what_came_of_it(self, biller: User, as_role: LogIn) -> None:
        good, held, empty = charged(biller, visit()), charged(biller, visit(patient=CoverageFactory().patient)), visit()
        client = as_role("biller")
        response = post(client, "billing:claims_make", visit=[good.pk, held.pk, empty.pk])
        html = client.get(response.headers["Location"]).content.decode()
        assert "2 claims made, 1 of them held." in html
        assert "1 not: The visit has no charges." in html
        assert Claim.objects.count() == 2
        post(client, "billing:claims_make", visit=[good.pk, held.pk])
        assert Claim.objects.count() == 2

    @pytest.mark.feature("H08", "H21")
    def test_a_visit_that_is_not_ready_says_why(self, biller: User, as_role: LogIn) -> None:
        unsigned = charged(biller, visit(signed=False))
        lately = timezone.now() - timedelta(days=2)
        bare = visit(signed=False, period_start=lately, period_end=lately)
        ready = charged(biller, visit())
        other = visit(signed=False, practitioner=PractitionerFactory(npi=NPIS[2], family_name="Otherone"))
        client = as_role("biller")
        html = page(client, "billing:charges_waiting")
        assert html.count("<tr data-row>") == 3
        assert ready.patient.sort_name not in html
        assert html.index(unsigned.patient.sort_name) < html.index(bare.patient.sort_name)
        assert "No note · No charges" in html
        assert reverse("billing:charges_edit", args=[unsigned.patient_id, unsigned.pk]) in html
        assert page(client, "billing:charges_waiting", older="7").count("<tr data-row>") == 2
        html = page(client, "billing:charges_waiting", practitioner=other.practitioner_id)
        assert html.count("<tr data-row>") == 1
        assert "Otherone" in html
        assert page(client, "billing:charges_ready", practitioner=other.practitioner_id).count("<tr data-row>") == 0
        assert page(client, "billing:charges_waiting", practitioner="x", older="-3").count("<tr data-row>") == 3

    @pytest.mark.feature("H08")
    def test_unbilled_visits_are_listed_by_payer(self, biller: User, as_role: LogIn) -> None:
        """openemr#7251: no list of what a payer wasn't billed."""
        mine, other = visit(), visit()
        client = as_role("biller")
        payer = mine.patient.coverages.get().payer
        html = page(client, "billing:charges_ready", payer=payer.pk)
        assert mine.patient.sort_name in html
        assert other.patient.sort_name not in html
        assert page(client, "billing:charges_ready", payer="self").count("<tr data-row>") == 0
        assert page(client, "billing:charges_ready", payer="'--").count("<tr data-row>") == 2


class TestWorklist:
    """The list of claims."""

    def test_queues_and_states_are_in_the_address(self, biller: User, as_role: LogIn) -> None:
        ready, sent = claim(biller), submitted(biller)
        client = as_role("biller")
        for query in ({"state": ["submitted", "held"]}, {"queue": "sent"}):
            html = page(client, "billing:claims_list", **query)
            assert sent.patient.sort_name in html
            assert ready.patient.sort_name not in html
            assert "1 of 2" in html

    @pytest.mark.parametrize("query", [{"state": "x"}, {"payer": "1"}, {"before": "zz"}, {"before": str(uuid4())}])
    def test_nonsense_in_the_address_shows_all(self, query: dict[str, str], biller: User, as_role: LogIn) -> None:
        made = claim(biller)
        assert made.patient.sort_name in page(as_role("biller"), "billing:claims_list", **query)

    def test_a_held_claim_names_the_box_and_links_the_page(self, biller: User, as_role: LogIn) -> None:
        encounter = charged(biller, visit(), diagnosis_ranks=[])
        client = as_role("biller")
        post(client, "billing:claims_make", visit=encounter.pk)
        html = page(client, "billing:claims_list")
        assert "Box 24E, line 1, has no diagnosis that justifies the service" in html
        assert reverse("billing:charges_edit", args=[encounter.patient_id, encounter.pk]) in html

    def test_what_a_biller_can_t_mend_says_whom_to_ask(self, biller: User, as_role: LogIn) -> None:
        encounter = charged(biller, visit(practitioner=PractitionerFactory(npi="", user=biller)))
        client = as_role("biller")
        post(client, "billing:claims_make", visit=encounter.pk)
        html = page(client, "billing:claims_list")
        assert "has no NPI of the rendering practitioner" in html
        assert "Ask: manager" in html

    def test_pages_follow_each_other_without_gap_or_repeat(
        self, biller: User, as_role: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.queries.claims.PAGE_SIZE", 2)
        made = [claim(biller) for _ in range(5)]
        client, address, seen = as_role("biller"), reverse("billing:claims_list"), []
        for _ in range(3):
            response = client.get(address)
            seen += [c.number for c in made if c.patient.sort_name in response.content.decode()]
            found = re.search(r'href="([^"]*before=[^"]*)"', response.content.decode())
            if found is None:
                break
            address = found[1]
        assert sorted(seen) == sorted(c.number for c in made)

    def test_the_file_is_the_screen(self, biller: User, as_role: LogIn) -> None:
        for made in (claim(biller), submitted(biller), claim(biller, covered=False)):
            assert made.pk
        client = as_role("biller")
        response = client.get(reverse("billing:claims_export"))
        table = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
        html = page(client, "billing:claims_list")
        shown = ["Payer", "State", "Charge", "Payer owes", "Patient owes", "Days", "Labels", "For", "Next step"]
        assert table[0] == ["Claim", "Service", "Patient", "MRN", *shown]
        assert len(table) == 4
        for row in table[1:]:
            for cell in row:
                assert cell in html, cell
        filtered = client.get(reverse("billing:claims_export"), {"state": "ready"}).getvalue().decode("utf-8-sig")
        assert len(filtered.splitlines()) == 2

    def test_a_patient_s_name_can_t_be_a_formula(self, biller: User, as_role: LogIn) -> None:
        patient = PatientFactory(family_name="=cmd()")
        claim(biller, patient=CoverageFactory(patient=patient).patient)
        assert "'=CMD()" in as_role("biller").get(reverse("billing:claims_export")).getvalue().decode()

    def test_submitting_and_checking_many(self, biller: User, as_role: LogIn) -> None:
        one, two = claim(biller), claim(biller)
        client = as_role("biller")
        back = reverse("billing:claims_list") + "?state=ready"
        response = post(client, "billing:claims_submit", claim=[one.pk, two.pk], back=back)
        assert response.headers["Location"] == back
        assert set(Claim.objects.values_list("state", flat=True)) == {"submitted"}
        again = post(client, "billing:claims_submit", claim=[one.pk], back="//evil.example")
        assert again.headers["Location"] == reverse("billing:claims_list")
        assert "Already submitted or void" in client.get(back).content.decode()

    def test_checking_again_finds_what_was_mended(self, biller: User, as_role: LogIn) -> None:
        made = claim(biller, patient=CoverageFactory().patient)
        assert made.state == "held"
        PatientAddressFactory(patient=made.patient)
        client = as_role("biller")
        post(client, "billing:claims_check", claim=made.pk)
        made.refresh_from_db()
        assert made.state == "ready"


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

    def test_what_lacks_is_listed_and_submit_is_off(self, biller: User, as_role: LogIn) -> None:
        made, client = claim(biller, patient=CoverageFactory().patient), as_role("biller")
        html = page(client, "billing:claims_detail", made.patient_id, made.pk)
        assert "4 things are lacking" in html
        assert "Box 5 has no street of the patient" in html
        post(client, "billing:claims_submit_one", made.patient_id, made.pk)
        made.refresh_from_db()
        assert made.submitted_at is None

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
        assert client.get(address).status_code == 303
        review = client.get(address, {"style": "review"})
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
