"""How single values are spelled in an 837P, and the gathering of what can't be."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.cms1500 import content
from billing.cms1500.form import Address, Identifier, PersonName

ELEMENT, COMPONENT, REPETITION, TERMINATOR = "*", ":", "^", "~"
_DIVIDES = re.compile(r"[*:^~`]")
_CENT = Decimal("0.01")
_TOO_MUCH = Decimal(10) ** 9
#: Dates before have no century that payers know.
_FIRST_YEAR = 1800


@dataclass(frozen=True, slots=True)
class Fault:
    """What an 837P can't say: the form's box ("24D.7" is line 7), and the rest of a sentence after its name.

    ``on_paper``: nothing is wrong with it, the paper says it.
    """

    box: str
    reason: str
    on_paper: bool = False


def segment(*elements: str) -> str:
    """A segment with its end; empty elements at the end are left out."""
    return ELEMENT.join(elements).rstrip(ELEMENT) + TERMINATOR


def composite(*components: str) -> str:
    """A composite element; empty components at the end are left out."""
    return COMPONENT.join(components).rstrip(COMPONENT)


def number(value: Decimal) -> str:
    """Without zeros that say nothing: 40.00 is 40, 12.50 is 12.5."""
    text = f"{value:f}" if value else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Speller:
    """Spells values and keeps the faults met, so that a scrubber can name all and a writer refuse at the first."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, box: str, reason: str, *, on_paper: bool = False) -> None:
        """Note what can't be said."""
        self.faults.append(Fault(box, reason, on_paper))

    def say(self, box: str, rule: Callable[[str], str], text: str, most: int, *, least: int = 1, need: str = "") -> str:
        """What ``rule`` makes of a text, of ``least`` to ``most`` characters; ``need`` names it when it must be there.

        Gives "" for what is faulty, so that the segments stay well formed.
        """
        try:
            spelled = rule(text) if text else ""
        except content.ContentError as error:
            self.fault(box, str(error))
            return ""
        if not spelled:
            if need:
                self.fault(box, f"has no {need}")
            return ""
        if found := _DIVIDES.search(spelled):
            self.fault(box, f"has {found[0]!r} in {spelled!r}, which divides the fields of electronic claims")
            return ""
        if not least <= len(spelled) <= most:
            self.fault(box, f"has {spelled!r}, and electronic claims take {least} to {most} characters there")
            return ""
        return spelled

    def day(self, box: str, on: date | None, need: str = "") -> str:
        """Eight digits."""
        if on is None:
            if need:
                self.fault(box, f"has no {need}")
            return ""
        if on.year < _FIRST_YEAR:
            self.fault(box, f"has the date {on.isoformat()}, which electronic claims don't take")
            return ""
        return f"{on.year:04}{on.month:02}{on.day:02}"

    def amount(self, box: str, value: Decimal, *, negative: bool = False) -> str:
        """Dollars in whole cents."""
        if not value.is_finite() or abs(value) >= _TOO_MUCH or (value < 0 and not negative):
            self.fault(box, f"has the amount {value}, which electronic claims can't say")
            return ""
        if value != value.quantize(_CENT):
            self.fault(box, f"has the amount {value}, which is not in whole cents")
            return ""
        return number(value)

    def quantity(self, box: str, value: Decimal) -> str:
        """Units: more than none, to a thousandth."""
        if not value.is_finite() or not 0 < value < 10**8 or value != value.quantize(Decimal("0.001")):
            self.fault(box, f"has {value} units, and electronic claims count to a thousandth")
            return ""
        return number(value)

    def name(self, box: str, name: PersonName, whose: str) -> tuple[str, str, str, str, str]:
        """NM103 to NM107: last, first, middle, nothing, suffix."""
        part = content.name_part
        return (
            self.say(box, part, name.family, 60, need=f"last name of {whose}"),
            self.say(box, part, name.given, 35),
            self.say(box, part, name.middle, 25),
            "",
            self.say(box, part, name.suffix, 10),
        )

    def address(self, box: str, address: Address, whose: str) -> list[str]:
        """N3 and N4, whole."""
        street = self.say(box, content.address_line, address.line, 55, need=f"street of {whose}")
        return [segment("N3", street), self._city(box, address, whose)]

    def address_if_any(self, box: str, address: Address, whose: str) -> list[str]:
        """The same, or nothing for an address of which nothing is known."""
        known = any((address.line, address.city, address.state, address.postal_code))
        return self.address(box, address, whose) if known else []

    def _city(self, box: str, address: Address, whose: str) -> str:
        city = self.say(box, content.address_line, address.city, 30, least=2, need=f"city of {whose}")
        state = self.say(box, content.state, address.state, 2, least=2, need=f"state of {whose}")
        if state and state not in content.STATES:
            self.fault(box, f"has {state!r} as the state of {whose}")
        postal = self.say(box, _zip_digits, address.postal_code, 9, least=5, need=f"ZIP code of {whose}")
        return segment("N4", city, state, postal)

    def identifiers(self, box: str, number: Identifier | None, qualifiers: Sequence[str]) -> list[str]:
        """REF with a second identifier, if its qualifier is one that the loop takes."""
        if number is None:
            return []
        if number.qualifier not in qualifiers:
            known = " or ".join(qualifiers)
            self.fault(
                box, f"has a number with the qualifier {number.qualifier!r}, and electronic claims take {known} there"
            )
            return []
        value = self.say(box, content.identifier, number.value, 50, need="number beside its qualifier")
        return [segment("REF", number.qualifier, value)]


def _zip_digits(text: str) -> str:
    return content.zip_code(text).replace("-", "")
