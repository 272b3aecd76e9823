"""Each edit with a form that has the fault, and one just beside it that hasn't."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.cms1500 import form as f
from billing.cms1500.edits import Edit, Where, missing
from billing.cms1500.edits.paper import source
from billing.cms1500.grid import CELLS

Change = Callable[[f.Form1500], f.Form1500]
Case = tuple[str, Where, str, Change, Change]


def top(**values: Any) -> Change:
    return lambda form: replace(form, **values)


def part(name: str, /, **values: Any) -> Change:
    return lambda form: replace(form, **{name: replace(getattr(form, name), **values)})


def address(name: str, /, **values: Any) -> Change:
    return lambda form: part(name, address=replace(getattr(form, name).address, **values))(form)


def named(name: str, /, **values: Any) -> Change:
    return lambda form: part(name, name=replace(getattr(form, name).name, **values))(form)


def line(**values: Any) -> Change:
    """Change the second line, and the total with it."""

    def change(form: f.Form1500) -> f.Form1500:
        lines = list(form.service_lines)
        lines[1] = replace(lines[1], **values)
        total = sum((item.charge for item in lines), Decimal(0))
        return replace(form, service_lines=tuple(lines), total_charge=total)

    return change


def medicare(**values: Any) -> Change:
    basis = {
        "coverage_kind": f.CoverageKind.MEDICARE,
        "another_plan": None,
        "other_insured": None,
        "policy_group": "NONE",
    }
    return top(**{**basis, **values})


def after(*changes: Change) -> Change:
    def change(form: f.Form1500) -> f.Form1500:
        for one in changes:
            form = one(form)
        return form

    return change


def same(form: f.Form1500) -> f.Form1500:
    return form


NO_INSURED = top(relationship=f.Relationship.SELF, insured=None)
OTHER_ID = f.Identifier(qualifier="", value="1")
P, V, C, S, Q = Where.PATIENT, Where.VISIT, Where.COVERAGE, Where.CLINIC, Where.CHARGES
R = Where.PARTICULARS

#: Where that is mended which no form says by itself.
AROUND = {Where.AUTHORIZATION, Where.CLAIM, Where.CODES, Where.HOUSE}

PARTIES: list[Case] = [
    ("1", Where.PAYER, "kind of coverage", top(coverage_kind=None), top(coverage_kind=f.CoverageKind.OTHER)),
    ("1", Where.PAYER, "payer without a name", part("payer", name=" "), part("payer", attention="")),
    ("1", Where.PAYER, "city of the payer", address("payer", city=""), part("payer", address=f.Address())),
    ("1", Where.PAYER, "has room for 39", part("payer", name="X" * 40), part("payer", name="X" * 39)),
    ("1a", C, "member number", top(insured_id="--"), top(insured_id="1")),
    ("1a", C, "has room for 29", top(insured_id="1" * 30), top(insured_id="1" * 29)),
    ("2", P, "last name", named("patient", family="."), named("patient", family="Ng")),
    ("2", P, "first name", named("patient", given=""), named("patient", middle="", suffix="")),
    ("2", P, "has room for 28", named("patient", family="X" * 30), named("patient", family="X" * 13)),
    ("2", P, "can't carry", named("patient", family="李"), named("patient", family="Łąć")),
    ("3", P, "birth date", part("patient", birth_date=None), part("patient", birth_date=date(2026, 1, 1))),
    ("4", C, "insured person", top(insured=None), NO_INSURED),
    ("4", C, "last name of the insured", named("insured", family=""), same),
    ("4", C, "first name of the insured", named("insured", given=""), same),
    ("5", P, "street of the patient", address("patient", line="#"), address("patient", line="1 A")),
    ("5", P, "city of the patient", address("patient", city=""), same),
    ("5", P, "state of the patient", address("patient", state=""), address("patient", state="ny")),
    ("5", P, "'XX' as the state", address("patient", state="XX"), address("patient", state="AE")),
    ("5", P, "ZIP code of the patient", address("patient", postal_code=""), same),
    ("5", P, "not 5 or 9 digits", address("patient", postal_code="1220"), address("patient", postal_code="12205")),
    ("5", P, "not 10 digits", part("patient", phone="555-0143"), part("patient", phone="")),
    ("6", C, "relationship", top(relationship=None), top(relationship=f.Relationship.SPOUSE)),
    ("7", C, "street of the insured", address("insured", line=""), same),
    ("9", C, "last name of the insured of the other plan", named("other_insured", family=""), same),
    ("9", C, "names another plan", top(another_plan=False), top(another_plan=False, other_insured=None)),
    ("9a", C, "policy or group number", part("other_insured", policy=""), same),
    ("9d", C, "name of the other plan", part("other_insured", plan_name=""), same),
    ("9d", C, "name of the other plan", top(other_insured=None), top(other_insured=None, another_plan=False)),
    ("11", C, "Medicare wants NONE", medicare(policy_group=""), medicare()),
    ("11", C, "has room for 29", top(policy_group="1" * 30), top(policy_group="")),
    ("11a", C, "birth date of the insured", part("insured", birth_date=None), part("insured", gender=f.Gender.UNKNOWN)),
    ("11b", C, "qualifier", top(other_claim_id=OTHER_ID), top(other_claim_id=None)),
    ("11d", C, "yes or no", top(another_plan=None, other_insured=None), same),
    ("11d", C, "must stay empty", medicare(another_plan=False), medicare()),
    ("12", C, "signature of the patient", top(patient_signature=None), part("patient_signature", signed_on=None)),
]

VISIT: list[Case] = [
    ("10b", R, "state of the auto accident", top(auto_accident_state=""), top(auto_accident_state="CA")),
    ("10b", R, "says no", top(auto_accident=False), top(auto_accident=False, auto_accident_state="")),
    ("10d", R, "has room for 15", top(claim_codes=("AA", "BB", "CC", "DD")), top(claim_codes=("AA", "BB", "CC"))),
    ("14", R, "qualifier '432'", part("illness", qualifier="432"), part("illness", qualifier="484")),
    ("14", R, "no date", part("illness", on=None), top(illness=None)),
    (
        "14",
        R,
        "before the patient's birth",
        part("illness", on=date(1980, 2, 28)),
        part("illness", on=date(1980, 2, 29)),
    ),
    ("15", R, "qualifier '431'", part("other_date", qualifier="431"), part("other_date", qualifier="090")),
    ("16", R, "first day", part("unable_to_work", start=None), part("unable_to_work", end=None)),
    (
        "16",
        R,
        "ends before",
        part("unable_to_work", end=date(2026, 2, 21)),
        part("unable_to_work", end=date(2026, 2, 22)),
    ),
    ("18", R, "ends before", part("hospitalization", end=date(2026, 2, 1)), top(hospitalization=None)),
    ("17", R, "last name", named("referring_provider", family=""), top(referring_provider=None)),
    ("17", R, "first name", named("referring_provider", given=""), named("referring_provider", middle="")),
    ("17a", R, "qualifier", part("referring_provider", other_id=OTHER_ID), part("referring_provider", other_id=None)),
    ("17b", R, "no NPI", part("referring_provider", npi=""), same),
    ("17b", R, "mistyped", part("referring_provider", npi="1234567890"), part("referring_provider", npi="1245319599")),
    ("19", R, "has room for 48", top(additional_information="X" * 49), top(additional_information="X" * 48)),
    ("20", R, "charge of the outside", top(outside_lab_charge=None), top(outside_lab_charge=None, outside_lab=False)),
    ("20", R, "doesn't say yes", top(outside_lab=None), top(outside_lab=None, outside_lab_charge=None)),
    ("21", V, "no diagnosis", after(top(diagnoses=()), line(pointers="")), top(icd_version=f.IcdVersion.ICD10)),
    (
        "21",
        V,
        "no ICD-10-CM code",
        top(diagnoses=("J02.0", "B", "C01", "D10")),
        top(diagnoses=("J02", "Z3A", "C01", "D10")),
    ),
    ("21", V, "twice", top(diagnoses=("J02.0", "j020", "C01", "D10")), top(diagnoses=("J02.0", "J02.1", "C01", "D10"))),
    ("21", V, "has room for 12", lambda form: replace(form, diagnoses=(*form.diagnoses, "A000")), same),
    ("22", Q, "payer gave the original", part("resubmission", original_reference=" "), top(resubmission=None)),
    ("23", V, "has room for 29", top(prior_authorization="1" * 30), top(prior_authorization="")),
]

LINES: list[Case] = [
    ("24", Q, "service line", top(service_lines=(), total_charge=Decimal(0)), same),
    ("24A.2", Q, "first date", line(service_from=None), same),
    ("24A.2", Q, "last date", line(service_to=None), same),
    ("24A.2", Q, "ends before", line(service_to=date(2026, 3, 1)), line(service_to=date(2026, 3, 2))),
    (
        "24A.2",
        Q,
        "before the patient's birth",
        line(service_from=date(1980, 1, 1)),
        line(service_from=date(1980, 3, 1)),
    ),
    ("24B.2", Q, "no place of service", line(place_of_service=""), line(place_of_service="02")),
    ("24B.2", Q, "not two digits", line(place_of_service="1"), line(place_of_service="12")),
    ("24D.2", Q, "no procedure code", line(code=""), line(code="99213")),
    ("24D.2", Q, "five characters", line(code="9921"), line(code="g0008")),
    ("24D.2", Q, "not two characters", line(modifiers=("2",)), line(modifiers=())),
    (
        "24D.2",
        Q,
        "room for 4",
        line(modifiers=("25", "59", "GT", "95", "XU")),
        line(modifiers=("25", "59", "GT", "95")),
    ),
    ("24E.2", Q, "justifies", line(pointers=""), line(pointers="L")),
    ("24E.2", Q, "points at diagnosis M", line(pointers="AM"), line(pointers="AL")),
    ("24E.2", Q, "one diagnosis twice", line(pointers="AA"), line(pointers="AB")),
    ("24D.2", Q, "more than once", line(modifiers=("25", "25")), line(modifiers=("25", "59"))),
    ("24E.2", Q, "has room for 4", line(pointers="ABCDE"), line(pointers="ABCD")),
    ("24F.2", Q, "no charge", line(charge=Decimal(0)), line(charge=Decimal("0.01"))),
    ("24F.2", Q, "no way to say", line(charge=Decimal(-1)), line(charge=Decimal(1))),
    ("24F.2", Q, "whole cents", line(charge=Decimal("1.005")), line(charge=Decimal("1.05"))),
    ("24F.2", Q, "has room for 8", line(charge=Decimal(100000)), line(charge=Decimal(90000))),
    ("24G.2", Q, "less than 1", line(units=Decimal("0.5")), line(units=Decimal(1))),
    ("24G.2", Q, "less than 1", line(units=Decimal(0)), line(units=Decimal("1.5"))),
    ("24G.2", Q, "has room for 3", line(units=Decimal(1000)), line(units=Decimal(999))),
    ("24.2", Q, "drug code", line(supplemental="N4123   UN1"), line(supplemental="ZZ anything")),
    ("24.2", Q, "has room for 61", line(supplemental="X" * 62), line(supplemental="X" * 61)),
    ("24J.2", Where.PRACTITIONER, "no NPI", line(rendering_npi=""), same),
    ("24J.2", Where.PRACTITIONER, "mistyped", line(rendering_npi="1234567890"), line(rendering_npi="1245319599")),
    ("24J.2", Where.PRACTITIONER, "qualifier", line(rendering_id=OTHER_ID), line(rendering_id=None)),
]

CLINIC: list[Case] = [
    ("25", S, "no tax id", top(tax_id=""), top(tax_id="587654321")),
    ("25", S, "not 9 digits", top(tax_id="58-765432"), top(tax_id="587 65 4321")),
    ("25", S, "EIN or an SSN", top(tax_id_kind=None), top(tax_id_kind=f.TaxIdKind.SSN)),
    ("26", V, "no account number", top(account_number=""), top(account_number="1")),
    ("26", V, "letters and digits", top(account_number="PT-100"), top(account_number="A" * 14)),
    ("26", V, "letters and digits", top(account_number="A" * 15), same),
    ("27", Where.PAYER, "accepting assignment", top(accept_assignment=None), top(accept_assignment=False)),
    ("28", Q, "add up to 624.00", top(total_charge=Decimal("623.99")), top(total_charge=Decimal("624"))),
    ("28", Q, "can't be added up", top(total_charge=Decimal("NaN")), same),
    ("29", Q, "no way to say", top(amount_paid=Decimal(-1)), top(amount_paid=Decimal(0))),
    ("31", V, "Sign the note", top(provider_signature=None), same),
    ("31", V, "Sign the note", part("provider_signature", signed_on=None), same),
    ("31", Where.PRACTITIONER, "room for 21", part("provider_signature", text="X" * 22), same),
    ("32", R, "name of the place", part("service_facility", name=""), same),
    ("32", R, "street of the place", address("service_facility", line=""), same),
    ("32", R, "outside laboratory", top(service_facility=None), same),
    ("32a", R, "mistyped", part("service_facility", npi="1234567890"), part("service_facility", npi="")),
    ("32b", R, "qualifier", part("service_facility", other_id=OTHER_ID), part("service_facility", other_id=None)),
    ("33", S, "name of the clinic", part("billing_provider", name=""), same),
    ("33", S, "city of the clinic", address("billing_provider", city=""), same),
    (
        "33",
        S,
        "post office box",
        address("billing_provider", line="PO Box 4"),
        address("billing_provider", line="4 Box St"),
    ),
    ("33", S, "no telephone", part("billing_provider", phone=""), same),
    ("33", S, "not 10 digits", part("billing_provider", phone="555"), part("billing_provider", phone="+15185550100")),
    ("33a", S, "no NPI", part("billing_provider", npi=""), same),
    ("33a", S, "mistyped", part("billing_provider", npi="1234567890"), part("billing_provider", npi="1245319599")),
    ("33b", S, "qualifier", part("billing_provider", other_id=OTHER_ID), part("billing_provider", other_id=None)),
]


@pytest.mark.feature("H04")
@pytest.mark.parametrize(("box", "where", "words", "fault", "beside"), [*PARTIES, *VISIT, *LINES, *CLINIC])
def test_edit(form: f.Form1500, box: str, where: Where, words: str, fault: Change, beside: Change) -> None:
    found = [edit for edit in missing(fault(form)) if edit.box == box and words in edit.message]
    assert [edit.where for edit in found] == [where]
    assert missing(beside(form)) == []


def test_the_whole_form_lacks_nothing(form: f.Form1500) -> None:
    assert missing(form) == []


def test_a_plain_claim_of_someone_insured_themselves_lacks_nothing(form: f.Form1500) -> None:
    plain = after(
        NO_INSURED,
        top(
            other_insured=None, another_plan=False, auto_accident=False, auto_accident_state="", claim_codes=(),
            policy_group="", other_claim_id=None, plan_name="", insured_signature=None, illness=None, other_date=None,
            unable_to_work=None, hospitalization=None, referring_provider=None, additional_information="",
            outside_lab=None, outside_lab_charge=None, resubmission=None, prior_authorization="", amount_paid=None,
            service_facility=None,
        ),
    )  # fmt: skip
    assert missing(plain(form)) == []


def test_messages_say_what_where_and_how_to_mend(form: f.Form1500) -> None:
    assert missing(part("patient", birth_date=None)(form)) == [
        Edit(
            "3",
            "Box 3 has no birth date of the patient. Enter it on the patient's page.",
            Where.PATIENT,
            "patient-birth-date",
        )
    ]
    (edit,) = missing(line(code="")(form))
    assert edit.message == "Box 24D, line 2, has no procedure code. Enter it in the visit's charges."


def test_an_empty_form_names_every_page_once_each() -> None:
    edits = missing(f.Form1500())
    assert {edit.where for edit in edits} == set(Where) - {Where.PRACTITIONER, R} - AROUND
    messages = [edit.message for edit in edits]
    assert len(set(messages)) == len(messages)
    assert all(message.startswith("Box ") and message.endswith(".") for message in messages)


def test_a_fault_beyond_the_sixth_line_names_its_line(form: f.Form1500) -> None:
    lines = (*form.service_lines, replace(form.service_lines[0], charge=Decimal(0)))
    (edit,) = missing(replace(form, service_lines=lines))
    assert edit.box == "24F.7"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "sNaN"])
def test_charges_that_are_no_numbers_are_an_edit_and_no_crash(form: f.Form1500, amount: str) -> None:
    lines = (replace(form.service_lines[0], charge=Decimal(amount)),)
    assert "28" in {edit.box for edit in missing(replace(form, service_lines=lines))}


def test_every_cell_has_a_page_that_mends_it() -> None:
    assert {source(box) for box in CELLS} == set(Where) - AROUND
