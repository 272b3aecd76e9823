"""Invented values for the gallery: each component empty, full, long, wrong, and disabled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from emr.ui.banner import AllergyState, Banner, BannerAllergies, BannerAllergy
from emr.ui.forms import DateTextField, Form, IdempotencyField, PickedDateField
from emr.ui.navigation import Tab

_CODES = (
    ("Essential (primary) hypertension", "I10"),
    ("Type 2 diabetes mellitus without complications", "E11.9"),
    ("Type 2 diabetes mellitus with diabetic chronic kidney disease", "E11.22"),
    ("Acute upper respiratory infection, unspecified", "J06.9"),
    ("Low back pain, unspecified", "M54.50"),
)
INITIAL = {"family_name": "Lopez", "born": date(1954, 3, 9), "sex": "female"}
BROKEN = {
    "broken-family_name": "",
    "broken-born": "9 of March",
    "broken-weight": "heavy",
    "broken-note": "Kept as typed.",
}


class GalleryForm(Form):
    """One field of each kind."""

    family_name = forms.CharField(label="Family name", error_messages={"required": "Enter the family name."})
    born = DateTextField(label="Date of birth", help_text="Like 14-Mar-1962 or 3/14/1962")
    visit_day = PickedDateField(label="Day of the visit", required=False)
    sex = forms.ChoiceField(
        label="Sex",
        choices=[("female", "Female"), ("male", "Male"), ("unknown", "Not known")],
        widget=forms.RadioSelect,
    )
    payer = forms.ChoiceField(
        label="Payer",
        required=False,
        choices=[("", "Choose"), ("a", "Medicare B"), ("b", "Blue Cross PPO")],
    )
    weight = forms.DecimalField(label="Weight", required=False)
    contact = forms.MultipleChoiceField(
        label="May be reached by",
        required=False,
        choices=[("phone", "Telephone"), ("mail", "E-mail"), ("post", "Letter")],
        widget=forms.CheckboxSelectMultiple,
    )
    problem = forms.CharField(
        label="Problem",
        required=False,
        help_text="Type to search; free text is kept as text",
    )
    problem_code = forms.CharField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    interpreter = forms.BooleanField(label="Needs an interpreter", required=False)
    locked = forms.CharField(
        label="Set by the clinic",
        required=False,
        disabled=True,
        initial="Riverside Clinic",
    )
    token = IdempotencyField(required=False)


@dataclass(frozen=True)
class Row:
    """One row of the sample worklist."""

    service: str
    patient: str
    mrn: str
    payer: str
    label: str
    state: str
    charge: str
    days: int
    next_step: str
    problem: bool = False


@dataclass(frozen=True)
class Appointment:
    """One block of the sample day: start and length in rows of five minutes."""

    start: int
    span: int
    name: str
    text: str
    state: str
    lane: int | str = 1

    @property
    def short(self) -> bool:
        """Tell whether only one line fits."""
        return self.span < 5


def suggest(text: str) -> list[tuple[str, str]]:
    """Return sample diagnoses whose words hold ``text``."""
    needle = text.strip().lower()
    return [pair for pair in _CODES if needle and needle in f"{pair[0]} {pair[1]}".lower()]


def context() -> dict[str, Any]:
    """Return the values of the whole gallery."""
    return {
        "banners": _banners(),
        "tabs": [
            Tab("Summary", "#summary", current=True),
            Tab("Visits", "#visits", count=12),
            *(
                Tab(name, f"#{name.lower()}")
                for name in (
                    "Vitals",
                    "Results",
                    "Medications",
                    "Allergies",
                    "Problems",
                )
            ),
        ],
        "chips": [
            {"label": "Ready", "url": "#chips", "current": True, "count": 23},
            {"label": "Held", "url": "#chips", "current": False, "count": 4},
            {"label": "Rejected", "url": "#chips", "current": False, "count": 0},
            {"label": "Payer: any", "url": "#chips", "current": False, "count": None},
        ],
        "rows": _rows(),
        "hours": [(index * 12 + 1, f"{8 + index:02d}:00") for index in range(4)],
        "day": _day(),
        "timeline": _timeline(),
        "merge_sections": [
            {
                "label": "Subjective",
                "mine": "Feels well. Walks daily.",
                "theirs": "Feels well. Walks daily.",
            },
            {
                "label": "Plan",
                "mine": "Restart lisinopril 20 mg.",
                "theirs": "Hold lisinopril; repeat potassium.",
            },
        ],
        "a1c": [Decimal(text) for text in ("7.0", "7.2", "7.1", "7.4", "7.3", "7.6", "8.1")],
    }


def _banners() -> list[tuple[str, Banner]]:
    known = Banner(
        family="Lopez",
        given="Rosa María",
        born="09-Mar-1954",
        age="(72y)",
        sex="Female",
        mrn="1004827",
        url="#banner",
        preferred="Rosie",
        pronouns="she/her",
        coverage="Medicare B",
        alerts=("Interpreter: Spanish",),
        allergies=BannerAllergies(
            AllergyState.KNOWN,
            (
                BannerAllergy("Penicillin", "anaphylaxis", severe=True),
                BannerAllergy("Sulfonamides", "rash"),
            ),
        ),
        details=(
            ("Address", "12 Mill Lane, Springfield, IL 62701"),
            ("Mobile", "(217) 555-0142"),
            ("Next of kin", "Luis Lopez, son"),
        ),
    )
    none_known = BannerAllergies(AllergyState.NONE_KNOWN, (), "R. Adeyemi RN", date(2026, 11, 14))
    plain = replace(known, alerts=(), details=(), preferred="", pronouns="")
    return [
        ("Known allergies, alert, details", known),
        ("No known allergies", replace(plain, given="Ana", allergies=none_known)),
        (
            "Not recorded, restricted chart",
            replace(
                plain,
                given="Luisa",
                allergies=BannerAllergies(AllergyState.NOT_RECORDED),
                restricted=True,
                coverage="Self-pay",
            ),
        ),
        (
            "Unavailable",
            replace(plain, given="Carmen", allergies=BannerAllergies(AllergyState.UNAVAILABLE)),
        ),
        ("Front desk: no clinical items", replace(plain, given="Elena", allergies=None, sex="")),
        (
            "Deceased",
            replace(plain, given="Marta", deceased="02-Feb-2025 (70y)", age="", allergies=none_known),
        ),
        (
            "Long names",
            replace(
                known,
                family="Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh",
                given="Maximiliane Alexandrina Theodora",
            ),
        ),
    ]


def _rows() -> list[Row]:
    return [
        Row(
            "20-Nov-2026",
            "LOPEZ Rosa",
            "100 482 7",
            "Medicare B",
            "Ready",
            "ready",
            "184.00",
            1,
            "Create the claim",
        ),
        Row(
            "20-Nov-2026",
            "MAKINDE Ade",
            "100 511 3",
            "Blue Cross PPO",
            "Draft",
            "draft",
            "246.00",
            1,
            "Review",
        ),
        Row(
            "19-Nov-2026",
            "PETROV Ivan",
            "100 377 9",
            "Aetna",
            "Held",
            "held",
            "612.00",
            2,
            "Box 23: prior authorization number needed",
            problem=True,
        ),
        Row(
            "12-Nov-2026",
            "CHAN Mei",
            "100 120 8",
            "Cigna",
            "Rejected",
            "rejected",
            "98.00",
            9,
            "Subscriber not found",
            problem=True,
        ),
        Row(
            "03-Nov-2026",
            "SCHMIDT Karin",
            "100 233 1",
            "Medicare B",
            "Submitted",
            "submitted",
            "1,184.00",
            18,
            "Waiting",
        ),
    ]


def _day() -> list[tuple[str, str, list[Appointment]]]:
    return [
        (
            "A. Okafor MD",
            "4 of 14 · Rooms 1–2",
            [
                Appointment(5, 6, "IVERSON Thomas", "08:20 Follow-up · checked out", "fulfilled"),
                Appointment(13, 6, "MAKINDE Ade", "09:00 Physical · room 2", "in-progress"),
                Appointment(
                    21,
                    4,
                    "LOPEZ Rosa",
                    "09:40 Diabetes review · waiting 12 min",
                    "arrived",
                ),
                Appointment(37, 6, "NGUYEN Minh", "11:00 Well child", "booked"),
            ],
        ),
        (
            "L. Brandt NP",
            "5 of 14 · Room 3",
            [
                Appointment(1, 3, "CHAN Mei", "08:00 INR", "fulfilled", "all"),
                Appointment(4, 3, "OSEI Kwame", "08:15 INR", "noshow", "all"),
                Appointment(13, 12, "SCHMIDT Karin", "09:00 Procedure", "booked", 1),
                Appointment(13, 6, "DIALLO Aissatou", "09:00 Acute", "arrived", 2),
                Appointment(28, 6, "ROSSI Paolo", "10:15 New patient", "pending", "all"),
            ],
        ),
    ]


def _timeline() -> list[dict[str, str]]:
    return [
        {
            "iso": "2026-11-14",
            "when": "14-Nov-2026",
            "text": "Results: A1c, lipid panel",
            "url": "#timeline",
            "sub": "A1c 8.1 % ↑ high",
            "tone": "accent",
        },
        {
            "iso": "2026-08-11",
            "when": "11-Aug-2026",
            "text": "Visit: diabetes review",
            "url": "#timeline",
            "sub": "Signed, A. Okafor MD",
            "tone": "",
        },
        {
            "iso": "2026-06-02",
            "when": "02-Jun-2026",
            "text": "Letter from nephrology",
            "url": "",
            "sub": "",
            "tone": "",
        },
    ]
