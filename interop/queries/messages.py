"""Messages that wait for a person: the list, and one with the charts that it may be about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from clinic.access import visible_to
from clinic.models import Patient
from clinic.queries.likeness import likeness
from clinic.queries.observations import shown
from emr.accounts.models import User
from emr.ui import formats
from interop.actions.messages import read_record
from interop.hl7v2 import oru
from interop.hl7v2.reports import said_reports
from interop.models import WaitingMessage, WaitingStatus

#: Messages of one page; charts that are offered for one.
SHOWN, OFFERED = 200, 8


@dataclass(frozen=True)
class MessageRow:
    """A waiting message in words, by what it says of its patient."""

    key: str
    name: str
    born: str
    sender: str
    reports: str
    reason: str
    since: datetime
    ended: str


@dataclass(frozen=True)
class MessagePage:
    """One message: who it says it is about, and what it brings: for each report its name and its lines."""

    facts: tuple[tuple[str, str], ...]
    reports: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]
    raw: str
    candidates: tuple[Patient, ...]


def waiting_rows(*, ended: bool = False) -> list[MessageRow]:
    """What waits, the longest first; or what was dealt with, the latest first. One query."""
    rows = WaitingMessage.objects.select_related("message", "ended_by")
    if ended:
        rows = rows.exclude(status=WaitingStatus.WAITING).order_by("-ended_at")
    else:
        rows = rows.filter(status=WaitingStatus.WAITING).order_by("created_at")
    return [_row(row) for row in rows[:SHOWN]]


def _row(row: WaitingMessage) -> MessageRow:
    message = parts(row)
    ended = f"{row.get_status_display()} by {row.ended_by}, {formats.instant(row.ended_at)}" if row.ended_at else ""
    return MessageRow(
        key=str(row.pk),
        name=_name(message) if message else "Can't be read",
        born=formats.day(message.subject.birth_date) if message and message.subject.birth_date else "Not said",
        sender=row.message.source,
        reports=", ".join(report.code.text or report.code.code for report in message.reports) if message else "",
        reason=row.ended_reason if row.ended_at and row.ended_reason else row.reason,
        since=row.created_at,
        ended=ended,
    )


def parts(row: WaitingMessage) -> oru.Message | None:
    """The message in parts; None for one that can't be read any more."""
    try:
        return read_record(row.message)
    except (oru.UnreadableMessage, KeyError):
        return None


def message_page(row: WaitingMessage, user: User) -> MessagePage:
    """A message with the charts that it may be about, among those that the user may open: one query."""
    message = parts(row)
    raw = str(row.message.content.get("message", "")).replace("\r", "\n")
    if message is None:
        return MessagePage((("From", row.message.source),), (), raw, ())
    subject = message.subject
    facts = (
        ("Name", _name(message)),
        ("Born", formats.day(subject.birth_date) if subject.birth_date else "Not said"),
        ("Sex", subject.sex),
        ("Numbers", ", ".join(" ".join(filter(None, (one.value, one.authority))) for one in subject.identifiers)),
        ("Our orders", ", ".join(dict.fromkeys(report.placer for report in message.reports if report.placer))),
        ("From", row.message.source),
        ("Received", formats.instant(row.message.imported_at)),
        ("Why it waits", row.reason),
    )
    reports = tuple(
        (said.coding.display, tuple(_lines(message, place))) for place, said in enumerate(said_reports(message))
    )
    return MessagePage(tuple(pair for pair in facts if pair[1]), reports, raw, tuple(_candidates(message, user)))


def _lines(message: oru.Message, place: int) -> list[tuple[str, str, str, str]]:
    lines = []
    for row in message.reports[place].results:
        number = f"{row.comparator}{shown(row.number)}" if row.number is not None else ""
        value = number or row.answer.text or row.answer.code or row.text
        lines.append((row.code.text or row.code.code, value, row.unit, ", ".join(row.flags)))
    return lines


def _candidates(message: oru.Message, user: User) -> Sequence[Patient]:
    """Charts of the same date of birth, those of a like name first, and of our order numbers."""
    subject = message.subject
    numbers = {report.placer.strip().upper() for report in message.reports if report.placer.strip()}
    wanted = Q(orders__number__in=numbers) if numbers else Q(pk=None)
    if subject.birth_date is not None:
        wanted |= Q(birth_date=subject.birth_date)
    found = visible_to(user).filter(wanted, replaced_by=None).distinct().order_by("family_name", "pk")[:50]
    return sorted(found, key=lambda one: -likeness(one.family_name, subject.family_name))[:OFFERED]


def _name(message: oru.Message) -> str:
    subject = message.subject
    return ", ".join(filter(None, (subject.family_name.upper(), subject.given_name))) or "No name"
