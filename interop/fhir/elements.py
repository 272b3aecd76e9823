"""Reading elements of a resource, and remembering which were read: the rest is reported, not dropped.

Every reader refuses, by the element's name, a value of another kind than FHIR says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime

from emr.codes.coding import Coding
from emr.shared.partial_dates import PartialDate, Precision
from interop.fhir.bundle import Entry

#: Elements that say nothing about the patient: rendering, versioning, tags.
_HOUSEKEEPING = frozenset({"resourceType", "id", "meta", "text", "implicitRules", "language"})

#: A date outside of these is a slip: nobody's chart reaches so far.
_FIRST_YEAR, _LAST_YEAR = 1850, 2199

#: A number with more digits than this, before or after the point, was not measured.
_MOST_DIGITS = 30

#: FHIR's partial dates: a year, or a year and a month.
_PARTIAL = re.compile(r"\d{4}(-\d{2})?")

_SHOWN = 60


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
        return text(self.get(name), name)

    def objects(self, name: str) -> list[dict[str, Any]]:
        """A repeating complex element, or an empty list. Raises Refused for another kind of value."""
        return objects(self.get(name), name)

    def object(self, name: str) -> dict[str, Any]:
        """A complex element, or an empty one. Raises Refused for another kind of value."""
        return an_object(self.get(name), name)

    def flag(self, name: str) -> bool | None:
        """A boolean element, or None. Raises Refused for another kind of value."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            raise Refused(f"{name} is neither true nor false")
        return value

    def optional_day(self, name: str) -> date | None:
        """The day of a date or dateTime element; a partial date (2019-05) has none, which is remarked."""
        return self.whole_day(self.get(name), name)

    def whole_day(self, value: Any, what: str) -> date | None:
        """As :meth:`optional_day`, of a value that was read already."""
        if isinstance(value, str) and _PARTIAL.fullmatch(value):
            self.remark(f"{what} is no whole day, so it stands in the original only")
            return None
        return None if value is None else day(value, what)

    def partial(self, name: str) -> PartialDate | None:
        """A date or dateTime element as far as it is known, or None where nothing was sent."""
        value = self.get(name)
        return None if value is None else partial(value, name)

    def optional_instant(self, value: Any, what: str) -> datetime | None:
        """A FHIR dateTime, or None where nothing was sent."""
        return None if value is None else instant(value, what)

    def remark(self, message: str) -> None:
        """Say that something was mapped to other than what was sent."""
        self.remarks.append(message)

    def unread(self) -> Iterator[str]:
        """The elements that nobody read, by their path."""
        for name in self.entry.resource:
            if name not in self.read and name not in _HOUSEKEEPING:
                yield f"{self.entry.type}.{shown(name)}"


def text(value: Any, what: str) -> str:
    """A text without the spaces around it, or an empty one for None. Raises Refused for another kind of value."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"{what} is no text")
    return value.strip()


def texts(value: Any, what: str) -> list[str]:
    """A list of texts, or an empty one for None. Raises Refused for another kind of value."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(f"{what} is no list")
    return [text(item, what) for item in value]


def an_object(value: Any, what: str) -> dict[str, Any]:
    """An object, or an empty one for None. Raises Refused for another kind of value."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"{what} is no object")
    return value


def objects(value: Any, what: str) -> list[dict[str, Any]]:
    """A list of objects, or an empty one for None. Raises Refused for another kind of value."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Refused(f"{what} is no list of objects")
    return value


def shown(value: Any) -> str:
    """A value as a message shows it: short, on one line."""
    words = " ".join(str(value).split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"


def codes(concepts: Any, what: str) -> list[str]:
    """Every code in a list of CodeableConcepts, in order. Raises Refused for another kind of value."""
    return [
        text(item.get("code"), f"{what}.coding.code")
        for concept in objects(concepts, what)
        for item in objects(concept.get("coding"), f"{what}.coding")
        if item.get("code") is not None
    ]


def coding(concept: Any, what: str) -> Coding:
    """A CodeableConcept's first coding with a system and a code, else its text. Raises Refused when it says nothing."""
    if concept is None:
        raise Refused(f"{what} is missing")
    whole = text(an_object(concept, what).get("text"), f"{what}.text")
    codings = objects(concept.get("coding"), f"{what}.coding")
    for item in codings:
        system, code = text(item.get("system"), f"{what}.coding.system"), text(item.get("code"), f"{what}.coding.code")
        if system and code:
            return Coding(system, code, text(item.get("display"), f"{what}.coding.display") or whole or code)
    words = whole or next(filter(None, (text(c.get("display"), f"{what}.coding.display") for c in codings)), "")
    if not words:
        raise Refused(f"{what} has neither a code nor a text")
    return Coding("", "", words)


def status_code(concept: Any, choices: Collection[str], what: str, default: str | None = None) -> str:
    """The code of a status, plain or in a CodeableConcept. Raises Refused for one that isn't among the choices."""
    if isinstance(concept, dict):
        concept = next(iter(codes([concept], what)), None)
    if concept is None and default is not None:
        return default
    if not isinstance(concept, str) or concept not in choices:
        raise Refused(f"{what} “{shown(concept)}” is none of FHIR's codes that can be taken")
    return concept


def instant(value: Any, what: str) -> datetime:
    """A FHIR dateTime as an aware instant; one that is only a date begins at midnight UTC. Raises Refused."""
    if value is None:
        raise Refused(f"{what} is missing")
    if not isinstance(value, str):
        raise Refused(f"{what} is no date")
    try:
        moment = parse_datetime(value)
    except ValueError as error:
        raise Refused(f"{what} “{shown(value)}” is no date that exists") from error
    if moment is None:
        return datetime.combine(day(value, what), datetime.min.time(), UTC)
    _check_year(moment, value, what)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def day(value: Any, what: str) -> date:
    """The date of a FHIR date or dateTime. Raises Refused for a partial or impossible one."""
    if value is None:
        raise Refused(f"{what} is missing")
    if not isinstance(value, str):
        raise Refused(f"{what} is no date")
    try:
        found = date.fromisoformat(value[:10])
    except ValueError as error:
        raise Refused(f"{what} “{shown(value)}” is no whole date that exists") from error
    return _check_year(found, value, what)


def partial(value: Any, what: str) -> PartialDate:
    """A FHIR date or dateTime, which may be a year or a month. Raises Refused for an impossible one."""
    if isinstance(value, str) and _PARTIAL.fullmatch(value):
        precision = Precision.MONTH if "-" in value else Precision.YEAR
        return PartialDate(day(f"{value}-01-01"[:10], what), precision)
    return PartialDate(day(value, what))


def _check_year(found: date, value: str, what: str) -> date:
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Refused(f"{what} “{shown(value)}” lies in a year that no chart has")
    return found


def number(value: Any, what: str) -> Decimal:
    """A decimal with the digits that were sent. Raises Refused."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused(f"{what} is no number")
    found = Decimal(value)
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MOST_DIGITS or found.adjusted() > _MOST_DIGITS:
        raise Refused(f"{what} is a number that nobody measures")
    return found


def reference(value: Any) -> str:
    """The target of a Reference, or an empty text. Raises Refused for one that is no text."""
    return text(an_object(value, "a reference").get("reference"), "a reference")
