"""A payer that is built in: for training, for the sample clinic, for tests. It reads real 270s and writes real 271s.

What it says depends on the member id alone, by its last two digits (:data:`ENDINGS`); any other id is active, with a
copay and a deductible that follow from the id. Nothing is random, and nothing waits.
"""

from __future__ import annotations

import zlib
from datetime import date

from clinic.eligibility.adapter import Unreachable
from clinic.eligibility.inquiry import VERSION
from clinic.eligibility.x12 import Segment, read, write

#: The last two digits of a member id, and what they bring about.
ENDINGS = {
    "91": "inactive",
    "92": "not found",
    "93": "no answer in time",
    "94": "an answer that is no X12",
    "95": "the payer is down",
    "96": "another date of birth",
    "97": "broken off in the middle",
}
_COPAYS = ("20", "25", "30", "40", "50")
_PLANS = ("CHOICE PPO", "SELECT HMO", "OPEN ACCESS", "VALUE PLAN")


class Simulator:
    """The payer behind every payer id."""

    name = "simulator"

    def ask(self, question: str) -> str:
        """The 271 to a 270. Raises Unreachable for the ids that stand for silence."""
        segments = read(question)
        member = next(segment[9] for segment in segments if segment.name == "NM1" and segment[1] == "IL")
        ending = member[-2:]
        if ending == "93":
            raise Unreachable("timeout", "The payer gave no answer within 20 seconds.")
        if ending == "94":
            return "<html><title>502 Bad Gateway</title></html>"
        text = _reply(segments, member, ending)
        return text[: len(text) * 2 // 3] if ending == "97" else text


def _reply(asked: list[Segment], member: str, ending: str) -> str:
    def named(name: str) -> list[Segment]:
        return [segment for segment in asked if segment.name == name]

    isa, gs, bht, trn = named("ISA")[0], named("GS")[0], named("BHT")[0], named("TRN")[0]
    day = next(segment[3] for segment in named("DTP"))
    people = [["HL", *segment.elements] for segment in named("HL")]
    body: list[list[str]] = [
        ["ST", "271", "0001", VERSION],
        ["BHT", "0022", "11", bht[3], bht[4], bht[5]],
        people[0],
        _as_is(named("NM1")[0]),
    ]
    if ending == "95":
        body.append(["AAA", "Y", "", "42", "R"])
    else:
        body += [people[1], _as_is(named("NM1")[1])]
        for level, person in zip(people[2:], named("NM1")[2:], strict=True):
            last = level is people[-1]
            body += [level, *([["TRN", "2", trn[2], trn[3]]] if last else []), _as_is(person)]
        body += _said(named("DMG")[-1:], member, ending, day)
    closing = [["SE", str(len(body) + 1), "0001"], ["GE", "1", "1"], ["IEA", "1", isa[13]]]
    opening = [
        ["ISA", *isa.elements[:5], isa.elements[7], isa.elements[6], isa.elements[5], *isa.elements[8:]],
        ["GS", "HB", gs[3], gs[2], gs[4], gs[5], "1", "X", VERSION],
    ]
    return write([*opening, *body, *closing])


def _as_is(segment: Segment) -> list[str]:
    return [segment.name, *segment.elements]


def _said(demographics: list[Segment], member: str, ending: str, day: str) -> list[list[str]]:
    if ending == "92":
        return [["AAA", "N", "", "75", "C"]]
    if ending == "96":
        return [["AAA", "N", "", "71", "C"]]
    year = date(int(day[:4]), 1, 1).year
    known = [_as_is(segment) for segment in demographics]
    number = zlib.crc32(member.encode())
    plan = _PLANS[number % len(_PLANS)]
    if ending == "91":
        return [*known, ["EB", "6", "", "30", "", plan], ["DTP", "291", "RD8", f"{year - 2}0101-{year - 1}1231"]]
    return [
        *known,
        ["DTP", "291", "RD8", f"{year}0101-{year}1231"],
        ["EB", "1", "", "30", "", plan],
        ["EB", "B", "IND", "98", "", "", "27", _COPAYS[number // 8 % len(_COPAYS)], "", "", "", "", "Y"],
        ["EB", "B", "IND", "98", "", "", "27", "75", "", "", "", "", "N"],
        ["EB", "A", "IND", "30", "", "", "", "", "0.2", "", "", "", "Y"],
        ["EB", "C", "IND", "30", "", "", "23", "1500", "", "", "", "", "Y"],
        ["EB", "C", "IND", "30", "", "", "29", str(number // 64 % 1500), "", "", "", "", "Y"],
    ]
