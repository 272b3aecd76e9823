"""Reads ORU^R01: the results that a laboratory sends (HL7 v2.3 to 2.8, chapter 7).

Real laboratories deviate; what can't be understood is kept as text rather than refused, as long as it is clear whose
result it is and which order it answers. Refused is only what is no ORU^R01, or is cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal

from interop.hl7v2.escapes import Signs
from interop.hl7v2.segments import Coded, Segment, instant, lines


class UnreadableMessage(ValueError):
    """The text is no result message; says in which segment reading stopped, and why."""


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
    text = content.removeprefix("\ufeff").strip("\x0b\x1c\r\n\t ")
    if not text.startswith("MSH") or text[3:4].isalnum() or not text[3:4].strip():
        raise UnreadableMessage("MSH: a message begins with its header, and this does not.")
    signs = Signs.of(text)
    rows = [Segment(line, signs, zone) for line in lines(text, signs)]
    head = rows[0]
    if (head.part(9, 1), head.part(9, 2)) != ("ORU", "R01"):
        raise UnreadableMessage(f"MSH-9: {head.text(9) or 'nothing'} is no result message (ORU^R01).")
    if not head.part(10, 1):
        raise UnreadableMessage("MSH-10: the message has no control id, so that it can't be told from another.")
    if _is_cut_off(rows):
        raise UnreadableMessage("OBX: the message ends within its last result. It is cut off.")
    if sum(row.name == "PID" for row in rows) > 1:
        raise UnreadableMessage("PID: the message is about several patients. One message is about one.")
    return Message(
        sender=" ".join(filter(None, (head.part(3, 1), head.part(4, 1)))),
        control_id=head.part(10, 1),
        sent_at=head.instant(7),
        subject=_subject(rows),
        reports=tuple(_reports(rows)),
    )


def _is_cut_off(rows: list[Segment]) -> bool:
    """Whether the last result breaks off before its status, where the others have one."""
    last, results = rows[-1], [row for row in rows if row.name == "OBX"]
    return last.name == "OBX" and len(last.fields) < _STATUS and any(row.part(_STATUS, 1) for row in results)


#: OBX-11, the last field of a result that is always there.
_STATUS = 11


def _subject(rows: list[Segment]) -> Subject:
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


def _reports(rows: list[Segment]) -> Iterator[Report]:
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


def _report(row: Segment, placer: str, filler: str) -> Report:
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


def _added(report: Report, row: Segment) -> Report:
    if row.name == "OBX" and (row.text(3) or row.text(5)):
        return replace(report, results=(*report.results, _result(row)))
    if row.name != "NTE" or not row.text(3):
        return report
    note = "\n".join(row.part(3, 1, repeat=at) for at in range(1, row.repeats(3) + 1))
    if not report.results:
        return replace(report, notes=(*report.notes, note))
    last = report.results[-1]
    return replace(report, results=(*report.results[:-1], replace(last, notes=(*last.notes, note))))


def _result(row: Segment) -> Result:
    comparator, number = _number(row)
    coded = row.part(2, 1) in {"CE", "CWE", "CNE", "CF"} and row.repeats(5) == 1
    answer = row.coded(5) if coded else Coded()
    said = number is not None or answer.code or answer.text
    return Result(
        code=row.coded(3),
        sub_id=row.text(4),
        type=row.part(2, 1),
        comparator=comparator,
        number=number,
        answer=answer,
        text="" if said else words(row),
        unit=row.part(6, 1) or row.part(6, 2),
        range=row.whole(7),
        flags=tuple(row.part(8, 1, repeat=at) for at in range(1, row.repeats(8) + 1) if row.part(8, 1, repeat=at)),
        status=row.part(11, 1),
        observed_at=row.instant(14),
    )


def words(row: Segment) -> str:
    """The value of a result that is neither number nor one code: all of it, each repetition on a line of its own."""
    kind = row.part(2, 1)
    return "\n".join(filter(None, (_said(row, kind, at) for at in range(1, row.repeats(5) + 1))))


def _said(row: Segment, kind: str, at: int) -> str:
    parts = [row.part(5, number, repeat=at) for number in range(1, 6)]
    if kind == "ED":
        # A file in letters is no text: the message keeps it.
        named = " ".join(filter(None, parts[1:3])).lower()
        return (
            f"A file ({named or 'of no stated kind'}) came in place of a value; the message keeps it."
            if parts[4]
            else ""
        )
    if kind == "SN":
        return "".join(parts[:4])
    if kind in {"CE", "CWE", "CNE", "CF"}:
        found = row.coded(5, repeat=at)
        return found.text or found.code
    if kind in {"DT", "TS", "DTM"} and (moment := instant(parts[0], row.zone)) is not None and len(parts[0]) >= _DAY:
        return f"{moment:%d-%b-%Y %H:%M}" if len(parts[0]) > _DAY else f"{moment:%d-%b-%Y}"
    return row.whole(5, repeat=at)


#: The letters of a day, and the digits of a number that a page can still show.
_DAY, _DIGITS = 8, 20
_QUANTITY = re.compile(r"(<=|>=|<|>)?\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))")


def _number(row: Segment) -> tuple[str, Decimal | None]:
    """Comparator and number of NM and SN, and of text that is nothing else ("<7.0" is often sent as ST).

    A ratio, a range or a titre (SN with a separator) is no number, nor is one of more digits than anything measured.
    """
    kind = row.part(2, 1)
    if kind == "SN":
        if row.part(5, 3):
            return "", None
        written = row.part(5, 1) + row.part(5, 2)
    elif kind in {"NM", "ST", "TX"} and row.repeats(5) == 1:
        written = row.whole(5)
    else:
        return "", None
    match = _QUANTITY.fullmatch(written.strip().removeprefix("="))
    if match is None or len(match[2]) > _DIGITS:
        return "", None
    return match[1] or "", Decimal(match[2])
