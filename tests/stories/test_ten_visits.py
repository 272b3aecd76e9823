"""Ten signed visits, each with a fate of its own, brought to a balance of zero by a biller in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from billing.actions.partners import save_partner
from billing.choices import ClaimState
from billing.models import Claim, LedgerEntry
from billing.queries.claim_money import owed_by
from billing.queries.ledger_findings import ledger_findings
from clinic.actions.coverages import add_payer
from clinic.models import Patient, Payer
from emr.audit.actor import acting
from tests.factories.billing import charged, visit
from tests.factories.clinic import ContactPointFactory, CoverageFactory, PatientAddressFactory, PatientFactory
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import SmallClinic, set_up
from tests.stories.payer import Decision, acknowledgement, remittance
from tests.stories.people import Person, browsers

AGREED = ("CO", "45", 1000)
#: One visit of 50.00 each; the name says what becomes of it.
NAMES = (
    *("Paid", "Copay", "Deductible", "Second", "Denied"),
    *("Appealed", "Uninsured", "Rejected", "Small", "Reversed"),
)


@pytest.mark.timeout(420)
@pytest.mark.feature("H08")
@pytest.mark.feature("H09")
@pytest.mark.feature("H11")
def test_ten_visits_come_to_zero(committed_db: str, tmp_path: Path) -> None:
    clinic = set_up()
    medigap = ten_signed_visits(clinic)
    with running(tmp_path, jobs=True) as address, browsers(address) as sit_down:
        biller = sit_down("priya")
        biller.log_in(clinic.biller.email)
        _pays_ahead(biller, "Copay", "20")
        _makes_claims(biller)
        _submits(biller, 9)
        _sends_electronically(biller, 9)
        _takes_in(
            biller,
            acknowledgement(
                tmp_path,
                accepted=[claim_of(name) for name in NAMES if name not in ("Rejected", "Uninsured")],
                refused=[claim_of("Rejected")],
            ),
        )
        assert claim_of("Rejected").state == ClaimState.REJECTED
        _bills_again(biller, "Rejected")
        _posts(biller, _first_answer(tmp_path), "CHECK100")
        _replaces(biller, "Denied")
        _appeals(biller, "Appealed")
        _submits(biller, 3)
        _posts(biller, _second_answer(tmp_path), "CHECK200")
        _enters_paper(biller, "Second", medigap)
        _writes_off(biller, "Small", "3.00", "small-balance")
        _writes_off(biller, "Uninsured", "10.00", "self-pay")
        _sends_statements(biller)
        _uses_credit(biller, "Copay")
        _pays(biller, "Deductible", "50.00")
        _pays(biller, "Uninsured", "40.00")
        _pays(biller, "Reversed", "10.00")
        biller.go(reverse("billing:claims_list"))
        biller.looks("all-closed")
    assert biller.faults == []
    _nothing_is_owed()


@transaction.atomic
def ten_signed_visits(clinic: SmallClinic) -> Payer:
    """Visits of three weeks ago by ten patients; gives the payer behind the first of "Second"."""
    medigap = add_payer(
        by=clinic.manager,
        name="Lincoln Supplement",
        type="group",
        payer_id="LINC1",
        claim_filing_code="CI",
        address_line1="4 Second Street",
        city="Springfield",
        state="IL",
        postal_code="62701",
    )
    with acting(clinic.manager):
        clinic.payer.payer_id, clinic.payer.claim_filing_code = "BLUE1", "CI"
        clinic.payer.save(update_fields=["payer_id", "claim_filing_code", "updated_at"])
    save_partner(
        by=clinic.manager,
        name="Example Clearinghouse",
        sender_id="CLINIC01",
        receiver_id="CLEARING01",
        contact_name="Billing office",
        contact_phone="2175550110",
    )
    seen = timezone.now() - timedelta(days=21)
    for name in NAMES:
        patient = PatientFactory.create(family_name=name, given_name="Ann")
        PatientAddressFactory(patient=patient)
        ContactPointFactory(patient=patient)
        if name != "Uninsured":
            CoverageFactory(patient=patient, payer=clinic.payer)
        if name == "Second":
            CoverageFactory(patient=patient, payer=medigap, order=2)
        seen_at = {"period_start": seen, "period_end": seen, "finished_at": seen}
        made = visit(patient=patient, covered=False, practitioner=clinic.practitioner, **seen_at)
        charged(clinic.biller, made)
    return medigap


def claim_of(name: str) -> Claim:
    """The claim that stands for the visit of a patient, to their first payer."""
    claims = Claim.objects.standing().on_ledger().filter(follows=None)
    return claims.get(patient__family_name=name)


def _first_answer(folder: Path) -> Path:
    said = {
        "Paid": ([AGREED], "1"),
        "Copay": ([AGREED, ("PR", "3", 2000)], "1"),
        "Deductible": ([("PR", "1", 5000)], "1"),
        "Second": ([("CO", "45", 500), ("PR", "2", 1500)], "1"),
        "Denied": ([("CO", "16", 5000)], "4"),
        "Appealed": ([("CO", "50", 5000)], "4"),
        "Small": ([AGREED, ("PR", "3", 300)], "1"),
        "Reversed": ([], "1"),
    }
    decisions = [Decision(claim_of(name), reasons, status) for name, (reasons, status) in said.items()]
    return remittance(folder, trace="CHECK100", payer="Blue Prairie Health", decisions=decisions)


def _second_answer(folder: Path) -> Path:
    appealed, reversed_ = claim_of("Appealed"), claim_of("Reversed")
    decisions = [
        Decision(appealed, [("CO", "50", 5000)], "22"),
        Decision(appealed, [AGREED]),
        Decision(reversed_, [], "22"),
        Decision(reversed_, [("PR", "1", 1000)]),
        Decision(claim_of("Denied"), [AGREED]),
        Decision(claim_of("Rejected"), [AGREED]),
    ]
    return remittance(folder, trace="CHECK200", payer="Blue Prairie Health", decisions=decisions)


def _makes_claims(biller: Person) -> None:
    page = biller.page
    biller.go(reverse("billing:charges_ready"))
    expect(page.get_by_text(re.compile("^10 visits"))).to_be_visible()
    biller.looks("ready")
    page.get_by_label("Select all visits with charges").check()
    page.get_by_role("button", name=re.compile("^Make claims")).click()
    expect(page.get_by_text("10 claims made.")).to_be_visible()
    biller.looks("claims")


def _submits(biller: Person, number: int) -> None:
    page = biller.page
    biller.go(reverse("billing:claims_list") + "?state=ready")
    page.get_by_label("Select all claims of this page").check()
    page.get_by_role("button", name=re.compile("^Submit")).first.click()
    expect(page.get_by_text(f"{number} claims submitted.")).to_be_visible()


def _sends_electronically(biller: Person, number: int) -> None:
    page = biller.page
    biller.go(reverse("billing:claims_list") + "?state=submitted")
    page.get_by_label("Select all claims of this page").check()
    page.get_by_role("button", name=re.compile("^Print CMS-1500")).first.click()
    page.get_by_label("837P for a clearinghouse").check()
    page.get_by_label("Sent to").select_option(label="Example Clearinghouse")
    biller.looks("send")
    page.get_by_role("button", name="Make the file", exact=True).click()
    link = page.get_by_role("link", name=re.compile(r"\.837$|837"))
    expect(link).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_text().count("CLM*") == number
    biller.looks("sent")


def _takes_in(biller: Person, file: Path) -> None:
    page = biller.page
    biller.go(reverse("billing:remittances_receive"))
    page.get_by_label("File").set_input_files(str(file))
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_text("Done", exact=True)).to_be_visible(timeout=30_000)


def _posts(biller: Person, file: Path, trace: str) -> None:
    page = biller.page
    _takes_in(biller, file)
    biller.go(reverse("billing:remittances_list"))
    biller.looks(f"remittances-{trace}")
    page.get_by_role("row", name=re.compile(trace)).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Blue Prairie Health")).to_be_visible()
    biller.looks(f"preview-{trace}")
    page.get_by_role("button", name="Post it").click()
    expect(page.get_by_text("The remittance is posted.")).to_be_visible()
    biller.looks(f"posted-{trace}")


def _bills_again(biller: Person, name: str) -> None:
    """The payer never took the claim in, so it is voided, mended and made anew."""
    page, claim = biller.page, claim_of(name)
    biller.go(reverse("billing:claims_void", args=[claim.patient_id, claim.pk]))
    page.get_by_label("Reason").fill("Refused: member not known")
    page.get_by_role("button", name=re.compile("^Void")).click()
    expect(page.get_by_text(re.compile("can be billed again"))).to_be_visible()
    biller.go(reverse("billing:charges_edit", args=[claim.patient_id, claim.encounter_id]))
    page.get_by_role("button", name="Make claim").click()
    expect(page.get_by_role("heading", name=re.compile("^Claim "))).to_be_visible()


def _replaces(biller: Person, name: str) -> None:
    page, claim = biller.page, claim_of(name)
    biller.go(reverse("billing:claims_detail", args=[claim.patient_id, claim.pk]))
    biller.looks("denied")
    page.get_by_role("button", name="Replace").click()
    expect(page.get_by_text(re.compile("Look at its diagnoses and charges"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Check again")).click()
    expect(page.get_by_text(re.compile("Checked"))).to_be_visible()


def _appeals(biller: Person, name: str) -> None:
    page, claim = biller.page, claim_of(name)
    biller.go(reverse("billing:claims_detail", args=[claim.patient_id, claim.pk]))
    page.get_by_role("button", name=re.compile("[Aa]ppeal")).first.click()
    expect(page.get_by_role("heading", name=re.compile("^Appeal of claim"))).to_be_visible()
    biller.looks("appeal")
    page.get_by_role("button", name="Mark as sent").click()
    expect(page.get_by_text(re.compile("marked as sent"))).to_be_visible()
    assert claim_of(name).state == ClaimState.APPEAL


def _sends_statements(biller: Person) -> None:
    """Three owe something; whose credit covers it gets none."""
    page = biller.page
    biller.go(reverse("billing:statements_list"))
    expect(page.get_by_role("checkbox", checked=True).and_(page.locator("[name=patient]"))).to_have_count(3)
    biller.looks("statements")
    page.get_by_role("button", name=re.compile("^Make statements")).click()
    expect(page.get_by_role("link", name=re.compile(r"\.pdf$"))).to_be_visible(timeout=30_000)
    biller.looks("statements-made")


def _enters_paper(biller: Person, name: str, payer: Payer) -> None:
    """What the second payer paid came on paper."""
    page = biller.page
    second = Claim.objects.standing().on_ledger().get(patient__family_name=name, payer=payer)
    biller.go(reverse("billing:remittances_enter"))
    page.get_by_label("Payer").select_option(label=payer.name)
    page.get_by_label("Number of the check or transfer").fill("55501")
    page.get_by_label("Dated").fill(f"{timezone.now():%m/%d/%Y}")
    page.get_by_label("Amount").fill("15.00")
    page.get_by_role("button", name="Go on to the claims").click()
    page.get_by_role("link", name="Add a decision").click()
    page.get_by_label("Claim number").fill(second.number)
    page.get_by_role("button", name="Open it").click()
    page.get_by_label("Paid, line 1").fill("15.00")
    biller.looks("paper")
    page.get_by_role("button", name="Enter it").click()
    page.get_by_role("button", name="Post it").click()
    expect(page.get_by_text("The remittance is posted.")).to_be_visible()


def _writes_off(biller: Person, name: str, amount: str, reason: str) -> None:
    page, claim = biller.page, claim_of(name)
    biller.go(reverse("billing:claims_write_off", args=[claim.patient_id, claim.pk]))
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Reason").select_option(reason)
    page.get_by_role("button", name="Write off").click()
    expect(page.get_by_text(f"${amount} written off.")).to_be_visible()
    biller.looks(f"written-off-{name}")


def _pays_ahead(biller: Person, name: str, amount: str) -> None:
    _pays(biller, name, amount, kind="copay")


def _pays(biller: Person, name: str, amount: str, kind: str = "payment") -> None:
    page, patient = biller.page, Patient.objects.get(family_name=name)
    biller.go(reverse("billing:payments_panel", args=[patient.pk]))
    _fill_payment(page, amount, kind)
    page.get_by_role("button", name="Take payment").click()
    expect(page.get_by_text(re.compile(r"taken by card, receipt"))).to_be_visible()
    biller.looks(f"paid-{name}")


def _uses_credit(biller: Person, name: str) -> None:
    """What was paid ahead of no visit in particular waits until somebody says what for."""
    page, patient = biller.page, Patient.objects.get(family_name=name)
    biller.go(reverse("billing:payments_panel", args=[patient.pk]))
    biller.looks("credit")
    page.get_by_role("button", name="Pay the balance from the credit").click()
    expect(page.get_by_role("button", name="Pay the balance from the credit")).to_have_count(0)


def _fill_payment(page: Page, amount: str, kind: str) -> None:
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("For", exact=True).select_option(kind)
    page.get_by_label("Paid by").select_option("card")


def _nothing_is_owed() -> None:
    standing = Claim.objects.standing().on_ledger()
    assert {claim.state for claim in standing} == {ClaimState.CLOSED}
    assert {owed_by(claim).total for claim in standing} == {Decimal(0)}
    assert standing.filter(follows=None).count() == len(NAMES)
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0
    assert ledger_findings() == []
