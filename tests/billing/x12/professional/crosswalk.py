"""The two drawings of a claim in one vocabulary: boxes of the form, with what each says.

``of_paper`` takes the cells read back from the PDF, ``of_837p`` the segments read back by pyx12. Neither looks at the
claim. What the paper alone says (billing.x12.professional.PAPER_ONLY) is left out of both.
"""

from __future__ import annotations

from collections.abc import Sequence

from billing.cms1500.readback import ReadPage
from tests.billing.x12.professional.reading import ReadClaim, element

Facts = dict[str, str]
_LETTERS = "ABCDEFGHIJKL"
_RELATIONSHIPS = {"18": "self", "01": "spouse", "19": "child", "G8": "other"}
_PREFIXES_LEFT_OUT = ("carrier.attention", "5.area", "5.phone", "7.", "11a", "12", "31", "20", "11d", "28")


def of_paper(pages: Sequence[ReadPage]) -> Facts:
    """What the pages say; lines are counted through, totals added up."""
    facts: Facts = {}
    for index, page in enumerate(pages):
        assert not page.stray
        for box, text in page.boxes.items():
            if box.startswith("24"):
                facts[_through(box, index)] = text
            elif box not in facts:
                facts[box] = text
    cents = sum(int(page.boxes["28"].replace(" ", "")) for page in pages)
    kept = {box: text for box, text in facts.items() if not box.startswith(_PREFIXES_LEFT_OUT)}
    kept["28"] = f"{cents // 100} {cents % 100:02}"
    kept["11d"] = "yes" if "11d.yes" in facts else "no"
    kept["31"] = "signed" if "31" in facts else ""
    if kept.get("11") == "NONE":
        del kept["11"]
    if "17" in kept:
        kept["17"] = " ".join(kept["17"].split()[:-1])  # the credentials, one word in the samples
    if "13" in kept:
        kept["13"] = "signed"
    return kept


def _through(box: str, page: int) -> str:
    head, n, *rest = box.split(".")
    return ".".join((head, str(int(n) + 6 * page), *rest))


def of_837p(claim: ReadClaim) -> Facts:
    """What the file says of the claim, as the paper would."""
    facts: Facts = {}
    facts |= _parties(claim)
    facts |= _other(claim)
    facts |= _condition(claim)
    facts |= _clinic(claim)
    for n in range(1, len(claim.lines) + 1):
        facts |= _line(claim, n)
    return {box: text for box, text in facts.items() if text}


def _name(nm1: list[str]) -> str:
    last = " ".join(filter(None, (element(nm1, 3), element(nm1, 7))))
    return ", ".join(filter(None, (last, element(nm1, 4), element(nm1, 5)[:1])))


def _date(box: str, text: str, year_from: int = 0) -> Facts:
    return {f"{box}.month": text[4:6], f"{box}.day": text[6:8], f"{box}.year": text[year_from:4]} if text else {}


def _zip(text: str) -> str:
    return f"{text[:5]}-{text[5:]}" if len(text) == 9 else text


def _money(text: str) -> str:
    whole, _, cents = text.partition(".")
    return f"{whole} {cents:0<2}" if text else ""


def _place(claim: ReadClaim, loop: str, box: str) -> Facts:
    n3, n4 = claim.one(loop, "N3"), claim.one(loop, "N4")
    line = " ".join(filter(None, (element(n4, 1), element(n4, 2), _zip(element(n4, 3)))))
    return {f"{box}.street": element(n3, 1), f"{box}.city": line}


def _parties(claim: ReadClaim) -> Facts:
    sbr, insured = claim.one("2000B", "SBR"), claim.one("2010BA", "NM1")
    own = element(sbr, 2) == "18"
    loop = "2010BA" if own else "2010CA"
    patient = claim.one(loop, "NM1")
    n3, n4, dmg = claim.one(loop, "N3"), claim.one(loop, "N4"), claim.one(loop, "DMG")
    relationship = "self" if own else _RELATIONSHIPS[claim.one("2000C", "PAT")[1]]
    kinds = {"MB": "medicare", "MC": "medicaid", "CH": "tricare"}
    sex = {"M": "male", "F": "female"}.get(element(dmg, 3))
    number = claim.one(loop, "REF", "Y4")
    return {
        f"1.{kinds.get(element(sbr, 9), 'group')}": "X",
        "carrier.name": element(claim.one("2010BB", "NM1"), 3),
        **{box.replace("32", "carrier"): text for box, text in _place(claim, "2010BB", "32").items()},
        "1a": element(insured, 9),
        "2": _name(patient),
        "4": "" if own else _name(insured),
        "5.street": element(n3, 1),
        "5.city": element(n4, 1),
        "5.state": element(n4, 2),
        "5.zip": _zip(element(n4, 3)),
        f"6.{relationship}": "X",
        **_date("3", element(dmg, 2)),
        **({f"3.{sex}": "X"} if sex else {}),
        "11": element(sbr, 3),
        "11c": element(sbr, 4),
        "11b.qualifier": element(number, 1),
        "11b": element(number, 2),
    }


def _other(claim: ReadClaim) -> Facts:
    sbr, nm1 = claim.one("2320", "SBR"), claim.one("2330A", "NM1")
    return {
        "11d": "yes" if sbr else "no",
        "9": _name(nm1) if nm1 else "",
        "9a": element(sbr, 3) or element(nm1, 9),
        "9d": element(sbr, 4) or element(claim.one("2330B", "NM1"), 3),
    }


def _condition(claim: ReadClaim) -> Facts:
    clm = claim.one("2300", "CLM")
    causes = [*element(clm, 11).split(":"), "", "", "", ""]
    _, _, frequency = element(clm, 5).split(":")
    facts = {
        **{f"{box}.{'yes' if code in causes[:3] else 'no'}": "X" for box, code in _CAUSES},
        "10b.state": causes[3],
        "13": "signed" if clm[8] == "Y" else "",
        "31": "signed" if clm[6] == "Y" else "",
        "22": "" if frequency == "1" else frequency,
        "22.reference": element(claim.one("2300", "REF", "F8"), 2),
        "23": "".join(element(claim.one("2300", "REF", code), 2) for code in ("G1", "9F", "X4", "EW")),
        "19": element(claim.one("2300", "NTE"), 2),
        "27.yes" if clm[7] == "A" else "27.no": "X",
        "26": clm[1],
        "28": _money(clm[2]),
        **_paid(claim),
        **_dates(claim),
        **_referrer(claim),
    }
    for segment in claim.all("2300", "HI"):
        codes = [component.split(":") for component in segment[1:]]
        if codes[0][0] == "BG":
            facts["10d"] = "   ".join(code for _, code in codes)
        else:
            facts["21.indicator"] = {"ABK": "0", "BK": "9"}[codes[0][0]]
            facts |= {f"21.{letter}": code for letter, (_, code) in zip(_LETTERS, codes, strict=False)}
    return facts


_CAUSES = (("10a", "EM"), ("10b", "AA"), ("10c", "OA"))


def _paid(claim: ReadClaim) -> Facts:
    amounts = [claim.one("2300", "AMT", "F5"), *claim.all("2320", "AMT", "D")]
    cents = [int(_money(amount[2]).replace(" ", "")) for amount in amounts if amount]
    return {"29": f"{sum(cents) // 100} {sum(cents) % 100:02}"} if cents else {}


def _dates(claim: ReadClaim) -> Facts:
    facts: Facts = {}
    for _, qualifier, form, text in (segment for segment in claim.all("2300", "DTP")):
        if qualifier == "314":
            assert form == "RD8"
            facts |= _date("16.from", text[:8]) | _date("16.to", text[9:])
        else:
            box = {"431": "14", "484": "14", "360": "16.from", "361": "16.to", "435": "18.from", "096": "18.to"}
            facts |= _date(box.get(qualifier, "15"), text)
            if box.get(qualifier, "15") in ("14", "15"):
                facts[f"{box.get(qualifier, '15')}.qualifier"] = qualifier
    return facts


def _referrer(claim: ReadClaim) -> Facts:
    told = [
        (claim.one("2310A", "NM1"), claim.one("2310A", "REF")),
        (claim.one("2310D", "NM1"), claim.one("2310D", "REF")),
    ]
    ordered = [claim.of_line(n, "2420E", "NM1") for n in range(1, len(claim.lines) + 1)]
    if ordered[0]:
        assert all(nm1 == ordered[0] for nm1 in ordered)
        told.append((ordered[0], claim.of_line(1, "2420E", "REF")))
    for nm1, ref in told:
        if nm1:
            return {
                "17.qualifier": nm1[1],
                "17": " ".join(filter(None, (nm1[4], nm1[5][:1], nm1[3]))),
                "17b": element(nm1, 9),
                "17a.qualifier": element(ref, 1),
                "17a": element(ref, 2),
            }
    return {}


def _clinic(claim: ReadClaim) -> Facts:
    tax = claim.one("2010AA", "REF", "EI") or claim.one("2010AA", "REF", "SY")
    phone = element(claim.one("2010AA", "PER"), 4)
    place, nm1 = claim.one("2310C", "NM1"), claim.one("2010AA", "NM1")
    number = claim.one("2010BB", "REF", "G2")
    facts = {
        "25": tax[2],
        "25.ein" if tax[1] == "EI" else "25.ssn": "X",
        "33.area": phone[:3],
        "33.exchange": phone[3:6],
        "33.number": phone[6:],
        "33.name": nm1[3],
        "33a": nm1[9],
        **_place(claim, "2010AA", "33"),
        "33b.qualifier": element(number, 1),
        "33b": element(number, 2),
    }
    if place:
        facts |= {"32.name": place[3], "32a": element(place, 9), **_place(claim, "2310C", "32")}
    return facts


def _line(claim: ReadClaim, n: int) -> Facts:
    sv1 = claim.of_line(n, "2400", "SV1")
    _, code, *modifiers = sv1[1].split(":")
    days = claim.of_line(n, "2400", "DTP", "472")[3]
    renderer = claim.of_line(n, "2420A", "NM1") or claim.one("2310B", "NM1") or claim.one("2010AA", "NM1")
    number = claim.of_line(n, "2420A", "REF") if claim.of_line(n, "2420A", "NM1") else claim.one("2310B", "REF")
    return {
        **_date(f"24A.{n}.from", days[:8], 2),
        **_date(f"24A.{n}.to", days[-8:], 2),
        f"24B.{n}": element(sv1, 5) or claim.one("2300", "CLM")[5].split(":")[0],
        f"24C.{n}": element(sv1, 9),
        f"24D.{n}": code,
        **{f"24D.{n}.modifier{slot}": text for slot, text in enumerate(modifiers, 1)},
        f"24E.{n}": "".join(_LETTERS[int(pointer) - 1] for pointer in sv1[7].split(":")),
        f"24F.{n}": _money(sv1[2]),
        f"24G.{n}": sv1[4],
        f"24H.{n}": "Y" if element(sv1, 11) else "FP" if element(sv1, 12) else "",
        f"24I.{n}": element(number, 1),
        f"24J.{n}.id": element(number, 2),
        f"24J.{n}": renderer[9],
        f"24.{n}.shaded": _shaded(claim, n),
    }


def _shaded(claim: ReadClaim, n: int) -> str:
    lin, ctp = claim.of_line(n, "2410", "LIN"), claim.of_line(n, "2410", "CTP")
    drug = f"N4{lin[3]}   {ctp[5]}{ctp[4]}" if lin else ""
    return drug or element(claim.of_line(n, "2400", "NTE"), 2)


def source_of(cell: str) -> str:
    """The box that a cell of the print belongs to, as lineage names it."""
    head, _, rest = cell.partition(".")
    if head in ("carrier", "1"):
        return "1"
    if head.startswith("24"):
        line = rest.partition(".")[0]
        return f"{'24J' if head == '24J' else head}.{line}"
    whole = {"10a": "10", "10b": "10", "10c": "10", "17a": "17", "17b": "17", "32a": "32", "33a": "33"}
    return whole.get(head, head)
