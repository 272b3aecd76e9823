"""Calendar files (RFC 5545), as little of them as a list of booked times needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_LONGEST_LINE = 75  # octets, the line break not counted (RFC 5545, 3.1)
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True)
class Event:
    """One entry. ``status`` is CONFIRMED, TENTATIVE or CANCELLED; ``sequence`` grows with each change."""

    uid: str
    start_at: datetime
    end_at: datetime
    changed_at: datetime
    sequence: int
    status: str
    summary: str


def calendar(name: str, events: Iterable[Event], *, product: str) -> bytes:
    """The file: UTF-8, lines of at most 75 octets that end with CR LF."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{product}//Booked times//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        *(line for event in events for line in _event(event)),
        "END:VCALENDAR",
    ]
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def _event(event: Event) -> list[str]:
    cancelled = event.status == "CANCELLED"
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        f"DTSTAMP:{_instant(event.changed_at)}",
        f"LAST-MODIFIED:{_instant(event.changed_at)}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTART:{_instant(event.start_at)}",
        f"DTEND:{_instant(event.end_at)}",
        f"SUMMARY:{_text(event.summary)}",
        f"STATUS:{event.status}",
        f"TRANSP:{'TRANSPARENT' if cancelled else 'OPAQUE'}",
        "CLASS:PRIVATE",
        "END:VEVENT",
    ]


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _folded(line: str) -> Iterator[bytes]:
    """The line in pieces; each but the first begins with a space, and no character is cut in two."""
    piece = b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > _LONGEST_LINE:
            yield piece
            piece = b" "
        piece += octets
    yield piece
