"""The answer to a message (HL7 v2 chapter 2, ACK): accepted, refused, or not kept; and whether one is wanted at all."""

from __future__ import annotations

from enum import Enum
from uuid import uuid4

from django.utils import timezone


class Outcome(Enum):
    """What became of a message: the letters of MSA-1, in original mode and as the accept acknowledgment of the
    enhanced one.

    After ``ERROR`` the sender sends it again later: nothing of it was kept. After ``REJECTED`` that would be in vain.
    """

    ACCEPTED = ("AA", "CA")
    ERROR = ("AE", "CE")
    REJECTED = ("AR", "CR")


#: When an acknowledgment is wanted (table 0155): always, never, on error or rejection, on success.
_WANTED = {
    "AL": frozenset(Outcome),
    "NE": frozenset[Outcome](),
    "ER": frozenset({Outcome.ERROR, Outcome.REJECTED}),
    "SU": frozenset({Outcome.ACCEPTED}),
}


def acknowledgment(message: str, outcome: Outcome, reason: str = "") -> str | None:
    """The ACK of a message; None where its header (MSH-15, MSH-16) asks for none. ``reason`` names no patient.

    A message is answered when it is kept, so that one answer is both: the accept acknowledgment where MSH-15 is
    valued, else the one of the application.
    """
    head = _header(message)
    accept, application = _field(head, 15), _field(head, 16)
    if not accept and not application:
        code = outcome.value[0]
    elif outcome in _WANTED.get(accept, _WANTED["NE"]):
        code = outcome.value[1]
    elif outcome in _WANTED.get(application, _WANTED["NE"]):
        code = outcome.value[0]
    else:
        return None
    return _written(head, code, reason)


def _written(head: list[str], code: str, reason: str) -> str:
    event = _field(head, 9).split("^")[1:2]
    kind = "^".join(("ACK", *(event or ["R01"]), "ACK"))
    now = timezone.now().strftime("%Y%m%d%H%M%S+0000")
    sender, facility, receiver, place = (_field(head, number) for number in (5, 6, 3, 4))
    rows = [
        f"MSH|^~\\&|{sender}|{facility}|{receiver}|{place}|{now}||{kind}|{uuid4().hex[:20]}|"
        f"{_field(head, 11) or 'P'}|{_field(head, 12) or '2.5.1'}",
        f"MSA|{code}|{_field(head, 10)}",
    ]
    if reason:
        rows.append(f"ERR|||207^Application error^HL70357|E||||{_escaped(reason)}")
    return "\r".join(rows) + "\r"


def _header(message: str) -> list[str]:
    """The header's fields, 1 being the separator; few or none of a text that has no header."""
    line = message.lstrip("\ufeff\x0b\r\n ").split("\r", 1)[0].split("\n", 1)[0]
    return ["MSH", "|", *line.split(line[3])[1:]] if line.startswith("MSH") and len(line) > 3 else []


def _field(head: list[str], number: int) -> str:
    """A field as it was sent, without what would end one of ours."""
    return head[number].strip().replace("|", "") if len(head) > number else ""


def _escaped(text: str) -> str:
    for sign, code in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        text = text.replace(sign, f"\\{code}\\")
    return " ".join(text.split())
