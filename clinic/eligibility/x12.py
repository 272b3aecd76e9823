"""Reading and writing segments of an X12 interchange, no more of it than eligibility needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

#: The delimiters that we write: element, component, repetition, segment.
ELEMENT, COMPONENT, REPETITION, SEGMENT = "*", ":", "^", "~"
#: ISA is the one segment of fixed width: its own delimiters stand at these places.
_ISA_LENGTH, _COMPONENT_AT, _REPETITION_AT, _SEGMENT_AT = 106, 104, 82, 105
#: No answer about one person is longer.
MAX_CHARACTERS = 1_000_000


class X12Error(ValueError):
    """What came isn't a whole interchange; the message says where it stops being one."""


@dataclass(frozen=True)
class Segment:
    """One segment: its name, its elements, and its place in the interchange (1 is ISA)."""

    name: str
    elements: tuple[str, ...]
    position: int
    repetition: str = REPETITION

    def __getitem__(self, number: int) -> str:
        """The element of that number, as the guides count: 1 is the first after the name. Empty where there is none."""
        return self.elements[number - 1].strip() if number <= len(self.elements) else ""

    def repeated(self, number: int) -> tuple[str, ...]:
        """The values of an element that may be repeated."""
        return tuple(part for part in self[number].split(self.repetition) if part)


def read(text: str) -> list[Segment]:
    """The segments of an interchange that holds one transaction.

    Raises X12Error when it doesn't begin with ISA, when its trailers are missing, and when they count something else.
    """
    text = text.lstrip("\ufeff \r\n\t")
    if not text.startswith("ISA") or len(text) < _ISA_LENGTH:
        raise X12Error("It does not begin with an ISA segment.")
    if len(text) > MAX_CHARACTERS:
        raise X12Error("It is far longer than an answer about one person.")
    element, segment = text[3], text[_SEGMENT_AT]
    repetition = text[_REPETITION_AT]
    if element.isalnum() or segment.isalnum() or element == segment:
        raise X12Error("Its delimiters can not be read.")
    segments = []
    for position, part in enumerate(filter(None, (piece.strip("\r\n") for piece in text.split(segment))), 1):
        name, *elements = part.split(element)
        segments.append(Segment(name.strip(), tuple(elements), position, repetition))
    _check_envelope(segments)
    return segments


def _check_envelope(segments: list[Segment]) -> None:
    names = [segment.name for segment in segments]
    last = segments[-1]
    if last.name != "IEA":
        raise X12Error(f"It breaks off after segment {last.position} ({last.name}).")
    for opening, closing, number in (("ISA", "IEA", (13, 2)), ("GS", "GE", (6, 2)), ("ST", "SE", (2, 2))):
        if names.count(opening) != 1 or names.count(closing) != 1:
            raise X12Error(f"It must hold one {opening} and one {closing}.")
        first, end = segments[names.index(opening)], segments[names.index(closing)]
        if first[number[0]] != end[number[1]]:
            raise X12Error(f"The control numbers of segments {first.position} and {end.position} differ.")
    start, end = segments[names.index("ST")], segments[names.index("SE")]
    if end[1] != str(end.position - start.position + 1):
        raise X12Error(f"Segment {end.position} (SE) counts {end[1]} segments, there are others.")


def write(segments: Iterable[Iterable[str]]) -> str:
    """An interchange from segments as lists of elements; empty elements at a segment's end are left out."""
    lines = []
    for elements in segments:
        line = ELEMENT.join(elements)
        lines.append(line if line.startswith("ISA") else line.rstrip(ELEMENT))
    return "".join(line + SEGMENT for line in lines)


def clean(text: str, length: int) -> str:
    """Text as the basic character set has it: capital, without accents, without a character that could delimit."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    return " ".join(re.sub(r"[^A-Z0-9 .,\-'&/()]", " ", plain).split())[:length].strip()


def identifier(text: str, length: int) -> str:
    """An identifier: letters and digits alone, as most payers want a member id."""
    return re.sub(r"[^A-Z0-9]", "", clean(text, 200))[:length]
