"""Face sheet, labels and wristband say the whole of what they should, and nothing else."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

import pdfplumber
import pytest
from django.urls import reverse

from clinic.printouts.barcodes import bars
from clinic.printouts.face_sheets import LabelStyle, face_sheet_pdf, labels_pdf
from clinic.queries.patients import age_words
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import (
    ContactPointFactory,
    CoverageFactory,
    PatientAddressFactory,
    PatientFactory,
    PayerFactory,
    PharmacyFactory,
    RelatedPersonFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B11")]


@pytest.fixture
def maria() -> Any:
    ClinicFactory()
    return PatientFactory(
        mrn="1004827", family_name="Silva", given_name="Maria", middle_name="Luz", birth_date=date(1962, 3, 14)
    )


def pages(pdf: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(pdf)) as file:
        return [page.extract_text() for page in file.pages]


def sizes(pdf: bytes) -> list[tuple[int, int]]:
    with pdfplumber.open(io.BytesIO(pdf)) as file:
        return [(round(page.width), round(page.height)) for page in file.pages]


def label(age: str) -> str:
    return f"SILVA, Maria Luz\nBorn 14-Mar-1962 {age} · Female\nMRN 100 482 7"


def test_single_labels_are_pages_of_their_size(maria: Any) -> None:
    pdf = labels_pdf(maria, style=LabelStyle.SINGLE, count=2)
    assert pages(pdf) == [label(age_words(maria))] * 2
    assert sizes(pdf) == [(189, 72)] * 2


def test_a_sheet_begins_where_places_are_left(maria: Any) -> None:
    pdf = labels_pdf(maria, style=LabelStyle.SHEET, count=4, skip=2)
    assert sizes(pdf) == [(612, 792)]
    with pdfplumber.open(io.BytesIO(pdf)) as file:
        names = [word for word in file.pages[0].extract_words() if word["text"] == "SILVA,"]
    columns = sorted({round(word["x0"]) for word in names})
    rows = sorted({round(word["top"]) for word in names})
    assert [(columns.index(round(word["x0"])), rows.index(round(word["top"]))) for word in names] == [
        (2, 0),
        (0, 1),
        (1, 1),
        (2, 1),
    ]


def test_thirty_labels_fill_one_sheet(maria: Any) -> None:
    assert len(pages(labels_pdf(maria, style=LabelStyle.SHEET, count=30))) == 1


def test_a_sheet_says_this_and_no_more(maria: Any) -> None:
    """Two labels after one place that was used: the row of three reads across."""
    (text,) = pages(labels_pdf(maria, style=LabelStyle.SHEET, count=2, skip=1))
    assert text.splitlines() == [f"{line} {line}" for line in label(age_words(maria)).splitlines()]


def test_the_wristband_says_this_and_no_more(maria: Any) -> None:
    pdf = labels_pdf(maria, style=LabelStyle.WRISTBAND)
    assert pages(pdf) == [f"{label(age_words(maria))} · Riverside Clinic"]
    assert sizes(pdf) == [(720, 72)]


FACE_SHEET = """\
SILVA, Maria Luz · born 14-Mar-1962 · MRN 100 482 7 Riverside Clinic
Face sheet
Legal name Maria Luz Silva
Date of birth 14-Mar-1962
Sex Female
Medical record number 100 482 7
Contact
Home address 12 Elm Street, Springfield, IL 62701
Home phone (217) 555-0142
Likes to be reached by Not recorded
Reminders Not agreed to
Guarantor
Bills go to Carlos Silva, Father
Billing address 9 Oak Avenue, Apt 2, Decatur, IL 62521
Telephone (217) 555-0177
E-mail carlos@example.org
Born 02-Jan-1935
Contact persons
Relationship Person Role
Sister Next Kin · (217) 555-0177 Emergency
contact
Father Carlos Silva · (217) 555-0177 · carlos@example.org · 9 Oak Avenue, Apt 2, Decatur, Guarantor
IL 62521 · born 02-Jan-1935
Insurance in force
Order Payer and plan Member ID Group Subscriber Period Copay
Primary Prairie Health M1 Self 01-Jan-2020, no end
Care
Primary care Not recorded
Pharmacy Elm Pharmacy, 210 Main Street, Springfield
Pharmacy's telephone (217) 555-0190
Background
Interpreter Not needed
Printed 09-Mar-2026 10:00 by Pat Desk Page 1 of 1"""


@pytest.mark.feature("B06")
def test_the_face_sheet_says_this_and_no_more(maria: Any, person: Any) -> None:
    PatientAddressFactory(patient=maria)
    ContactPointFactory(patient=maria)
    RelatedPersonFactory(patient=maria)
    RelatedPersonFactory(
        patient=maria,
        **{"given_name": "Carlos", "family_name": "Silva", "relationship": "Father", "guarantor": True},
        **{"emergency_contact": False, "email": "carlos@example.org", "birth_date": date(1935, 1, 2)},
        **{"line1": "9 Oak Avenue", "line2": "Apt 2", "city": "Decatur", "state": "IL", "postal_code": "62521"},
    )
    maria.primary_pharmacy = PharmacyFactory(name="Elm Pharmacy", phone="+12175550190")
    CoverageFactory(patient=maria, payer=PayerFactory(name="Prairie Health"), subscriber_id="M1")
    printed = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
    clerk = person("front_desk", first_name="Pat", last_name="Desk")
    (whole,) = pages(face_sheet_pdf(maria, by=clerk, printed=printed, insured=True))
    assert whole == FACE_SHEET
    (without,) = pages(face_sheet_pdf(maria, by=clerk, printed=printed, insured=False))
    insurance = FACE_SHEET[FACE_SHEET.index("Insurance") : FACE_SHEET.index("Care\n")]
    assert without == FACE_SHEET.replace(insurance, "")


def test_who_has_nobody_pays_alone(maria: Any, person: Any) -> None:
    (text,) = pages(
        face_sheet_pdf(maria, by=person("front_desk"), printed=datetime(2026, 3, 9, tzinfo=UTC), insured=True)
    )
    assert "Bills go to The patient\nBilling address Not recorded\nContact persons\nNobody recorded.\n" in text
    assert "Insurance in force\nNone. The patient pays.\n" in text


def test_the_bars_are_those_of_code_39() -> None:
    """Read back by the rule of the standard: the five bars of a digit weigh 1, 2, 4, 7, 0, and two of them are wide."""
    widths = [len(list(run)) for _, run in groupby(bars("1004827"))]
    signs = [widths[start : start + 9] for start in range(0, len(widths), 10)]
    assert {width for sign in signs for width in sign} == {1, 3}
    assert {widths[gap] for gap in range(9, len(widths), 10)} == {1}
    wide = [[place for place, width in enumerate(sign[0::2]) if width == 3] for sign in signs]
    digits = [sum((1, 2, 4, 7, 0)[place] for place in places) % 11 for places in wide[1:-1]]
    assert digits == [1, 0, 0, 4, 8, 2, 7]
    assert [sign[1::2].index(3) for sign in signs] == [0, 1, 1, 1, 1, 1, 1, 1, 0]


def test_who_labels_a_specimen_prints_the_labels(maria: Any, as_role: Any) -> None:
    doctor = as_role("clinician")
    page = doctor.get(reverse("clinic:patients_detail", args=[maria.pk])).content.decode()
    assert reverse("clinic:patients_labels", args=[maria.pk]) in page
    sent = {"style": "single", "count": "2", "skip": "0"}
    answer = doctor.post(reverse("clinic:patients_print_labels", args=[maria.pk]), sent)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
