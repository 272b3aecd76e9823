"""Reading elements of a resource, and remembering which were read: the rest is reported, not dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime

from emr.codes.coding import Coding
from interop.fhir.bundle import Entry

#: Elements that say nothing about the patient: rendering, versioning, tags.
_HOUSEKEEPING = frozenset({"resourceType", "id", "meta", "text", "implicitRules", "language"})


class Refused(ValueError):
    """The resource can't be imported; the message says why."""


@dataclass
class Resource:
    """A resource whose top-level elements are ticked off as they are read."""

    entry: Entry
    read: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)

    def get(self, name: str) -> Any:
        """An element, or None; ticked off."""
        self.read.add(name)
        return self.entry.resource.get(name)

    def text(self, name: str) -> str:
        """A text element, or an empty text. Raises Refused for another kind of value."""
        value = self.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Refused(f"{name} is no text")
        return value.strip()

    def list(self, name: str) -> list[Any]:
        """A repeating element, or an empty list. Raises Refused for another kind of value."""
        value = self.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Refused(f"{name} is no list")
        return value

    def object(self, name: str) -> dict[str, Any]:
        """A complex element, or an empty one. Raises Refused for another kind of value."""
        value = self.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise Refused(f"{name} is no object")
        return value

    def remark(self, message: str) -> None:
        """Say that something was mapped to other than what was sent."""
        self.remarks.append(message)

    def unread(self) -> Iterator[str]:
        """The elements that nobody read, by their path."""
        for name in self.entry.resource:
            if name not in self.read and name not in _HOUSEKEEPING:
                yield f"{self.entry.type}.{name}"


def coding(concept: Any, what: str) -> Coding:
    """A CodeableConcept's first coding with a system and a code, else its text. Raises Refused when it says nothing."""
    if not isinstance(concept, dict):
        raise Refused(f"{what} is missing")
    for item in concept.get("coding", []):
        if isinstance(item, dict) and item.get("system") and item.get("code"):
            words = item.get("display") or concept.get("text") or item["code"]
            return Coding(str(item["system"])[:200], str(item["code"])[:64], str(words).strip()[:500])
    words = str(concept.get("text") or next((c.get("display") for c in concept.get("coding", [])), None) or "").strip()
    if not words:
        raise Refused(f"{what} has neither a code nor a text")
    return Coding("", "", words[:500])


def status_code(concept: Any, choices: list[str], what: str, default: str | None = None) -> str:
    """The code of a status, plain or in a CodeableConcept. Raises Refused for one that isn't among the choices."""
    if isinstance(concept, dict):
        concept = next((item.get("code") for item in concept.get("coding", [])), None)
    if concept is None and default is not None:
        return default
    if concept not in choices:
        raise Refused(f"{what} “{concept}” is none of FHIR's codes")
    return str(concept)


def instant(value: Any, what: str) -> datetime:
    """A FHIR dateTime as an aware instant; one that is only a date begins at midnight UTC. Raises Refused."""
    if not isinstance(value, str):
        raise Refused(f"{what} is missing")
    try:
        moment = parse_datetime(value) or datetime.combine(day(value, what), datetime.min.time())
    except ValueError as error:
        raise Refused(f"{what} “{value}” is no date that exists") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def day(value: Any, what: str) -> date:
    """The date of a FHIR date or dateTime. Raises Refused for a partial or impossible one."""
    if not isinstance(value, str):
        raise Refused(f"{what} is missing")
    try:
        return date.fromisoformat(value[:10])
    except ValueError as error:
        raise Refused(f"{what} “{value}” is no whole date that exists") from error


def optional_day(value: Any, what: str) -> date | None:
    """As :func:`day`, or None where nothing was sent."""
    return None if value is None else day(value, what)


def number(value: Any, what: str) -> Decimal:
    """A decimal with the digits that were sent. Raises Refused."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused(f"{what} is no number")
    return Decimal(value)


def reference(value: Any) -> str:
    """The target of a Reference, or an empty text."""
    return str(value.get("reference", "")) if isinstance(value, dict) else ""
