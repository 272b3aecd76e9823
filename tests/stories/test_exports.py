"""A biller's files of claims: one claim printed and printed again, the others sent without it; fees from a file."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from billing.models import Claim
from tests.factories.billing import submitted
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import set_up
from tests.stories.people import Person, browsers


@pytest.mark.timeout(240)
@pytest.mark.feature("H01")
@pytest.mark.feature("H09")
def test_what_went_out_is_printed_again_and_left_out_of_the_next_file(committed_db: str, tmp_path: Path) -> None:
    clinic = set_up()
    first, *others = [submitted(clinic.biller) for _ in range(3)]
    with running(tmp_path, jobs=True) as address, browsers(address) as sit_down:
        biller = sit_down("priya")
        biller.log_in(clinic.biller.email)
        _imports_fees(biller, tmp_path)
        _prints_one(biller, first)
        _sends_the_others(biller, others)
    assert biller.faults == []


def _imports_fees(biller: Person, folder: Path) -> None:
    page, file = biller.page, folder / "fees.csv"
    biller.go(reverse("billing:fees_list"))
    page.get_by_label("Name").fill("Agreed with nobody")
    page.get_by_label("In force from").fill("01-Jan-2019")
    page.get_by_label("Until").fill("31-Dec-2019")
    page.get_by_role("button", name="Make list").click()
    page.get_by_role("link", name="Import CSV").click()
    biller.looks("fees-import")
    file.write_text("code,display,amount\nG0463,Clinic visit,120\n")
    page.get_by_label("CSV file").set_input_files(str(file))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("1 fee of the file is in the list.")).to_be_visible()
    biller.looks("fees-imported")


def _prints_one(biller: Person, claim: Claim) -> None:
    page = biller.page
    own = reverse("billing:claims_detail", args=[claim.patient_id, claim.pk])
    biller.go(own)
    biller.looks("submitted")
    page.get_by_role("button", name="Print or send").click()
    page.get_by_label("Shift to the right").fill("4.5")
    biller.looks("print-one")
    printed = _made(biller).read_bytes()
    biller.go(own)
    biller.looks("printed")
    again = page.get_by_role("link", name="Print again").get_attribute("href")
    assert page.request.get(f"{biller.address}{again}").body() == printed


def _sends_the_others(biller: Person, others: list[Claim]) -> None:
    page = biller.page
    biller.go(f"{reverse('billing:claims_list')}?state=submitted")
    page.get_by_role("button", name="Print all 3 submitted").click()
    expect(page.get_by_text("One of these went out before")).to_be_visible()
    biller.looks("sent-before")
    page.get_by_role("button", name="Only the 2 that haven't gone out").click()
    expect(page.get_by_role("heading", name="Send 2 claims")).to_be_visible()
    page.get_by_label("One PDF a claim, zipped").check()
    with zipfile.ZipFile(_made(biller)) as archive:
        assert sorted(archive.namelist()) == sorted(f"claim-{claim.number}.pdf" for claim in others)
    biller.looks("zipped")


def _made(biller: Person) -> Path:
    """The file that the page asks for, made by the job and downloaded."""
    page = biller.page
    page.get_by_role("button", name="Make the file", exact=True).click()
    link = page.get_by_role("link", name=re.compile(r"claims\.(pdf|zip)"))
    expect(link).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        link.click()
    return Path(download.value.path())
