"""What encloses the claims: interchange, functional group and transaction set, with their numbers and counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from billing.cms1500 import content
from billing.x12.professional.spelling import COMPONENT, REPETITION, Speller, segment

VERSION = "005010X222A1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who sends to whom, under which number and when: all that two files of the same claims can differ in.

    ``control_number`` is ISA13, GS06 and the beginning of BHT03; ``usage`` T tests, P means it.
    """

    sender_qualifier: str
    sender_id: str
    receiver_qualifier: str
    receiver_id: str
    usage: str
    control_number: int
    created: datetime
    submitter: str
    contact_name: str
    contact_phone: str
    receiver: str

    def to_data(self) -> dict[str, Any]:
        """As the objects that JSON knows."""
        return {**asdict(self), "created": self.created.isoformat()}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """What :meth:`to_data` gave."""
        return cls(**{**data, "created": datetime.fromisoformat(data["created"])})

    def opening(self) -> list[str]:
        """ISA and GS."""
        at = self.created
        isa = segment(
            *("ISA", "00", " " * 10, "00", " " * 10),
            *(self.sender_qualifier, f"{self.sender_id:<15}", self.receiver_qualifier, f"{self.receiver_id:<15}"),
            *(f"{at:%y%m%d}", f"{at:%H%M}", REPETITION, "00501", f"{self.control_number:09}", "1", self.usage),
            COMPONENT,
        )
        sender, receiver = self.sender_id.strip(), self.receiver_id.strip()
        number = str(self.control_number)
        gs = segment("GS", "HC", sender, receiver, f"{at:%Y%m%d}", f"{at:%H%M}", number, "X", VERSION)
        return [isa, gs]

    def header(self, number: int) -> list[str]:
        """ST, BHT, 1000A and 1000B of the group's transaction set of this number. Raises ValueError."""
        at, spell = self.created, Speller()
        submitter = spell.say("1000A", content.words, self.submitter, 60, need="name of the submitter")
        contact = spell.say("1000A", content.words, self.contact_name, 60, need="contact of the submitter")
        phone = spell.say("1000A", content.phone_digits, self.contact_phone, 10, need="telephone of the submitter")
        receiver = spell.say("1000B", content.words, self.receiver, 60, need="name of the receiver")
        if spell.faults:
            raise ValueError("; ".join(f"Loop {fault.box} {fault.reason}" for fault in spell.faults))
        reference = f"{self.control_number}-{number}"
        return [
            segment("ST", "837", f"{number:04}", VERSION),
            segment("BHT", "0019", "00", reference, f"{at:%Y%m%d}", f"{at:%H%M%S}", "CH"),
            segment("NM1", "41", "2", submitter, "", "", "", "", "46", self.sender_id.strip()),
            segment("PER", "IC", contact, "TE", phone),
            segment("NM1", "40", "2", receiver, "", "", "", "", "46", self.receiver_id.strip()),
        ]

    def closing(self, sets: int) -> list[str]:
        """GE and IEA."""
        number = self.control_number
        return [segment("GE", str(sets), str(number)), segment("IEA", "1", f"{number:09}")]


def trailer(number: int, segments: int) -> str:
    """SE of a set that has had this many segments before it."""
    return segment("SE", str(segments + 1), f"{number:04}")
