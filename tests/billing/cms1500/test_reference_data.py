"""The values of the reference data's sample claim, printed by us, stand character for character where it has them."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing.cms1500 import form as f
from billing.cms1500.readback import ReadPage

Print = Callable[..., list[ReadPage]]

# Where our rules of content differ on purpose from the sample's text; the place is still the same.
OTHER_TEXT = {
    "carrier city": "no comma in addresses",
    "11": "no hyphen in policy numbers",
    "11b": "the other claim's number, no longer the group's name",
    "17": "first name first",
    "26": "no hyphen in account numbers",
}


@pytest.fixture(scope="module")
def sample() -> list[tuple[int, int, str, str]]:
    root = Path(os.environ.get("REAL_DATA_DIR", Path(__file__).parents[4] / "shared/data"))
    path = root / "cms1500/cells.json"
    if not path.exists():
        pytest.skip(f"{path} isn't there: set REAL_DATA_DIR")
    return [(row, column, text, label) for row, column, _, text, label in json.loads(path.read_text())]


def name(text: str) -> f.PersonName:
    family, given, *middle = text.split(", ")
    return f.PersonName(family=family, given=given, middle="".join(middle))


def money(text: str) -> Decimal:
    return Decimal(text.strip().replace(" ", "."))


def service_line(at: dict[tuple[int, int], str], row: int) -> f.ServiceLine:
    from_date, to_date = (
        date(2000 + int(at[row, start + 6]), int(at[row, start]), int(at[row, start + 3])) for start in (1, 10)
    )
    return f.ServiceLine(
        service_from=from_date,
        service_to=to_date,
        place_of_service=at[row, 19],
        code=at[row, 25],
        modifiers=tuple(at[row, 33].split()),
        pointers=at[row, 45],
        charge=money(at[row, 50]),
        units=Decimal(at[row, 59]),
        epsdt=at[row, 63],
        rendering_npi=at[row, 68],
        supplemental=at[row - 1, 1],
        rendering_id=f.Identifier(qualifier=at[row - 1, 65], value=at[row - 1, 68]),
    )


def day(at: dict[tuple[int, int], str], row: int, column: int) -> date:
    return date(int(at[row, column + 6]), int(at[row, column]), int(at[row, column + 3]))


def person(at: dict[tuple[int, int], str], column: int, state: int, area: int, born: tuple[int, int]) -> f.Person:
    return f.Person(
        name=name(at[10, column]),
        birth_date=day(at, *born),
        gender=f.Gender.FEMALE,
        phone=at[16, area] + at[16, area + 4],
        address=f.Address(line=at[12, column], city=at[14, column], state=at[14, state], postal_code=at[16, column]),
    )


def provider(at: dict[tuple[int, int], str], column: int, **more: Any) -> f.Provider:
    city, state, postal_code = at[60, column].split()
    address = f.Address(line=at[59, column], city=city, state=state, postal_code=postal_code)
    return f.Provider(name=at[58, column], address=address, npi=at[61, column], **more)


def sample_form(at: dict[tuple[int, int], str]) -> f.Form1500:
    city, state_zip = at[5, 41].split(", ")
    state, postal_code = state_zip.split()
    given, middle, family = "LEE", "T", "BRYHT"
    assert at[34, 4] == f"{family}, {given}, {middle}"
    lines = tuple(service_line(at, row) for row in range(44, 56, 2))
    return f.Form1500(
        payer=f.Payer(
            name=at[2, 41], address=f.Address(line=at[4, 41], city=city, state=state, postal_code=postal_code)
        ),
        insured_id=at[8, 50],
        patient=person(at, 1, 26, 15, (10, 31)),
        insured=person(at, 50, 74, 65, (20, 53)),
        other_insured=f.OtherInsured(
            name=f.PersonName(family="SMITH", given="TED"), policy=at[20, 1], plan_name=at[26, 1]
        ),
        policy_group=at[18, 50],
        auto_accident_state=at[22, 45],
        other_claim_id=f.Identifier(qualifier="Y4", value="1"),
        plan_name=at[24, 50],
        claim_codes=(at[26, 34],),
        patient_signature=f.Signature(text=at[29, 7]),
        insured_signature=f.Signature(text=at[29, 55]),
        illness=f.QualifiedDate(qualifier=at[32, 16], on=day(at, 32, 2)),
        other_date=f.QualifiedDate(qualifier=at[32, 31], on=day(at, 32, 37)),
        unable_to_work=f.Period(start=day(at, 32, 54), end=day(at, 32, 68)),
        hospitalization=f.Period(start=day(at, 34, 54), end=day(at, 34, 68)),
        referring_provider=f.ReferringProvider(
            role=f.ReferringRole(at[34, 1]),
            name=f.PersonName(family=family, given=given, middle=middle),
            other_id=f.Identifier(qualifier=at[33, 30], value=at[33, 33]),
            npi=at[34, 33],
        ),
        additional_information=at[36, 1],
        outside_lab_charge=Decimal(at[36, 63].strip()) / 100,
        icd_version=f.IcdVersion(at[37, 42]),
        diagnoses=tuple(at[row, column] for row in (38, 39, 40) for column in (3, 16, 29, 42)),
        resubmission=f.Resubmission(frequency=f.Frequency(at[38, 50]), original_reference=at[38, 62]),
        prior_authorization=at[40, 50],
        service_lines=lines,
        tax_id=at[56, 1],
        account_number=at[56, 23],
        amount_paid=money(at[56, 62]),
        provider_signature=f.Signature(text=at[60, 1], signed_on=date(2026, 1, 5)),
        service_facility=provider(at, 23),
        billing_provider=provider(
            at,
            50,
            phone=at[57, 66] + at[57, 70] + at[57, 74],
            other_id=f.Identifier(qualifier=at[61, 63], value=at[61, 65]),
        ),
    )


def all_choices(form: f.Form1500) -> list[f.Form1500]:
    """The same claim with each choice of each box for an X marked in one of them."""
    insured = form.insured or f.Person()
    forms = []
    for n, kind in enumerate(f.CoverageKind):
        yes, gender = n % 2 == 0, (f.Gender.MALE, f.Gender.FEMALE)[n % 2]
        forms.append(
            replace(
                form,
                coverage_kind=kind,
                relationship=list(f.Relationship)[n % 4],
                employment=yes,
                auto_accident=yes,
                other_accident=yes,
                another_plan=yes,
                outside_lab=yes,
                accept_assignment=yes,
                tax_id_kind=list(f.TaxIdKind)[n % 2],
                patient=replace(form.patient, gender=gender),
                insured=replace(insured, gender=gender),
            )
        )
    return forms


@pytest.mark.feature("H04")
def test_the_same_values_stand_at_the_same_places(sample: list[tuple[int, int, str, str]], printed: Print) -> None:
    form = sample_form({(row, column): text for row, column, text, _ in sample})
    seen: dict[tuple[int, int], str] = {}
    for page in printed(*all_choices(form)):
        for (row, column), text in page.cells.items():
            seen |= {(row, column + n): char for n, char in enumerate(text) if char != " "}
    compared = 0
    for row, column, text, label in sample:
        start = column + len(text) - len(text.lstrip())
        assert (row, start) in seen, label
        if label not in OTHER_TEXT:
            places = {(row, column + n): char for n, char in enumerate(text) if char != " "}
            assert {place: seen.get(place) for place in places} == places, label
            compared += 1
    assert compared == len(sample) - len(OTHER_TEXT)
