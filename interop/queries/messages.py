"""Messages that wait for a person: the list, and one with the charts that it may be about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from clinic.access import visible_to
from clinic.models import Patient
from clinic.queries.likeness import alike, likeness
from clinic.queries.observations import shown
from emr.accounts.models import User
from emr.ui import formats
from interop.actions.messages import is_critical, read_record
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
    critical: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class MessagePage:
    """One message: who it says it is about, and what it brings: for each report its name and its lines."""

    facts: tuple[tuple[str, str], ...]
    reports: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]
    raw: str
    candidates: tuple[Patient, ...]


def waiting_rows(user: User, *, ended: bool = False) -> list[MessageRow]:
    """What waits, with a critical value first, else the longest; or what was dealt with, the latest first. Two queries.

    What seems to be of a chart of which the user may not know is there without a word of whose it is.
    """
    rows = WaitingMessage.objects.select_related("message", "ended_by")
    if ended:
        rows = rows.exclude(status=WaitingStatus.WAITING).order_by("-ended_at")
    else:
        rows = rows.filter(status=WaitingStatus.WAITING).order_by("created_at")
    found = [(row, parts(row)) for row in rows[:SHOWN]]
    hidden = _hidden([message for _, message in found if message], user)
    told = [_row(row, message, hidden=message in hidden) for row, message in found]
    return told if ended else sorted(told, key=lambda row: not row.critical)


def waiting_count() -> int:
    """How many messages wait."""
    return WaitingMessage.objects.filter(status=WaitingStatus.WAITING).count()


def is_hidden(row: WaitingMessage, user: User) -> bool:
    """Whether a message seems to be of a chart of which the user may not know."""
    message = parts(row)
    return message is not None and bool(_hidden([message], user))


def _hidden(messages: Sequence[oru.Message], user: User) -> list[oru.Message]:
    """Those whose numbers, or birth date and name, are of a chart that the user may not open: one query."""
    orders = {number for message in messages for number in _placers(message)}
    numbers = {number for message in messages for number in _numbers(message)}
    born = {message.subject.birth_date for message in messages} - {None}
    wanted = Q(mrn__in=numbers) | Q(birth_date__in=born) | Q(orders__number__in=orders)
    hidden = Patient.objects.filter(replaced_by=None).exclude(pk__in=visible_to(user).order_by().values("pk"))
    secret = Patient.objects.filter(wanted).filter(Q(pk__in=hidden.values("pk")) | Q(replaced_by__in=hidden))
    rows = list(secret.values_list("mrn", "birth_date", "family_name", "orders__number")) if messages else []
    return [
        message
        for message in messages
        if any(
            mrn in _numbers(message)
            or order in _placers(message)
            or (day == message.subject.birth_date and alike(family, message.subject.family_name))
            for mrn, day, family, order in rows
        )
    ]


def _numbers(message: oru.Message) -> set[str]:
    return {"".join(one.value.split()) for one in message.subject.identifiers} - {""}


def _placers(message: oru.Message) -> set[str]:
    return {report.placer.strip().upper() for report in message.reports} - {""}


def _row(row: WaitingMessage, message: oru.Message | None, *, hidden: bool) -> MessageRow:
    critical = message is not None and is_critical(message)
    if hidden:
        return MessageRow(
            *(str(row.pk), "Of a restricted chart", "", row.message.source, "", "", row.created_at, ""),
            critical=critical,
            hidden=True,
        )
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
        critical=critical,
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
    """Charts of the same date of birth, those of a like name first, of our order numbers, and those that have an
    earlier message about the same report."""
    subject = message.subject
    wanted = Q(orders__number__in=_placers(message))
    for said in said_reports(message):
        wanted |= Q(
            diagnostic_reports__identifier_system=said.filler_system,
            diagnostic_reports__identifier_value=said.filler,
            diagnostic_reports__entered_in_error_at=None,
        )
    if subject.birth_date is not None:
        wanted |= Q(birth_date=subject.birth_date)
    found = visible_to(user).filter(wanted, replaced_by=None).distinct().order_by("family_name", "pk")[:50]
    return sorted(found, key=lambda one: -likeness(one.family_name, subject.family_name))[:OFFERED]


def _name(message: oru.Message) -> str:
    subject = message.subject
    return ", ".join(filter(None, (subject.family_name.upper(), subject.given_name))) or "No name"
