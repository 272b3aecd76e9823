"""Box 24 line by line: loops 2400 and 2410."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from billing.cms1500 import content
from billing.cms1500.electronic import Drug
from billing.cms1500.form import Form1500, ServiceLine
from billing.x12.professional.condition import EPSDT_CODES, PLACES, place_of_claim
from billing.x12.professional.other_payers import line_decisions
from billing.x12.professional.practitioners import line_practitioners
from billing.x12.professional.spelling import Speller, composite, segment

MOST_LINES = 50
DRUG_UNITS = frozenset({"UN", "ML", "GR", "F2", "ME"})
_PRINTED_DRUG = re.compile(r"N4(\d{11})\s+(UN|ML|GR|F2|ME)(\d+(?:\.\d+)?)")
#: Anesthesia is counted in minutes (MJ), but for two codes of it.
_ANESTHESIA, _IN_UNITS = ("00100", "01999"), ("01953", "01996")
_LETTERS = "ABCDEFGHIJKL"


def lines(spell: Speller, form: Form1500) -> list[str]:
    """2400 for each service line, with what hangs below it."""
    if not form.service_lines:
        spell.fault("24", "has no service line")
    if len(form.service_lines) > MOST_LINES:
        reason = f"has {len(form.service_lines)} lines, and electronic claims take {MOST_LINES}"
        spell.fault("24", reason, on_paper=True)
    return [text for n, line in enumerate(form.service_lines, start=1) for text in _service_line(spell, form, line, n)]


def _service_line(spell: Speller, form: Form1500, line: ServiceLine, n: int) -> list[str]:
    drug = drug_of(line)
    return [
        segment("LX", str(n)),
        _service(spell, form, line, n),
        _days(spell, line, n),
        segment("REF", "6R", _control_number(spell, form, line, n)),
        *_note(spell, line, drug, n),
        *(_drug(spell, drug, n) if drug else []),
        *line_practitioners(spell, form, line, n),
        *line_decisions(spell, form, n),
    ]


def _service(spell: Speller, form: Form1500, line: ServiceLine, n: int) -> str:
    place = line.place_of_service
    if place not in PLACES:
        spell.fault(f"24B.{n}", f"has the place of service {place!r}, which payers don't know")
    screening, planning = _epsdt(spell, line, n)
    return segment(
        "SV1",
        _procedure(spell, line, n),
        spell.amount(f"24F.{n}", line.charge),
        "MJ" if _in_minutes(line.code) else "UN",
        spell.quantity(f"24G.{n}", line.units),
        place if place != place_of_claim(form) else "",
        "",
        _pointers(spell, form, line, n),
        "",
        "Y" if line.emergency else "",
        *("", screening, planning),
    )


def _in_minutes(code: str) -> bool:
    first, last = _ANESTHESIA
    return code.isdigit() and len(code) == len(first) and first <= code <= last and code not in _IN_UNITS


def _procedure(spell: Speller, line: ServiceLine, n: int) -> str:
    box = f"24D.{n}"
    code = spell.say(box, content.identifier, line.code, 5, least=5, need="procedure code")
    if len(line.modifiers) > 4:
        spell.fault(box, f"has room for 4 modifiers, and the line has {' '.join(line.modifiers)}")
    modifiers = (spell.say(box, content.identifier, text, 2, least=2, need="modifier") for text in line.modifiers)
    return composite("HC", code, *modifiers)


def _pointers(spell: Speller, form: Form1500, line: ServiceLine, n: int) -> str:
    known = _LETTERS[: len(form.diagnoses)]
    box = f"24E.{n}"
    if not line.pointers or len(line.pointers) > 4 or len(set(line.pointers)) < len(line.pointers):
        spell.fault(box, f"has the pointers {line.pointers!r}, and electronic claims take one to four, each once")
    if any(letter not in known for letter in line.pointers):
        spell.fault(box, f"has the pointers {line.pointers!r}, of which box 21 doesn't have all")
        return ""
    return composite(*(str(known.index(letter) + 1) for letter in line.pointers))


def _epsdt(spell: Speller, line: ServiceLine, n: int) -> tuple[str, str]:
    """SV111 and SV112: part of a child's screening; family planning."""
    code = line.epsdt.strip().upper()
    if code in ("F", "FP"):
        return "", "Y"
    if code in ("Y", *EPSDT_CODES):
        return "Y", ""
    if code not in ("", "N"):
        spell.fault(f"24H.{n}", f"has {line.epsdt!r}; electronic claims know Y, N, AV, NU, S2, ST, and F or FP")
    return "", ""


def _days(spell: Speller, line: ServiceLine, n: int) -> str:
    box = f"24A.{n}"
    start = spell.day(box, line.service_from, "first date of service")
    end = spell.day(box, line.service_to) or start
    if end < start:
        spell.fault(box, "ends before it begins")
    return segment("DTP", "472", *(("D8", start) if start == end else ("RD8", f"{start}-{end}")))


def _control_number(spell: Speller, form: Form1500, line: ServiceLine, n: int) -> str:
    """REF*6R. Claims that were frozen before lines had numbers get the one that their lines would have now."""
    number = line.control_number or f"{form.account_number}L{n}"
    return spell.say(f"24.{n}", content.identifier, number, 30, need="line control number")


def drug_of(line: ServiceLine) -> Drug | None:
    """The line's drug, also where only the shaded half tells it."""
    if line.drug is not None:
        return line.drug
    printed = _PRINTED_DRUG.fullmatch(line.supplemental.strip())
    try:
        return Drug(ndc=printed[1], unit=printed[2], quantity=Decimal(printed[3])) if printed else None
    except InvalidOperation:  # pragma: no cover  # the pattern takes nothing that isn't a number
        return None


def _note(spell: Speller, line: ServiceLine, drug: Drug | None, n: int) -> Iterator[str]:
    """What the shaded half says besides the drug."""
    text = line.supplemental
    if drug is not None:
        printed = _PRINTED_DRUG.fullmatch(text.strip())
        if printed and (printed[1], printed[2], Decimal(printed[3])) != (drug.ndc, drug.unit, drug.quantity):
            spell.fault(f"24.{n}", f"prints {text!r}, which is not the drug that electronic claims would say")
        text = "" if printed else text
    if note := spell.say(f"24.{n}", content.supplement, text, 80):
        yield segment("NTE", "ADD", note)


def _drug(spell: Speller, drug: Drug, n: int) -> list[str]:
    box = f"24.{n}"
    if not re.fullmatch(r"[0-9]{11}", drug.ndc):
        spell.fault(box, f"has the drug code {drug.ndc!r}, which is not 11 digits")
    if drug.unit not in DRUG_UNITS:
        spell.fault(box, f"counts the drug in {drug.unit!r}, which electronic claims don't know")
    return [
        segment("LIN", "", "N4", drug.ndc),
        segment("CTP", "", "", "", spell.quantity(box, drug.quantity), drug.unit),
    ]
