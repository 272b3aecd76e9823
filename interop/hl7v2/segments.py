"""The segments of an HL7 v2 message: lines, fields, components, points in time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo

from interop.hl7v2.escapes import Signs, unescaped

#: Years beyond these are slips, and more than a page can show.
_YEARS = range(1850, 2200)


@dataclass(frozen=True)
class Coded:
    """CE or CWE: the code with its system as the sender names it (``LN``, ``L``), or text alone."""

    code: str = ""
    text: str = ""
    system: str = ""


def lines(text: str, signs: Signs) -> Iterator[str]:
    """The lines of a message. One that begins with no segment's name is the rest of a text that was broken: it stays
    with the line before it."""
    begins = re.compile(rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(signs.field)}|$)")
    whole = ""
    for line in re.split(r"[\r\n]+", text):
        if whole and not begins.match(line):
            whole += f"{signs.escape}.br{signs.escape}{line}"
            continue
        if whole:
            yield whole
        whole = line
    yield whole


def instant(text: str, zone: tzinfo) -> datetime | None:
    """TS or DTM, ``YYYYMMDD[HHMM[SS]][+ZZZZ]``; without an offset it is of ``zone``. None for what is none."""
    match = re.match(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{4})?", text)
    if match is None:
        return None
    year, *rest = (int(part) if part else None for part in match.groups()[:6])
    month, day, hour, minute, second = rest
    try:
        naive = datetime(int(year or 0), month or 1, day or 1, hour or 0, minute or 0, second or 0)
        found = naive.replace(tzinfo=_offset(match[7]) or zone)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    size = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return timezone(-size if text[0] == "-" else size)


class Segment:
    """A segment by field, component and subcomponent, escapes undone. What isn't there is an empty text."""

    def __init__(self, line: str, signs: Signs, zone: tzinfo) -> None:
        self.signs, self.zone = signs, zone
        self.name, *self.fields = line.split(signs.field)
        if self.name == "MSH":
            # The first field of a header is the sign that divides it.
            self.fields.insert(0, signs.field)

    def text(self, number: int) -> str:
        """The whole field as it was sent."""
        return self.fields[number - 1].strip() if number <= len(self.fields) else ""

    def repeats(self, number: int) -> int:
        """How often a field is given: once where it is empty."""
        return len(self.text(number).split(self.signs.repetition))

    def part(self, number: int, component: int, *, repeat: int = 1) -> str:
        """One component; of one that has parts of its own the first."""
        parts = self._repetition(number, repeat).split(self.signs.component)
        found = parts[component - 1] if component <= len(parts) else ""
        return unescaped(found.split(self.signs.subcomponent, maxsplit=1)[0], self.signs).strip()

    def whole(self, number: int, *, repeat: int = 1) -> str:
        """A field that has no components: one that holds their sign unescaped loses nothing by it."""
        return unescaped(self._repetition(number, repeat), self.signs).strip()

    def _repetition(self, number: int, repeat: int) -> str:
        found = self.text(number).split(self.signs.repetition)
        return found[repeat - 1] if repeat <= len(found) else ""

    def instant(self, number: int) -> datetime | None:
        """A point in time."""
        return instant(self.part(number, 1), self.zone)

    def coded(self, number: int, *, repeat: int = 1) -> Coded:
        """LOINC's coding where there is one, else the first that has a code, else the words alone."""
        first = Coded(*(self.part(number, at, repeat=repeat) for at in (1, 2, 3)))
        other = Coded(*(self.part(number, at, repeat=repeat) for at in (4, 5, 6)))
        original = self.part(number, 9, repeat=repeat)
        second = other.code and (other.system == "LN" or not first.code) and first.system != "LN"
        chosen = other if second else first
        return replace(chosen, text=chosen.text or original)
