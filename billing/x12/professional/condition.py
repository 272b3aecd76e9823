"""Loop 2300 itself: the claim's number, total and place, what the visit was about, and its diagnoses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from billing.cms1500 import content
from billing.cms1500.form import Form1500, IcdVersion, Period
from billing.cms1500.paginate import page_total
from billing.x12.professional.spelling import Speller, composite, segment

#: Two-digit places of service that payers know (code source 237).
PLACES = frozenset(
    re.findall(
        r"\d\d",
        "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 31 32 33 34 41 42 49 50 51 "
        "52 53 54 55 56 57 58 60 61 62 65 66 71 72 81 99",
    )
)
#: Dates of loop 2300 in the order of the guide.
DATES = ("431", "454", "304", "453", "439", "484", "455", "471", "090", "091", "444")
#: Box 24H: the code, and whether a condition was found that somebody was referred for.
EPSDT_CODES = {"AV": "Y", "S2": "Y", "ST": "Y", "NU": "N"}
MOST_DIAGNOSES = 12
_ACCIDENT = "439"


def condition(spell: Speller, form: Form1500) -> list[str]:
    """CLM and all that follows it up to the practitioners."""
    return [
        _claim(spell, form),
        *_dates(spell, form),
        *_patient_paid(spell, form),
        *_references(spell, form),
        *_note(spell, form),
        *_epsdt(spell, form),
        *_diagnoses(spell, form),
        *_claim_codes(spell, form),
    ]


def _claim(spell: Speller, form: Form1500) -> str:
    total = page_total(form.service_lines)
    if total != form.total_charge:
        spell.fault("28", f"has the total {form.total_charge}, but the lines add up to {total}")
    if form.accept_assignment is None:
        spell.fault("27", "has no yes or no to accepting assignment")
    return segment(
        "CLM",
        spell.say("26", content.identifier, form.account_number, 20, need="account number"),
        spell.amount("28", form.total_charge),
        *("", ""),
        composite(place_of_claim(form), "B", form.resubmission.frequency.value if form.resubmission else "1"),
        "Y" if form.provider_signature else "N",
        "A" if form.accept_assignment else "C",
        "Y" if form.insured_signature else "N",
        "Y" if form.information_release else "I",
        "",
        _causes(spell, form),
    )


def place_of_claim(form: Form1500) -> str:
    """CLM05-1: the first line's place, which lines elsewhere override."""
    return form.service_lines[0].place_of_service if form.service_lines else ""


def _causes(spell: Speller, form: Form1500) -> str:
    told = (("AA", form.auto_accident), ("EM", form.employment), ("OA", form.other_accident))
    causes = [code for code, so in told if so]
    if len(causes) > 2:
        spell.fault("10", "says yes three times, and electronic claims tell two causes", on_paper=True)
    if {"AA", "OA"} & set(causes) and not _has_accident_date(form):
        spell.fault("15", "has no date of the accident (qualifier 439), which electronic claims need beside box 10")
    state = spell.say("10b", content.state, form.auto_accident_state, 2, least=2)
    if state and not form.auto_accident:
        spell.fault("10b", "has a state, but says no to an auto accident")
    first, second = [*causes[:2], "", ""][:2]
    return composite(first, second, "", state if form.auto_accident else "")


def _has_accident_date(form: Form1500) -> bool:
    return form.other_date is not None and form.other_date.qualifier == _ACCIDENT


def _dates(spell: Speller, form: Form1500) -> Iterator[str]:
    """Boxes 14, 15, 16 and 18."""
    told = [("14", form.illness), ("15", form.other_date)]
    known = [(DATES.index(dated.qualifier), box, dated) for box, dated in told if dated and dated.qualifier in DATES]
    for box, dated in told:
        if dated is not None and dated.qualifier not in DATES:
            spell.fault(box, f"has the qualifier {dated.qualifier!r}")
    before = [item for item in known if item[2].qualifier not in ("090", "091", "444")]
    after = [item for item in known if item not in before]
    for _, box, dated in sorted(before, key=lambda item: item[0]):
        yield segment("DTP", dated.qualifier, "D8", spell.day(box, dated.on, "date"))
    yield from _unable_to_work(spell, form.unable_to_work)
    yield from _hospital(spell, form.hospitalization)
    for _, box, dated in sorted(after, key=lambda item: item[0]):
        yield segment("DTP", dated.qualifier, "D8", spell.day(box, dated.on, "date"))


def _unable_to_work(spell: Speller, period: Period | None) -> Iterator[str]:
    if period is None:
        return
    start, end = spell.day("16", period.start), spell.day("16", period.end)
    if start and end:
        yield segment("DTP", "314", "RD8", f"{start}-{end}")
    elif start or end:
        yield segment("DTP", "360" if start else "361", "D8", start or end)


def _hospital(spell: Speller, period: Period | None) -> Iterator[str]:
    if period is None:
        return
    for qualifier, on in (("435", period.start), ("096", period.end)):
        if text := spell.day("18", on):
            yield segment("DTP", qualifier, "D8", text)


def _patient_paid(spell: Speller, form: Form1500) -> Iterator[str]:
    """Box 29 says what patient and other payers paid; here the patient's alone stands."""
    others = sum((payer.paid for payer in form.other_payers if payer.paid is not None), start=page_total(()))
    paid = form.patient_paid
    if paid is None and form.amount_paid is not None:
        paid = form.amount_paid - others
    if form.amount_paid is not None and paid is not None and paid + others != form.amount_paid:
        problem = f"has {form.amount_paid}, but the patient paid {paid} and other payers {others}"
        spell.fault("29", problem)
    if paid:
        yield segment("AMT", "F5", spell.amount("29", paid))


def _references(spell: Speller, form: Form1500) -> Iterator[str]:
    """Boxes 23 and 22, in the order of the guide."""
    rank = ("EW", "9F", "G1", "F8", "X4").index
    told = []
    if number := spell.say("23", content.identifier, form.prior_authorization, 50):
        told.append((form.authorization_kind.value, number))
    if form.resubmission is not None:
        reference = form.resubmission.original_reference
        original = spell.say("22", content.identifier, reference, 50, need="number that the payer gave the claim")
        told.append(("F8", original))
    for qualifier, value in sorted(told, key=lambda item: rank(item[0])):
        yield segment("REF", qualifier, value)


def _note(spell: Speller, form: Form1500) -> Iterator[str]:
    if note := spell.say("19", content.words, form.additional_information, 80):
        yield segment("NTE", "ADD", note)
    if form.outside_lab or form.outside_lab_charge is not None:
        reason = "tells of an outside laboratory, which electronic claims say line by line"
        spell.fault("20", reason, on_paper=True)


def _epsdt(spell: Speller, form: Form1500) -> Iterator[str]:
    """CRC*ZZ: why a child was referred after a screening."""
    codes = sorted({line.epsdt.strip().upper() for line in form.service_lines} & EPSDT_CODES.keys())
    if codes == ["NU"] or not codes or "NU" not in codes:
        if codes:
            yield segment("CRC", "ZZ", EPSDT_CODES[codes[0]], *codes)
    else:
        spell.fault("24H", "says both that nobody was referred and that somebody was")


def _diagnoses(spell: Speller, form: Form1500) -> Iterator[str]:
    first, other = ("ABK", "ABF") if form.icd_version is IcdVersion.ICD10 else ("BK", "BF")
    if len(form.diagnoses) > MOST_DIAGNOSES:
        spell.fault("21", f"has {len(form.diagnoses)} diagnoses, and a claim takes {MOST_DIAGNOSES}")
    if not form.diagnoses:
        spell.fault("21", "has no diagnosis")
        return
    codes = [
        composite(first if n == 0 else other, spell.say("21", content.diagnosis, code, 7, least=3, need="code"))
        for n, code in enumerate(form.diagnoses)
    ]
    yield segment("HI", *codes)


def _claim_codes(spell: Speller, form: Form1500) -> Iterator[str]:
    codes = [spell.say("10d", content.identifier, code, 30, need="code") for code in form.claim_codes]
    if len(codes) > MOST_DIAGNOSES:
        spell.fault("10d", f"has {len(codes)} codes, and electronic claims take {MOST_DIAGNOSES}")
    if codes:
        yield segment("HI", *(composite("BG", code) for code in codes))
