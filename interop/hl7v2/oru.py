"""Reads ORU^R01: the results that a laboratory sends (HL7 v2.3 to 2.8, chapter 7).

Real laboratories deviate; what can't be understood is kept as text rather than refused, as long as it is clear whose
result it is and which order it answers. Refused is only what is no ORU^R01, or is cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation

import hl7


class UnreadableMessage(ValueError):
    """The text is no result message; says in which segment reading stopped, and why."""


@dataclass(frozen=True)
class Coded:
    """CE or CWE: the code with its system as the sender names it (``LN``, ``L``), or text alone."""

    code: str = ""
    text: str = ""
    system: str = ""


@dataclass(frozen=True)
class Identifier:
    """CX: an identifier of the patient, who assigned it, and its type (``MR``, ``PI``). Never empty."""

    value: str
    authority: str = ""
    type: str = ""


@dataclass(frozen=True)
class Subject:
    """PID: whom the results are of, as the sender has it."""

    identifiers: tuple[Identifier, ...] = ()
    family_name: str = ""
    given_name: str = ""
    birth_date: date | None = None
    sex: str = ""


@dataclass(frozen=True)
class Result:
    """OBX with its NTE. ``comparator`` and ``number`` of a numeric value (NM, SN), else ``text``.

    ``flags`` are those of OBX-8 (``H``, ``LL``), ``status`` that of OBX-11 (``P``, ``F``, ``C``, ``X``).
    """

    code: Coded
    sub_id: str = ""
    type: str = ""
    comparator: str = ""
    number: Decimal | None = None
    answer: Coded = field(default_factory=Coded)
    text: str = ""
    unit: str = ""
    range: str = ""
    flags: tuple[str, ...] = ()
    status: str = ""
    observed_at: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """OBR with what follows it. ``placer`` is our order's number, ``filler`` the laboratory's own."""

    code: Coded
    placer: str = ""
    filler: str = ""
    filler_authority: str = ""
    observed_at: datetime | None = None
    reported_at: datetime | None = None
    status: str = ""
    notes: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()


@dataclass(frozen=True)
class Message:
    """One ORU^R01. ``sender`` is application and facility (MSH-3, MSH-4); each of its messages has a ``control_id``."""

    sender: str
    control_id: str
    sent_at: datetime | None
    subject: Subject
    reports: tuple[Report, ...]


def read(content: str, zone: tzinfo) -> Message:
    """The message in parts. Times without an offset are of ``zone``. Raises UnreadableMessage."""
    text = content.removeprefix("\ufeff").strip("\x0b\x1c\r\n\t ").replace("\r\n", "\r").replace("\n", "\r")
    if not text.startswith("MSH"):
        raise UnreadableMessage("MSH: a message begins with its header, and this does not.")
    try:
        parsed = hl7.parse(text)
        head = _Segment(parsed, parsed.segment("MSH"), zone)
    except (hl7.HL7Exception, KeyError, IndexError, ValueError) as error:
        raise UnreadableMessage("MSH: the header can't be read.") from error
    if (head.part(9, 1), head.part(9, 2)) != ("ORU", "R01"):
        raise UnreadableMessage(f"MSH-9: {head.text(9) or 'nothing'} is no result message (ORU^R01).")
    if not head.part(10, 1):
        raise UnreadableMessage("MSH-10: the message has no control id, so that it can't be told from another.")
    rows = [_Segment(parsed, segment, zone) for segment in parsed]
    if sum(row.name == "PID" for row in rows) > 1:
        raise UnreadableMessage("PID: the message is about several patients. One message is about one.")
    return Message(
        sender=" ".join(filter(None, (head.part(3, 1), head.part(4, 1)))),
        control_id=head.part(10, 1),
        sent_at=head.instant(7),
        subject=_subject(rows),
        reports=tuple(_reports(rows)),
    )


def instant(text: str, zone: tzinfo) -> datetime | None:
    """TS or DTM, ``YYYYMMDD[HHMM[SS]][+ZZZZ]``; without an offset it is of ``zone``. None for what is none."""
    match = re.match(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{4})?", text)
    if match is None:
        return None
    year, *rest = (int(part) if part else None for part in match.groups()[:6])
    month, day, hour, minute, second = rest
    try:
        naive = datetime(int(year or 0), month or 1, day or 1, hour or 0, minute or 0, second or 0)
    except ValueError:
        return None
    return naive.replace(tzinfo=_offset(match[7]) or zone)


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    size = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return timezone(-size if text[0] == "-" else size)


class _Segment:
    """A segment by field, component and subcomponent, escapes undone. What isn't there is an empty text."""

    def __init__(self, message: hl7.Message, segment: hl7.Segment, zone: tzinfo) -> None:
        self.message, self.segment, self.zone = message, segment, zone
        self.name = str(segment[0])

    def text(self, number: int) -> str:
        """The whole field as it was sent."""
        try:
            return str(self.segment(number)).strip()
        except (IndexError, KeyError):
            return ""

    def repeats(self, number: int) -> int:
        """How often a field is given."""
        try:
            return len(self.segment(number))
        except (IndexError, KeyError):
            return 0

    def part(self, number: int, component: int, *, repeat: int = 1, sub: int = 1) -> str:
        """One component."""
        try:
            found = self.segment.extract_field(1, number, repeat, component, sub)
        except (IndexError, KeyError):
            return ""
        return str(self.message.unescape(found or "")).strip()

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


def _subject(rows: list[_Segment]) -> Subject:
    row = next((row for row in rows if row.name == "PID"), None)
    if row is None:
        raise UnreadableMessage("PID: the message doesn't say whose results they are.")
    found = (
        Identifier(row.part(3, 1, repeat=at), row.part(3, 4, repeat=at), row.part(3, 5, repeat=at))
        for at in range(1, row.repeats(3) + 1)
    )
    born = row.instant(7) if len(row.part(7, 1)) >= 8 else None
    return Subject(
        identifiers=tuple(one for one in found if one.value),
        family_name=row.part(5, 1),
        given_name=row.part(5, 2),
        birth_date=born.date() if born else None,
        sex=row.part(8, 1),
    )


def _reports(rows: list[_Segment]) -> Iterator[Report]:
    """Each OBR with the OBX and NTE after it. An order number of ORC holds where OBR has none."""
    report: Report | None = None
    placer = filler = ""
    for row in rows:
        if row.name == "ORC":
            placer, filler = row.part(2, 1), row.part(3, 1)
        elif row.name == "OBR":
            if report is not None:
                yield report
            report, placer, filler = _report(row, placer, filler), "", ""
        elif report is not None:
            report = _added(report, row)
    if report is None:
        raise UnreadableMessage("OBR: the message has no report.")
    yield report


def _report(row: _Segment, placer: str, filler: str) -> Report:
    code = row.coded(4)
    if not (code.code or code.text):
        raise UnreadableMessage("OBR-4: a report doesn't say what was examined.")
    return Report(
        code=code,
        placer=row.part(2, 1) or placer,
        filler=row.part(3, 1) or filler,
        filler_authority=row.part(3, 2),
        observed_at=row.instant(7),
        reported_at=row.instant(22),
        status=row.part(25, 1),
    )


def _added(report: Report, row: _Segment) -> Report:
    if row.name == "OBX" and (row.part(3, 1) or row.part(3, 2)):
        return replace(report, results=(*report.results, _result(row)))
    if row.name != "NTE" or not row.text(3):
        return report
    note = "\n".join(row.part(3, 1, repeat=at) for at in range(1, row.repeats(3) + 1))
    if not report.results:
        return replace(report, notes=(*report.notes, note))
    last = report.results[-1]
    return replace(report, results=(*report.results[:-1], replace(last, notes=(*last.notes, note))))


def _result(row: _Segment) -> Result:
    comparator, number = _number(row)
    answer = row.coded(5) if row.part(2, 1) in {"CE", "CWE", "CNE", "CF"} else Coded()
    texts = (row.part(5, 1, repeat=at) for at in range(1, row.repeats(5) + 1))
    text = "" if number is not None or answer.code or answer.text else "\n".join(one for one in texts if one)
    return Result(
        code=row.coded(3),
        sub_id=row.text(4),
        type=row.part(2, 1),
        comparator=comparator,
        number=number,
        answer=answer,
        text=text or ("" if number is not None or answer.text or answer.code else row.text(5)),
        unit=row.part(6, 1),
        range=row.part(7, 1),
        flags=tuple(row.part(8, 1, repeat=at) for at in range(1, row.repeats(8) + 1) if row.part(8, 1, repeat=at)),
        status=row.part(11, 1),
        observed_at=row.instant(14),
    )


_QUANTITY = re.compile(r"(<=|>=|<|>)?\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))")


def _number(row: _Segment) -> tuple[str, Decimal | None]:
    """Comparator and number of NM and SN, and of text that is nothing else ("<7.0" is often sent as ST).

    A ratio, a range or a titre (SN with a separator) is no number.
    """
    kind = row.part(2, 1)
    if kind == "SN":
        if row.part(5, 3):
            return "", None
        written = row.part(5, 1) + row.part(5, 2)
    elif kind in {"NM", "ST", "TX"} and row.repeats(5) == 1:
        written = row.part(5, 1)
    else:
        return "", None
    match = _QUANTITY.fullmatch(written.strip().removeprefix("="))
    try:
        return ("", None) if match is None else (match[1] or "", Decimal(match[2]))
    except InvalidOperation:
        return "", None
