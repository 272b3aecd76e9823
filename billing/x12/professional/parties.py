"""Loops 2000A to 2010CA: who bills, who is insured with whom, and the patient where that is another person."""

from __future__ import annotations

import re

from billing.cms1500 import content
from billing.cms1500.form import (
    CoverageKind,
    Form1500,
    Gender,
    Identifier,
    Person,
    PersonName,
    Provider,
    Relationship,
    Responsibility,
    TaxIdKind,
)
from billing.x12.professional.spelling import Speller, segment

#: SBR09: what kind of payer it is.
FILING_CODES = frozenset(re.findall(r"\w\w", "11 12 13 14 15 16 17 AM BL CH CI DS FI HM LM MA MB MC OF TV VA WC ZZ"))
#: PAT01 and SBR02: what the patient is to the insured.
RELATIONSHIPS = {Relationship.SPOUSE: "01", Relationship.CHILD: "19", Relationship.OTHER: "G8"}
#: The codes that only one kind of coverage has, and the kinds that have only these.
_KINDS = {
    "MA": (CoverageKind.MEDICARE,),
    "MB": (CoverageKind.MEDICARE,),
    "MC": (CoverageKind.MEDICAID,),
    "CH": (CoverageKind.TRICARE, CoverageKind.CHAMPVA),
}
_CODES = {CoverageKind.MEDICARE: ("MA", "MB", "16"), CoverageKind.TRICARE: ("CH",)}
_GENDERS = {Gender.MALE: "M", Gender.FEMALE: "F"}
_TAX = {TaxIdKind.EIN: "EI", TaxIdKind.SSN: "SY"}
_OF_BILLER, _OF_PAYER, TAXONOMY = ("0B", "1G"), ("G2", "LU"), "ZZ"
#: Box 11 of a claim to Medicare as the only payer; an 837P leaves the group out.
NO_GROUP = "NONE"


def is_subscriber(form: Form1500) -> bool:
    """Whether the patient is the insured."""
    return form.relationship in (None, Relationship.SELF)


def billing(spell: Speller, form: Form1500) -> list[str]:
    """2000A and 2010AA, after HL."""
    provider = form.billing_provider
    taxonomy = taxonomy_of(spell, "33b", provider.taxonomy, provider.other_id)
    name = spell.say("33", content.words, provider.name, 60, need="name of the clinic")
    npi = spell.say("33a", content.identifier, provider.npi, 10, least=10, need="NPI of the clinic")
    tax = spell.say("25", content.identifier, form.tax_id, 9, least=9, need="tax id of the clinic")
    if form.tax_id_kind is None:
        spell.fault("25", "doesn't say whether the tax id is an EIN or an SSN")
    return [
        *([segment("PRV", "BI", "PXC", taxonomy)] if taxonomy else []),
        segment("NM1", "85", "2", name, "", "", "", "", "XX", npi),
        *spell.address("33", provider.address, "the clinic"),
        segment("REF", _TAX.get(form.tax_id_kind, "EI") if form.tax_id_kind else "EI", tax),
        *_second_number(spell, provider, _OF_BILLER),
        *_contact(spell, provider, name),
    ]


def taxonomy_of(spell: Speller, box: str, taxonomy: str, beside: Identifier | None) -> str:
    """A taxonomy, which the paper prints under the qualifier ZZ."""
    printed = beside.value if beside is not None and beside.qualifier == TAXONOMY else ""
    if taxonomy and printed and taxonomy != printed:
        spell.fault(box, f"has the taxonomy {printed!r}, but the practice's records say {taxonomy!r}")
    return spell.say(box, content.identifier, taxonomy or printed, 10, least=10)


def _second_number(spell: Speller, provider: Provider, wanted: tuple[str, ...]) -> list[str]:
    """Box 33b, whose qualifier says in which loop it stands: the biller's own, or the payer's number of it."""
    number = provider.other_id
    if number is None or number.qualifier == TAXONOMY:
        return []
    if number.qualifier in (*_OF_BILLER, *_OF_PAYER) and number.qualifier not in wanted:
        return []
    return spell.identifiers("33b", number, (*_OF_BILLER, *_OF_PAYER))


def _contact(spell: Speller, provider: Provider, name: str) -> list[str]:
    phone = spell.say("33", content.phone_digits, provider.phone, 10)
    return [segment("PER", "IC", name, "TE", phone)] if phone else []


def subscriber(spell: Speller, form: Form1500) -> list[str]:
    """2000B, 2010BA and 2010BB, after HL."""
    own = is_subscriber(form)
    return [
        _insurance(spell, form, own),
        *_insured(spell, form, own),
        *(_claim_number(spell, form) if own else []),
        *_payer(spell, form),
    ]


def _insurance(spell: Speller, form: Form1500, own: bool) -> str:
    medicare = form.coverage_kind is CoverageKind.MEDICARE
    if medicare and form.responsibility is not Responsibility.PRIMARY:
        reason = "is for Medicare after another payer, and why that one pays first (SBR05) is not on record"
        spell.fault("1", reason, on_paper=True)
    return segment(
        "SBR",
        form.responsibility.value,
        "18" if own else "",
        group(spell, "11", form.policy_group),
        spell.say("11c", content.words, form.plan_name, 60),
        *("", "", "", ""),
        _filing_code(spell, form),
    )


def _filing_code(spell: Speller, form: Form1500) -> str:
    """SBR09, which must not say another kind of coverage than box 1."""
    code = filing_code(spell, "1", form.payer.filing_code)
    if code and (kind := form.coverage_kind) is not None:
        kinds, codes = _KINDS.get(code), _CODES.get(kind)
        if (kinds and kind not in kinds) or (codes and code not in codes):
            spell.fault("1", f"is marked {kind.value}, but the payer's claim filing code is {code}")
    return code


def group(spell: Speller, box: str, number: str) -> str:
    """SBR03."""
    spelled = spell.say(box, content.identifier, number, 50)
    return "" if spelled == NO_GROUP else spelled


def filing_code(spell: Speller, box: str, code: str) -> str:
    """SBR09."""
    spelled = spell.say(box, content.identifier, code, 2, need="claim filing code of the payer")
    if spelled and spelled not in FILING_CODES:
        spell.fault(box, f"has the claim filing code {code!r}, which is none of X12's")
        return ""
    return spelled


def _insured(spell: Speller, form: Form1500, own: bool) -> list[str]:
    person = form.patient if own else form.insured
    box = "2" if own else "4"
    if person is None:
        spell.fault("4", "has no insured person, although the patient is not the insured")
        return []
    return [
        insured_name(spell, box, person.name, "1a", form.insured_id),
        *(_particulars(spell, person) if own else []),
    ]


def insured_name(spell: Speller, box: str, name: PersonName, id_box: str, insured_id: str) -> str:
    """NM1 of loops 2010BA and 2330A."""
    parts = spell.name(box, name, "the insured")
    member = spell.say(id_box, content.identifier, insured_id, 80, least=2, need="member number of the insured")
    return segment("NM1", "IL", "1", *parts, "MI", member)


def _payer(spell: Speller, form: Form1500) -> list[str]:
    payer = form.payer
    return [
        payer_name(spell, "1", payer.name, payer.payer_id),
        *spell.address_if_any("1", payer.address, "the payer"),
        *_second_number(spell, form.billing_provider, _OF_PAYER),
    ]


def payer_name(spell: Speller, box: str, name: str, payer_id: str) -> str:
    """NM1 of loops 2010BB and 2330B."""
    words = spell.say(box, content.words, name, 60, need="name of the payer")
    number = spell.say(box, content.identifier, payer_id, 80, least=2, need="electronic payer id")
    return segment("NM1", "PR", "2", words, "", "", "", "", "PI", number)


def patient(spell: Speller, form: Form1500) -> list[str]:
    """2000C and 2010CA, after HL; nothing when the patient is the insured."""
    if is_subscriber(form) or form.relationship is None:
        return []
    return [
        segment("PAT", RELATIONSHIPS[form.relationship]),
        segment("NM1", "QC", "1", *spell.name("2", form.patient.name, "the patient")),
        *_particulars(spell, form.patient),
        *_claim_number(spell, form),
    ]


def _particulars(spell: Speller, person: Person) -> list[str]:
    """N3, N4 and DMG of the patient."""
    born = spell.day("3", person.birth_date, "birth date of the patient")
    return [
        *spell.address("5", person.address, "the patient"),
        segment("DMG", "D8", born, _GENDERS.get(person.gender, "U")),
    ]


def _claim_number(spell: Speller, form: Form1500) -> list[str]:
    """Box 11b: the number that a property or casualty insurer gave the case."""
    return spell.identifiers("11b", form.other_claim_id, ("Y4",))
