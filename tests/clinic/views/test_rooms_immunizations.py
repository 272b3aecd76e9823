"""What the list of immunizations asks and tells beyond the contract of all lists."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import pdfplumber
import pytest
from django.test import Client

from clinic.actions.errors import enter_in_error
from clinic.models import Immunization
from clinic.printouts.immunizations import by_disease
from emr.ui import formats
from tests.clinic.views.rooms import CASES, Desk, load_codes
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _codes() -> None:
    load_codes()


@pytest.mark.feature("F08")
def test_the_shot_record_counts_doses_by_disease(as_role: Callable[..., Client]) -> None:
    """A school asks for the third dose against pertussis, whatever product it was in."""
    client = as_role("nurse")
    desk = Desk(client, "immunizations", PatientFactory(birth_date=date(2021, 1, 4)))
    told = {"status": "completed", "information_source": "02"}
    for code, day in (("08", "4-Jan-2021"), ("20", "5-Mar-2021"), ("110", "6-May-2021"), ("20", "2022")):
        desk.send("add", {**told, "coding": code, "occurrence_date": day})
    desk.send(
        "add", {"coding": "20", "status": "not-done", "occurrence_date": "5-Jun-2021", "refusal_reason": "PATOBJ"}
    )
    given = Immunization.objects.order_by("occurrence_date").filter(status="completed")
    doses = {name: [(one.number, one.on, one.age) for one in group] for name, group in by_disease(given, desk.patient)}
    assert doses == {
        "Diphtheria, tetanus, pertussis": [(1, "05-Mar-2021", "2m"), (2, "06-May-2021", "4m"), (3, "2022", "")],
        "Hepatitis B": [(1, "04-Jan-2021", "0d"), (2, "06-May-2021", "4m")],
        "Polio": [(1, "06-May-2021", "4m")],
    }
    paper = client.get(desk.path("print"))
    with pdfplumber.open(io.BytesIO(paper.content)) as pdf:
        text = " ".join((pdf.pages[0].extract_text() or "").split())
    for words in ("Diphtheria, tetanus, pertussis", "3 2022", "Not given", "The patient objects", "written record"):
        assert words in text


@pytest.mark.feature("F08")
def test_a_dose_given_here_names_its_lot_and_a_refusal_its_reason(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "immunizations", PatientFactory())
    dose = {**CASES["immunizations"].add}
    without = {**dose, "lot_number": "", "expiration_date": ""}
    assert "Enter the lot" in desk.send("add", without, status=422)
    assert "expired on" in desk.send("add", {**dose, "expiration_date": "30-Jun-2020"}, status=422)
    scanned = {**without, "lot_number": "(01)51022222233336(17)300630(10)SCAN7"}
    assert "mistyped" in desk.send("add", {**scanned, "lot_number": "(01)51022222233335(10)SCAN7"}, status=422)
    old = {**scanned, "lot_number": "(01)51022222233336(17)200630(10)SCAN7"}
    assert "expired on 30-Jun-2020" in desk.send("add", old, status=422)
    desk.send("add", {**scanned, "occurrence_date": "1-Oct-2025"})
    kept = Immunization.objects.get()
    assert (kept.lot_number, formats.day(kept.expiration_date)) == ("SCAN7", "30-Jun-2030")
    enter_in_error(by=desk.client.user, row=kept, reason="A test of the scanner")  # type: ignore[attr-defined]
    assert "ten digits with hyphens" in desk.send("add", {**dose, "ndc": "123"}, status=422)
    assert "Say why" in desk.send("add", {**without, "status": "not-done"}, status=422)
    desk.send("add", {**without, "status": "not-done", "refusal_reason": "PATOBJ", "status_reason": "fears pain"})
    desk.send("add", dose)
    page = desk.page()
    assert "The patient objects: fears pain" in page
    kept = Immunization.objects.get(status="completed", entered_in_error_at=None)
    assert (kept.ndc, formats.day(kept.vis_edition), kept.funding) == ("49281-0425-50", "31-Jan-2025", "V01")
    assert kept.performer == desk.client.user.practitioner  # type: ignore[attr-defined]
