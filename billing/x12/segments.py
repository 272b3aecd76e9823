"""The punctuation of X12: bytes to segments and back, holding one segment at a time.

An interchange begins with ISA, whose own characters say how all others are separated. Source: ASC X12.5 and X12.6.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

_CHUNK = 65_536
_ISA_ELEMENTS = 16
_ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_ISA_SEPARATORS = (11, 16)
_ISA_LONGEST = 200
_BLANK = b" \t\r\n\x1a"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class X12Error(ValueError):
    """A file that can't be read, or a value that can't be written.

    ``reason`` is a sentence; ``position`` the segment's number in its file (the first ISA is 1; 0: unknown),
    ``segment_id`` its name, ``element`` the element's number (0: the segment as a whole).
    """

    def __init__(self, reason: str, *, position: int = 0, segment_id: str = "", element: int = 0) -> None:
        self.reason = reason
        self.position = position
        self.segment_id = segment_id
        self.element = element
        super().__init__(f"{place(position, segment_id, element)}: {reason}" if position else reason)


def place(position: int, segment_id: str, element: int = 0) -> str:
    """Where something stands, for people: "Segment 23 (CLP), element CLP04"."""
    words = f"Segment {position}" + (f" ({segment_id})" if segment_id else "")
    return f"{words}, element {segment_id}{element:02}" if element else words


def _isa_error(reason: str) -> X12Error:
    return X12Error(reason, position=1, segment_id="ISA")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separating characters of an interchange; ``repetition`` is "" before version 00501."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    segment: str = "~"

    def __post_init__(self) -> None:
        used = [self.element, self.component, self.segment, *self.repetition]
        if len(set(used)) != len(used):
            raise _isa_error("It gives one character two meanings as separator.")
        if any(char.isalnum() or char in " \0" or not char.isascii() for char in used):
            raise _isa_error("It names a separator that can't be one.")
        if {self.element, self.component, self.repetition} & {"\r", "\n"}:
            raise _isa_error("A line break may only end segments.")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is believed. The longest segment of the guides has about 700 characters and 24 elements."""

    file_bytes: int = 256 * 1024 * 1024
    segment_bytes: int = 4_096
    elements: int = 64
    parts: int = 64


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its name, its elements, its number in the file (the first ISA is 1)."""

    id: str
    elements: tuple[str, ...]
    position: int
    delimiters: Delimiters

    def get(self, element: int) -> str:
        """Element ``element`` (from 1), "" when it isn't there."""
        return self.elements[element - 1].strip() if element <= len(self.elements) else ""

    def components(self, element: int) -> tuple[str, ...]:
        """The components of a composite element; empty when it isn't there."""
        value = self.get(element)
        return tuple(part.strip() for part in value.split(self.delimiters.component)) if value else ()

    def repeats(self, element: int) -> tuple[str, ...]:
        """The repetitions of an element; empty when it isn't there."""
        value = self.get(element)
        separator = self.delimiters.repetition
        return tuple(value.split(separator)) if value and separator else (value,) if value else ()

    def error(self, reason: str, element: int = 0) -> X12Error:
        """An error that names this segment."""
        return X12Error(reason, position=self.position, segment_id=self.id, element=element)


class Tokenizer:
    """Iterates over the segments of a binary file, of one interchange or several one after another.

    Line breaks around and inside segments are dropped. ``position`` and ``last_id`` tell of the segment given last;
    ``open_end`` is true when the file's last segment lacked its terminator.
    """

    def __init__(self, source: BinaryIO, limits: Limits | None = None) -> None:
        self.position = 0
        self.last_id = ""
        self.open_end = False
        self._source = source
        self._limits = limits or Limits()
        self._buffer = b""
        self._start = 0
        self._bytes = 0

    def __iter__(self) -> Iterator[Segment]:
        while self._at_interchange():
            delimiters = self._header()
            while (raw := self._raw(delimiters.segment.encode())) is not None:
                text = raw.translate(None, b"\r\n\x1a").lstrip(_BLANK)
                if not text:
                    continue
                yield self._segment(text, delimiters)
                if self.last_id == "IEA":
                    break
            else:
                return

    def _at_interchange(self) -> bool:
        """Skip what may stand between interchanges; false at the end of the file. Raises X12Error for anything else."""
        while True:
            self._buffer = self._buffer[self._start :].lstrip(_BLANK)
            self._start = 0
            if not self.position:
                self._buffer = self._buffer.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANK)
            if len(self._buffer) >= _ISA_LONGEST or not self._fill():
                break
        if not self._buffer.strip(_BLANK):
            if not self.position:
                raise X12Error("The file is empty.")
            return False
        if not self._buffer.startswith(b"ISA"):
            reason = "This isn't an X12 file: it doesn't begin with ISA."
            raise X12Error("After the end of the interchange stands something else." if self.position else reason)
        return True

    def _header(self) -> Delimiters:
        """Read the separators: the one after "ISA", the sixteenth element, and the character after that."""
        self.last_id = "ISA"
        separator = self._buffer[3:4]
        parts = self._buffer[:_ISA_LONGEST].split(separator, _ISA_ELEMENTS) if separator else []
        if len(parts) <= _ISA_ELEMENTS or len(parts[-1]) < 2:
            raise self._isa_error("It is broken off or misspelt: it has 16 elements and 106 characters.")
        repetition, component, segment = parts[11][:1].decode("latin-1"), chr(parts[-1][0]), chr(parts[-1][1])
        repeating = repetition.strip() and not repetition.isalnum()
        try:
            return Delimiters(separator.decode("latin-1"), component, repetition if repeating else "", segment)
        except X12Error as error:
            raise self._isa_error(error.reason) from None

    def _raw(self, terminator: bytes) -> bytes | None:
        """The bytes up to the next terminator; None at the end of the file."""
        while (end := self._buffer.find(terminator, self._start)) < 0:
            if len(self._buffer) - self._start > self._limits.segment_bytes:
                raise self._error(f"The segment is longer than {self._limits.segment_bytes} bytes.")
            if not self._fill():
                rest, self._buffer, self._start = self._buffer[self._start :], b"", 0
                self.open_end = bool(rest.strip(_BLANK))
                return rest if self.open_end else None
        raw, self._start = self._buffer[self._start : end], end + 1
        if len(raw) > self._limits.segment_bytes:
            raise self._error(f"The segment is longer than {self._limits.segment_bytes} bytes.")
        return raw

    def _fill(self) -> bool:
        chunk = self._source.read(_CHUNK)
        self._bytes += len(chunk)
        if self._bytes > self._limits.file_bytes:
            raise self._error(f"The file is larger than {self._limits.file_bytes // 1024 // 1024} MB.")
        self._buffer = self._buffer[self._start :] + chunk
        self._start = 0
        return bool(chunk)

    def _segment(self, raw: bytes, delimiters: Delimiters) -> Segment:
        text = _decoded(raw)
        segment_id, *elements = text.split(delimiters.element)
        if not _SEGMENT_ID.fullmatch(segment_id):
            raise self._error(f"A segment can't be called {segment_id[:20]!r}.")
        self.position, self.last_id = self.position + 1, segment_id
        segment = Segment(segment_id, tuple(elements), self.position, delimiters)
        if len(elements) > self._limits.elements:
            raise segment.error(f"The segment has more than {self._limits.elements} elements.")
        suspicious = len(text) > self._limits.parts or _CONTROL.search(text)
        if suspicious:
            for number, value in enumerate(elements, start=1):
                self._check(segment, number, value)
        return segment

    def _check(self, segment: Segment, number: int, value: str) -> None:
        if segment.id == "ISA" and number in _ISA_SEPARATORS:
            return
        component, repetition = segment.delimiters.component, segment.delimiters.repetition
        if _CONTROL.search(value.replace(component, "").replace(repetition or "\0\0", "")):
            raise segment.error("The element has a control character.", number)
        if max(value.count(component), value.count(repetition) if repetition else 0) >= self._limits.parts:
            raise segment.error(f"The element has more than {self._limits.parts} parts.", number)

    def _isa_error(self, reason: str) -> X12Error:
        return X12Error(reason, position=self.position + 1, segment_id="ISA")

    def _error(self, reason: str) -> X12Error:
        return X12Error(reason, position=self.position + 1)


def _decoded(raw: bytes) -> str:
    """UTF-8, or else Latin-1, which never fails: senders use both and say neither."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def write(segment_id: str, *elements: str | Sequence[str], delimiters: Delimiters | None = None) -> str:
    """One segment as text with its terminator; an element that is a sequence is a composite of its components.

    Empty elements and components at the end are dropped. Raises X12Error for a value that holds a separator or a
    control character: nothing is silently replaced.
    """
    separators = delimiters or Delimiters()
    texts = [_written(segment_id, number, value, separators) for number, value in enumerate(elements, start=1)]
    return separators.element.join([segment_id, *_trimmed(texts)]) + separators.segment


def write_isa(*elements: str, delimiters: Delimiters | None = None) -> str:
    """The ISA segment of fixed widths from ISA01–ISA10 and ISA12–ISA15; the separators (ISA11, ISA16) are filled in.

    Raises X12Error for a value that is too long or holds a separator.
    """
    separators = delimiters or Delimiters()
    values = [*elements[:10], separators.repetition or "U", *elements[10:], separators.component]
    for number, (value, width) in enumerate(zip(values, _ISA_WIDTHS, strict=True), start=1):
        if number not in (11, 16):
            _written("ISA", number, value, separators)
        if len(value) > width:
            raise X12Error(
                f"{value!r} is longer than {width} characters.", position=1, segment_id="ISA", element=number
            )
    padded = (value.ljust(width) for value, width in zip(values, _ISA_WIDTHS, strict=True))
    return separators.element.join(["ISA", *padded]) + separators.segment


def _written(segment_id: str, number: int, value: str | Sequence[str], separators: Delimiters) -> str:
    if not isinstance(value, str):
        return separators.component.join(_trimmed([_written(segment_id, number, part, separators) for part in value]))
    forbidden = {separators.element, separators.component, separators.segment, *separators.repetition} & set(value)
    if forbidden or _CONTROL.search(value):
        what = " ".join(sorted(forbidden)) or "a control character"
        raise X12Error(f"{segment_id}{number:02} can't hold {what}: {value!r}.", segment_id=segment_id, element=number)
    return value


def _trimmed(texts: list[str]) -> list[str]:
    kept = len(texts)
    while kept and not texts[kept - 1]:
        kept -= 1
    return texts[:kept]
