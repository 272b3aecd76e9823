"""One fault of a claim, and the gathering of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from billing.cms1500.content import STATES
from billing.cms1500.edits.catalogue import Rule, Severity, Where, catalogue
from billing.cms1500.form import Address, Identifier
from emr.shared.identifiers import is_npi

__all__ = ["Edit", "Findings", "Remedy", "Severity", "Where", "says", "spoken"]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What mends a fault at one press, because it is mechanical and safe: what is done, to what, and the button."""

    kind: str
    target: str
    label: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A fault: the form's box ("1a", "21", "24F.7" for line 7), a sentence for people, and where to mend it.

    ``rule`` is the id of the rule that is broken, ``own`` the key of the clinic's own one; ``other`` the key of another
    claim that it is about.
    """

    box: str
    message: str
    where: Where
    rule: str
    severity: Severity = Severity.HOLD
    own: str = ""
    other: str = ""
    remedy: Remedy | None = None

    @property
    def holds(self) -> bool:
        """Whether the claim can't go out so."""
        return self.severity is Severity.HOLD


def spoken(box: str) -> str:
    """A box as people call it: "Box 24F, line 7"."""
    head, _, line = box.partition(".")
    return f"Box {head}, line {line}," if line else f"Box {head}"


def says(text: str) -> bool:
    """Whether a text has a letter or digit, so that something of it is printed: ". -" is as empty as ""."""
    return any(char.isalnum() for char in text)


class Findings:
    """The faults found so far, in order, each message once, noted under a rule of the catalogue."""

    def __init__(self, rule: Rule | None = None, edits: dict[str, Edit] | None = None) -> None:
        self._rule = rule
        self._edits = {} if edits is None else edits

    @property
    def edits(self) -> list[Edit]:
        """All of them, under whatever rule."""
        return list(self._edits.values())

    def under(self, rule: str) -> Findings:
        """The same faults; what is noted here is noted under the rule of this id."""
        return Findings(catalogue()[rule], self._edits)

    def lack(self, present: object, box: str, what: str, where: Where) -> None:
        """Unless ``present``, note that the box has no ``what``, to be entered at ``where``."""
        if not present:
            self.note(box, f"has no {what}. Enter it {where.words}.", where)

    def wrong(self, faulty: object, box: str, problem: str, mend: str, where: Where) -> None:
        """If ``faulty``, note the problem ("has …") and how to mend it ("Correct it")."""
        if faulty:
            self.note(box, f"{problem}. {mend} {where.words}.", where)

    def note(self, box: str, sentence: str, where: Where, **more: Any) -> None:
        """Note a fault whose sentence, after the box's name, is complete."""
        self.say(box, f"{spoken(box)} {sentence}", where, **more)

    def say(self, box: str, message: str, where: Where, **more: Any) -> None:
        """Note a fault in a whole message of its own. ``more`` are fields of :class:`Edit`."""
        if self._rule is None:
            raise RuntimeError("A fault is noted under a rule.")
        told = {"severity": self._rule.severity, **more}
        self._edits.setdefault(message, Edit(box, message, where, self._rule.id, **told))

    def npi(self, number: str, box: str, whose: str, where: Where, *, required: bool) -> None:
        """The number must have the form and the check digit of a National Provider Identifier."""
        if required:
            self.lack(number, box, f"NPI of {whose}", where)
        self.wrong(
            number and not is_npi(number),
            box,
            f"has {number!r} as the NPI of {whose}, and its check digit says that it is mistyped",
            "Correct it",
            where,
        )

    def address(self, address: Address, box: str, whose: str, where: Where) -> None:
        """Street, city, ZIP and a state that exists. (How a ZIP code is spelled is checked where it is printed.)"""
        for part, value in (("street", address.line), ("city", address.city), ("ZIP code", address.postal_code)):
            self.lack(says(value), box, f"{part} of {whose}", where)
        self.state(address.state, box, whose, where)

    def state(self, code: str, box: str, whose: str, where: Where) -> None:
        """A state of the Postal Service's list."""
        self.lack(says(code), box, f"state of {whose}", where)
        unknown = says(code) and code.strip().upper() not in STATES
        self.wrong(
            unknown,
            box,
            f"has {code!r} as the state of {whose}",
            "Choose one of the Postal Service's two-letter codes",
            where,
        )

    def identifier(self, number: Identifier | None, box: str, where: Where) -> None:
        """A number needs its two-character qualifier, and the other way round."""
        if number is None:
            return
        pair = bool(re.fullmatch(r"[A-Za-z0-9]{2}", number.qualifier)) and says(number.value)
        self.wrong(not pair, box, "needs both a number and its two-character qualifier", "Complete it", where)
