"""Who sees which page of money, what it says, and how much it asks the database."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.actions.batches import create_batch
from billing.models import Claim, ClaimBatch
from emr.accounts.models import User
from emr.audit.models import AccessEvent
from tests.billing.asking import LogIn, page, post
from tests.factories.accounts import NPIS, PractitionerFactory
from tests.factories.billing import charged, claim, submitted, visit
from tests.factories.clinic import (
    ContactPointFactory,
    CoverageFactory,
    PatientAddressFactory,
    PatientFactory,
    grant_chart,
)

pytestmark = pytest.mark.django_db


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
        shown = ["Payer", "State", "Charge", "Payer owes", "Patient owes", "Days", "Labels", "Assigned to", "Next step"]
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
