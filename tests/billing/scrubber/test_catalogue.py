"""Every rule of the catalogue with a claim that breaks it and one just beside it that doesn't."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.choices import RuleKind
from billing.cms1500 import form as f
from billing.cms1500.edits import Edit, Findings, Severity, catalogue, missing
from billing.cms1500.edits.check import run
from billing.cms1500.electronic import Rendering
from billing.scrubber import CodeBook, CodeEntry, CodeList, Facts, OwnRule, Permit, Twin, scrub
from billing.scrubber.facts import plain
from emr.codes.systems import HCPCS, ICD10CM, NUCC, POS
from tests.billing.cms1500.conftest import NPI, whole_form
from tests.billing.cms1500.edits.test_check import CLINIC, LINES, PARTIES, VISIT, Change, line, part, same, top

TODAY = date(2026, 3, 20)
#: The second line's day; the first line's is a day before.
DAY = date(2026, 3, 2)
FAMILY = "207Q00000X"


def claim() -> f.Form1500:
    """A claim without faults, of which every list knows every code."""
    return part("billing_provider", taxonomy="261QP2300X")(whole_form())


def book(form: f.Form1500, entries: dict[tuple[str, str], CodeEntry | None] | None = None) -> CodeBook:
    """Lists that know the form's codes, but for ``entries``: None takes a code out of its list."""
    codes = {(ICD10CM, plain(code)) for code in form.diagnoses}
    codes |= {(HCPCS, plain(one.code)) for one in form.service_lines} | {(POS, "11")}
    known: dict[tuple[str, str], CodeEntry | None] = {key: CodeEntry() for key in codes}
    known |= {(NUCC, FAMILY): CodeEntry(), (NUCC, "261QP2300X"): CodeEntry(), **(entries or {})}
    lists = {ICD10CM: CodeList(whole=True), POS: CodeList(whole=True), HCPCS: CodeList(), NUCC: CodeList(whole=True)}
    return CodeBook(lists=lists, entries={key: entry for key, entry in known.items() if entry})


def facts(**more: Any) -> Facts:
    return Facts(**{"today": TODAY, "limit_days": 365, "codes": book(claim()), **more})


def codes(key: tuple[str, str], entry: CodeEntry | None) -> Facts:
    return facts(codes=book(claim(), {key: entry}))


def unlisted(system: str) -> Facts:
    """No list of a system is loaded."""
    known = book(claim())
    entries = {key: entry for key, entry in known.entries.items() if key[0] != system}
    return facts(codes=CodeBook(lists={url: one for url, one in known.lists.items() if url != system}, entries=entries))


def permit(**more: Any) -> Permit:
    return Permit(**{"key": "k1", "number": "PA12345", **more})


def own(kind: RuleKind, *values: str, **more: Any) -> Facts:
    """A rule about the second line's service."""
    told = {"key": "r1", "codes": ("J0102",), "message": "Look it up."}
    return facts(rules=(OwnRule(**{**told, "kind": kind, "values": values, **more}),))


def taxonomy(code: str) -> Change:
    return line(rendering=Rendering(name=f.PersonName(family="Lee"), npi=NPI, taxonomy=code))


FINE = facts()
TWIN = Twin("c2", "1002", "j0102", ("95", "GT", "59", "25"), DAY)
ENDED = CodeEntry(until=date(2026, 2, 28))
AHEAD = CodeEntry(since=date(2026, 3, 3))
HEADING = CodeEntry(billable=False)
EMPTY = top(prior_authorization="")
BARE = line(modifiers=())
ALIKE = line(code="J0101", modifiers=("25", "59", "GT", "95"), service_from=date(2026, 3, 1))
LAST_DAY = (TODAY - date(2026, 3, 1)).days

#: The rule, what breaks it (form and facts), and what is just beside.
Case = tuple[str, Change, Facts, Change, Facts]
AROUND: list[Case] = [
    ("diagnosis-valid", same, codes((ICD10CM, "I10"), HEADING), same, FINE),
    ("diagnosis-valid", same, codes((ICD10CM, "I10"), ENDED), same, codes((ICD10CM, "I10"), CodeEntry(until=DAY))),
    ("diagnosis-valid", same, codes((ICD10CM, "I10"), None), same, FINE),
    ("service-valid", same, codes((HCPCS, "J0102"), ENDED), same, codes((HCPCS, "J0102"), CodeEntry(until=DAY))),
    ("service-valid", same, codes((HCPCS, "J0102"), AHEAD), same, codes((HCPCS, "J0102"), CodeEntry(since=DAY))),
    ("place-valid", line(place_of_service="98"), FINE, line(place_of_service="11"), FINE),
    ("codes-unchecked", same, codes((HCPCS, "J0102"), None), same, FINE),
    ("codes-no-list", same, unlisted(HCPCS), same, FINE),
    ("codes-unchecked", same, unlisted(POS), same, FINE),
    ("first-payer", same, facts(place="secondary"), same, FINE),
    ("rendering-taxonomy", taxonomy("207Q0000XX"), FINE, taxonomy(FAMILY), FINE),
    ("rendering-taxonomy", taxonomy(FAMILY), codes((NUCC, FAMILY), ENDED), taxonomy(FAMILY), FINE),
    ("billing-taxonomy", part("billing_provider", taxonomy="family"), FINE, same, FINE),
    ("billing-taxonomy", part("billing_provider", taxonomy="101Y00000X"), FINE, same, FINE),
    ("vaccine-given", same, facts(ungiven=frozenset({2})), same, FINE),
    ("taxonomy-missing", part("billing_provider", taxonomy=""), FINE, same, FINE),
    ("taxonomy-missing", taxonomy(""), FINE, taxonomy(FAMILY), FINE),
    ("duplicate", same, facts(twins=(TWIN,)), line(modifiers=("25", "59", "GT")), facts(twins=(TWIN,))),
    ("duplicate", same, facts(twins=(TWIN,)), same, facts(twins=(replace(TWIN, day=date(2026, 3, 3)),))),
    ("lines-alike", ALIKE, FINE, line(code="J0101"), FINE),
    ("filing-limit", same, facts(limit_days=LAST_DAY - 1), same, FINE),
    ("filing-soon", same, facts(limit_days=LAST_DAY), same, facts(limit_days=LAST_DAY + 31)),
    ("filing-soon", same, facts(limit_days=LAST_DAY + 30), same, facts(limit_days=LAST_DAY + 31)),
    ("filing-soon", same, facts(limit_days=1, resent=True), same, facts(resent=True)),
    (
        *("authorization-valid", same, facts(permit=permit(end=date(2026, 3, 5)))),
        *(same, facts(permit=permit(start=date(2026, 3, 1), end=date(2026, 3, 6)))),
    ),
    ("authorization-valid", same, facts(permit=permit(codes=("97110",))), same, facts(permit=permit(codes=("J01*",)))),
    ("authorization-covers", same, facts(permit=permit(codes=("J0102",))), same, facts(permit=permit(codes=("J01*",)))),
    (
        *("authorization-used-up", same, facts(permit=permit(allowed=2, used=2))),
        *(same, facts(permit=permit(allowed=4, used=2))),
    ),
    (
        *("authorization-last-visit", same, facts(permit=permit(allowed=3, used=2))),
        *(same, facts(permit=permit(used=200))),
    ),
    (
        *("authorization-unused", EMPTY, facts(permits=(permit(allowed=1),))),
        *(EMPTY, facts(permits=(permit(allowed=1, used=1), permit(codes=("97110",)), permit(end=DAY)))),
    ),
    ("authorization-elsewhere", EMPTY, facts(elsewhere="PA9"), EMPTY, FINE),
    ("clinic-needs-modifier", BARE, own(RuleKind.NEEDS_MODIFIER, "25", "59"), same, own(RuleKind.NEEDS_MODIFIER, "25")),
    ("clinic-forbids-modifier", same, own(RuleKind.FORBIDS_MODIFIER, "95"), BARE, own(RuleKind.FORBIDS_MODIFIER, "95")),
    ("clinic-needs-authorization", EMPTY, own(RuleKind.NEEDS_AUTHORIZATION), same, own(RuleKind.NEEDS_AUTHORIZATION)),
    (
        *("clinic-needs-diagnosis", line(pointers="A"), own(RuleKind.NEEDS_DIAGNOSIS, "E11*")),
        *(line(pointers="AC"), own(RuleKind.NEEDS_DIAGNOSIS, "e11*")),
    ),
    (
        *("clinic-not-together", line(service_from=date(2026, 3, 3)), own(RuleKind.NOT_TOGETHER, "J0103")),
        *(same, own(RuleKind.NOT_TOGETHER, "J0103")),
    ),
    (
        *("clinic-most-units", line(units=Decimal("2.5")), own(RuleKind.MOST_UNITS, "2")),
        *(line(units=Decimal(2)), own(RuleKind.MOST_UNITS, "2")),
    ),
    ("clinic-age", same, own(RuleKind.AGE, "47"), same, own(RuleKind.AGE, "46")),
    ("clinic-age", same, own(RuleKind.AGE, "0", "45"), same, own(RuleKind.AGE, "0", "46")),
    (
        *("clinic-needs-referrer", top(referring_provider=None), own(RuleKind.NEEDS_REFERRER)),
        *(same, own(RuleKind.NEEDS_REFERRER)),
    ),
    ("clinic-place", same, own(RuleKind.PLACE, "12", "22"), same, own(RuleKind.PLACE, "11")),
]


def _rules(edits: list[Edit]) -> set[str]:
    return {edit.rule for edit in edits}


@pytest.mark.feature("H07", "H18", "X11")
@pytest.mark.parametrize(("rule", "fault", "around", "beside", "fine"), AROUND)
def test_a_rule_about_what_is_around_a_claim(
    rule: str, fault: Change, around: Facts, beside: Change, fine: Facts
) -> None:
    found = scrub(fault(claim()), around)
    assert _rules(found) == {rule}
    assert {edit.severity for edit in found} == {catalogue()[rule].severity}
    assert scrub(beside(claim()), fine) == []


@pytest.mark.feature("H07", "X11")
def test_every_rule_of_the_catalogue_has_claims_that_break_it_and_that_keep_it() -> None:
    """The cases of the form's own edits are tested beside them; here it is asked that none of the rules lacks one."""
    of_the_form: set[str] = set()
    for box, _, words, fault, beside in [*PARTIES, *VISIT, *LINES, *CLINIC]:
        found = [edit for edit in missing(fault(whole_form())) if edit.box == box and words in edit.message]
        of_the_form |= _rules(found)
        assert missing(beside(whole_form())) == []
    electronic = {"electronic", "nine-digit-zip", "paper-only"}  # with their cases in test_electronic_claims_lack_more
    assert of_the_form | {case[0] for case in AROUND} | electronic | {"unchecked"} == set(catalogue())


@pytest.mark.feature("H07")
def test_electronic_claims_lack_more() -> None:
    short = part("billing_provider", address=replace(whole_form().billing_provider.address, postal_code="12205"))
    assert "nine-digit-zip" in _rules(missing(short(whole_form()), electronic=True))
    assert "electronic" in _rules(missing(whole_form(), electronic=True))  # without a payer's id nothing is addressed
    assert _rules(missing(short(whole_form()))) == set()


@pytest.mark.feature("H04", "H07")
@pytest.mark.parametrize(
    ("change", "box"),
    [
        (top(coverage_kind=f.CoverageKind.MEDICARE, responsibility=f.Responsibility.SECONDARY), "1"),
        (top(outside_lab=True, outside_lab_charge=Decimal(25)), "20"),
    ],
)
def test_what_only_the_paper_can_say_goes_out_on_paper(change: Change, box: str) -> None:
    """Nothing could mend it, so it would wait for good: it is told, and the claim may go out."""
    form = change(top(outside_lab=False, outside_lab_charge=None)(whole_form()))
    found = [edit for edit in missing(form, electronic=True) if edit.rule == "paper-only"]
    assert [(edit.box, edit.holds) for edit in found] == [(box, False)]
    assert found[0].message.endswith("Print this claim.")


@pytest.mark.feature("H07", "X11")
def test_a_check_that_breaks_holds_the_claim_and_says_which(caplog: pytest.LogCaptureFixture) -> None:
    def check(findings: Findings, form: f.Form1500) -> None:
        raise KeyError(form.patient.name.family)

    findings = Findings()
    with caplog.at_level(logging.ERROR):
        run(findings, [("21", "codes", check)], claim())
    (edit,) = findings.edits
    assert (edit.rule, edit.box, edit.holds) == ("unchecked", "21", True)
    assert "the check of codes broke (KeyError)" in edit.message
    assert "Núñez" not in caplog.text


@pytest.mark.feature("H07", "X11")
def test_a_clinics_rule_with_nonsense_in_it_holds_what_it_is_about() -> None:
    assert _rules(scrub(claim(), own(RuleKind.MOST_UNITS, "some"))) == {"unchecked"}


@pytest.mark.feature("H07")
def test_a_clinics_rule_counts_for_its_services_days_and_weight() -> None:
    wanted: Callable[..., Facts] = lambda **more: own(RuleKind.FORBIDS_MODIFIER, "95", **more)  # noqa: E731
    assert len(scrub(claim(), wanted(codes=("J01*",)))) == 6
    assert scrub(claim(), wanted(codes=("J0199", "99*"))) == []
    assert scrub(claim(), wanted(end=DAY - timedelta(days=1))) == []
    assert scrub(claim(), wanted(start=DAY + timedelta(days=1))) == []
    (edit,) = scrub(claim(), wanted(severity=Severity.WARNING, start=DAY, end=DAY))
    assert (edit.box, edit.own, edit.holds) == ("24D.2", "r1", False)
    assert edit.message == "Box 24D, line 2, J0102: Look it up."


@pytest.mark.feature("H18", "X11")
def test_a_remedy_is_offered_where_one_thing_alone_is_right() -> None:
    needs = own(RuleKind.NEEDS_AUTHORIZATION).rules
    one, two = permit(key="a", number="PA1"), permit(key="b", number="PA2")
    (edit,) = [e for e in scrub(EMPTY(claim()), facts(rules=needs, permits=(one,))) if e.holds]
    assert edit.remedy is not None
    assert (edit.remedy.kind, edit.remedy.target, edit.remedy.label) == ("authorization", "a", "Use PA1")
    (edit,) = scrub(EMPTY(claim()), facts(rules=needs, permits=(one, two)))
    assert (edit.rule, edit.remedy) == ("clinic-needs-authorization", None)


@pytest.mark.feature("H07")
def test_what_holds_a_claim_comes_before_what_is_only_worth_a_look() -> None:
    found = scrub(line(code="")(claim()), facts(codes=CodeBook(), limit_days=LAST_DAY))
    assert [edit.holds for edit in found] == sorted((edit.holds for edit in found), reverse=True)
    assert {edit.holds for edit in found} == {True, False}


@pytest.mark.feature("H07")
def test_a_rule_is_told_in_full() -> None:
    for rule in catalogue().values():
        assert rule.says.endswith(".")
        assert rule.source
        assert rule.boxes
