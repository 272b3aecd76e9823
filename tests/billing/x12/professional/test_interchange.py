"""Files of claims: what pyx12 takes, what is refused, and what never changes."""

from __future__ import annotations

import gc
import itertools
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.cms1500 import form as f
from billing.cms1500.electronic import Adjustment, Drug
from billing.cms1500.form import Form1500
from billing.x12.professional import ClaimError, compose, interchange
from billing.x12.professional.condition import DATES
from tests.billing.x12.professional.reading import accepted, claims, verdict
from tests.billing.x12.professional.samples import (
    ENVELOPE,
    NURSE,
    SAMPLES,
    child,
    first_of_two,
    line,
    own,
    secondary,
    with_lines,
)

LETTERS = "abcxyzQRS019 éñöŁßÆ'’-–.,#&/\\()"
WORDS = st.text(LETTERS, max_size=14)
NAMES = st.builds(str.__add__, st.sampled_from("ABÇdeøß"), st.text(LETTERS, max_size=4))
ANYTHING = st.text(st.characters(min_codepoint=32, max_codepoint=0x250), max_size=12)
TEXT = WORDS | ANYTHING
DAYS = st.dates(date(1750, 1, 1), date(2100, 1, 1))
MONEY = st.decimals(Decimal("0.01"), Decimal("9999.99"), places=2)
LINES = st.fixed_dictionaries(
    {
        "charge": MONEY | st.sampled_from([Decimal(0), Decimal("1.005"), Decimal("-1"), Decimal("Infinity")]),
        "units": st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(999), Decimal(0), Decimal("0.0001")]),
        "pointers": st.sampled_from(["A", "BA", "CDAB", "L", "", "AA", "ABCDE"]),
        "place_of_service": st.sampled_from(["11", "02", "12", "28", ""]),
        "modifiers": st.lists(st.from_regex(r"[A-Z0-9]{2}", fullmatch=True), max_size=5).map(tuple),
        "emergency": st.booleans(),
        "epsdt": st.sampled_from(["", "N", "Y", "FP", "AV", "NU", "S2", "03"]),
        "supplemental": st.sampled_from(["", "ZZ two  spaces", "N400011122233   ML0.5"]) | TEXT,
        "drug": st.none()
        | st.builds(
            Drug, ndc=st.sampled_from(["12345678901", "1"]), quantity=MONEY, unit=st.sampled_from(["UN", "F2", "X"])
        ),
        "service_to": st.none() | DAYS,
        "rendering": st.sampled_from([NURSE, None]),
    }
)
REST = st.fixed_dictionaries(
    {
        "insured_id": TEXT,
        "plan_name": TEXT,
        "additional_information": TEXT,
        "policy_group": TEXT,
        "prior_authorization": TEXT,
        "account_number": st.just("PT100") | TEXT,
        "claim_codes": st.lists(st.sampled_from(["AV", "W2", ""]), max_size=3).map(tuple),
        "amount_paid": st.none() | MONEY,
        "patient_paid": st.none() | MONEY,
        "employment": st.booleans(),
        "other_accident": st.booleans(),
        "outside_lab": st.sampled_from([None, False, False, True]),
        "diagnoses": st.lists(st.sampled_from(["J02.0", "I10", "Z11.59", "E11.9", "R51.9"]), max_size=14).map(tuple),
        "illness": st.none() | st.builds(f.QualifiedDate, qualifier=st.sampled_from(["431", "484", "1"]), on=DAYS),
        "other_date": st.builds(
            f.QualifiedDate,
            qualifier=st.sampled_from(DATES),
            on=DAYS,
        ),
        "unable_to_work": st.none() | st.builds(f.Period, start=st.none() | DAYS, end=st.none() | DAYS),
        "authorization_kind": st.sampled_from(f.AuthorizationKind),
        "information_release": st.booleans(),
        "accept_assignment": st.booleans() | st.none(),
        "coverage_kind": st.sampled_from([f.CoverageKind.GROUP, f.CoverageKind.OTHER, f.CoverageKind.MEDICAID]),
    }
)


def _form(
    sample: Callable[[], Form1500], family: str, address: f.Address, rest: dict[str, Any], lines: list[dict[str, Any]]
) -> Form1500:
    base = sample()
    rows = [line(n, **more) for n, more in enumerate(lines, start=1)]
    person = replace(base.patient, name=replace(base.patient.name, family=family), address=address)
    return replace(with_lines(base, *rows), patient=person, **rest)


ADDRESSES = st.builds(
    f.Address,
    line=TEXT,
    city=TEXT,
    state=st.sampled_from(["NY", "PR", "XX", "n"]),
    postal_code=st.sampled_from(["12205", "12205-1234", "1220", ""]),
) | st.just(own().patient.address)
FORMS = st.builds(
    _form,
    st.sampled_from([own, child, secondary, first_of_two]),
    NAMES | TEXT,
    ADDRESSES,
    REST,
    st.lists(LINES, max_size=8),
)
SIMPLE = st.builds(
    _form,
    st.sampled_from([own, child, first_of_two]),
    NAMES,
    st.just(own().patient.address),
    st.fixed_dictionaries({"plan_name": WORDS, "additional_information": WORDS, "policy_group": WORDS}),
    st.lists(st.fixed_dictionaries({"charge": MONEY, "supplemental": WORDS}), min_size=1, max_size=8),
)


@pytest.mark.feature("H05", "H07")
@given(forms=st.lists(FORMS | SIMPLE, min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_claim_is_taken_by_pyx12_or_has_a_fault_that_names_its_box(forms: list[Form1500]) -> None:
    good = []
    for form in forms:
        faults = compose(form)[1]
        if faults:
            assert all(fault.box and fault.reason for fault in faults)
            with pytest.raises(ClaimError, match="can't be sent"):
                list(interchange(ENVELOPE, [form]))
        else:
            good.append(form)
    if good:
        text = "".join(interchange(ENVELOPE, good))
        assert accepted(text), verdict(text)[1]
        assert len(claims(text)) == len(good)


@pytest.mark.feature("H05", "H09", "X8")
def test_one_file_of_all_kinds_is_taken_and_comes_out_the_same_again() -> None:
    forms = [sample() for sample in SAMPLES.values()]
    text = "".join(interchange(ENVELOPE, forms))
    assert accepted(text)
    assert text == "".join(interchange(ENVELOPE, (Form1500.from_json(form.to_json()) for form in forms)))
    assert text != "".join(interchange(replace(ENVELOPE, control_number=18), forms))
    isa = text.split("~")[0].split("*")
    assert (isa[13], text.split("~")[1].split("*")[6]) == ("000000017", "17")
    assert text.split("~")[-2].split("*")[2] == "000000017"


def test_claims_of_one_billing_provider_share_its_level() -> None:
    here = own()
    there = replace(here, billing_provider=replace(here.billing_provider, name="Oak Clinic", npi="1992705966"))
    text = "".join(interchange(ENVELOPE, [here, child(), there, here]))
    assert accepted(text)
    levels = [segment.split("*")[1:] for segment in text.split("~") if segment.startswith("HL*")]
    assert [level[2] for level in levels] == ["20", "22", "22", "23", "20", "22", "20", "22"]
    assert [level[:2] for level in levels] == [
        ["1", ""], ["2", "1"], ["3", "1"], ["4", "3"], ["5", ""], ["6", "5"], ["7", ""], ["8", "7"],
    ]  # fmt: skip


def test_a_large_file_has_several_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.x12.professional.stream.CLAIMS_PER_SET", 2)
    text = "".join(interchange(ENVELOPE, [own()] * 5))
    assert accepted(text)
    sets = [segment for segment in text.split("~") if segment.startswith("ST*")]
    assert [segment.split("*")[2] for segment in sets] == ["0001", "0002", "0003"]
    assert "GE*3*17" in text


def test_a_file_has_claims_and_names() -> None:
    with pytest.raises(ValueError, match="no claim to send"):
        list(interchange(ENVELOPE, []))
    with pytest.raises(ValueError, match="telephone of the submitter"):
        list(interchange(replace(ENVELOPE, contact_phone=""), [own()]))


def _changed(**more: object) -> Form1500:
    return replace(own(), **more)  # type: ignore[arg-type]


def _first_line(**more: object) -> Form1500:
    base = own()
    return with_lines(base, replace(base.service_lines[0], **more), *base.service_lines[1:])  # type: ignore[arg-type]


def _decided(**more: object) -> Form1500:
    base = secondary()
    return replace(base, other_payers=(replace(base.other_payers[0], **more),))  # type: ignore[arg-type]


FAULTS = {
    "payer without an id": (_changed(payer=replace(own().payer, payer_id="")), "1", "electronic payer id"),
    "unknown filing code": (_changed(payer=replace(own().payer, filing_code="XX")), "1", "none of X12's"),
    "filing code of another kind": (_changed(coverage_kind=f.CoverageKind.MEDICARE), "1", "marked medicare"),
    "Medicare second": (
        replace(secondary(), coverage_kind=f.CoverageKind.MEDICARE, payer=replace(own().payer, filing_code="MB")),
        "1",
        "SBR05",
    ),
    "divider in a text": (_changed(additional_information="a*b"), "19", "divides the fields"),
    "letter without a spelling": (_changed(plan_name="計画"), "11c", "can't carry"),
    "accident without a day": (_changed(other_accident=True), "15", "date of the accident"),
    "three causes": (
        replace(child(), other_accident=True),
        "10",
        "two causes",
    ),
    "outside laboratory": (_changed(outside_lab=True), "20", "electronic claims say line by line"),
    "other plan without an id": (
        _changed(other_insured=f.OtherInsured(name=own().patient.name, policy="1", plan_name="X")),
        "9",
        "not on record",
    ),
    "number of another insurer's": (
        replace(child(), other_claim_id=f.Identifier(qualifier="ZZ", value="1")),
        "11b",
        "take Y4",
    ),
    "taxonomy of the place": (
        _changed(
            service_facility=replace(own().service_facility, other_id=f.Identifier(qualifier="ZZ", value="1"))  # type: ignore[type-var]
        ),
        "32b",
        "qualifier 'ZZ'",
    ),
    "two taxonomies": (
        _changed(
            billing_provider=replace(own().billing_provider, other_id=f.Identifier(qualifier="ZZ", value="207Q00000X"))
        ),
        "33b",
        "records say",
    ),
    "place at home": (
        with_lines(own(), line(1, place_of_service="12")),
        "32",
        "patient's home",
    ),
    "unnamed practitioner": (_first_line(rendering=None), "24J", "last name"),
    "two practitioners of one line": (_first_line(rendering_npi="1992705966"), "24J.1", "gave the service"),
    "drug printed otherwise": (
        _first_line(drug=Drug(ndc="12345678901", quantity=Decimal(1), unit="ML"), supplemental="N412345678901   ML2"),
        "24.1",
        "not the drug",
    ),
    "screening code": (_first_line(epsdt="03"), "24H.1", "FP"),
    "51 lines": (with_lines(own(), *[line(1)] * 51), "24", "take 50"),
    "paid twice": (_changed(amount_paid=Decimal(25)), "29", "the patient paid 20"),
    "wrong total": (_changed(total_charge=Decimal(1)), "28", "add up"),
    "unbalanced payer": (_decided(paid=Decimal(5)), "9", "paid 5"),
    "unbalanced line": (
        _decided(
            lines=(
                replace(secondary().other_payers[0].lines[0], paid=Decimal(62)),
                replace(secondary().other_payers[0].lines[1], paid=Decimal(61)),
            )
        ),
        "24F.1",
        "less adjustments is 61",
    ),
    "decided without a day": (
        _decided(lines=(), adjustments=(Adjustment(group="CO", reason="45", amount=Decimal(81)),)),
        "9",
        "day of the other payer's decision",
    ),
    "adjusted before it decided": (_decided(paid=None), "9", "hasn't decided"),
    "undecided": (
        replace(_decided(paid=None, lines=(), remarks=()), amount_paid=Decimal(20)),
        "29",
        "payer before decided",
    ),
    "one id twice": (_decided(payer_id="60054"), "9", "told apart"),
    "void without a number": (
        _changed(resubmission=f.Resubmission(frequency=f.Frequency.VOID)),
        "22",
        "number that the payer gave",
    ),
}


@pytest.mark.feature("H05", "H07", "X11")
@pytest.mark.parametrize(("form", "box", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_what_has_no_place_is_named_and_nothing_is_dropped(form: Form1500, box: str, words: str) -> None:
    faults = compose(form)[1]
    assert [fault.box for fault in faults if words in fault.reason] == [box], faults


def _peak(count: int) -> int:
    form = own()
    gc.collect()
    tracemalloc.start()
    try:
        for _ in interchange(ENVELOPE, (form for _ in range(count))):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.feature("H05")
def test_memory_is_the_same_for_ten_and_for_thousands() -> None:
    # Python keeps some thousand empty tuples by; one claim's segments would be 10 KB.
    assert _peak(1500) < _peak(10) + 1_000_000


def _calls(count: int) -> int:
    """How many functions are called to write so many claims: the same number on every machine."""
    data = with_lines(own(), line(1), line(2)).to_data()
    calls = itertools.count()
    sys.setprofile(lambda frame, event, said: next(calls) if event in ("call", "c_call") else None)
    try:
        for _ in interchange(ENVELOPE, (Form1500.from_data(data) for _ in range(count))):
            pass
    finally:
        sys.setprofile(None)
    return next(calls)


@pytest.mark.feature("H05")
def test_a_claim_is_little_work_and_no_more_among_many() -> None:
    """Two thousand a second are the goal (``manage.py bench_billing``); how long a call takes is a machine's matter."""
    ten, more, most = _calls(10), _calls(110), _calls(210)
    assert (most - more) / (more - ten) < 1.01
    assert (most - more) / 100 < 3_000
