"""What was typed into the search box, read: names, a birth date, a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from emr.shared.dates import parse_birth_date

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"""
      \b\d{{4}}-\d{{1,2}}-\d{{1,2}}\b
    | \b\d{{1,2}}\s?[-/.]\s?\d{{1,2}}\s?[-/.]\s?\d{{4}}\b
    | \b\d{{1,2}}[\s-]?{_MONTH}[.,\s-]*\d{{4}}\b
    | \b{_MONTH}[.\s-]*\d{{1,2}}(?:st|nd|rd|th)?[,\s-]+\d{{4}}\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SHORT_DATE = re.compile(r"\b(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{2})\b(?!\d|[-/.\s]*\d)")
_NUMBER = re.compile(r"\+?[\d(][\d\s().-]*\d|\d")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_LONGEST = 120


@dataclass(frozen=True)
class Terms:
    """What the box was read as.

    ``words`` are in upper case, given name first. ``birth_dates`` has two days where the year had two digits.
    ``digits`` may be an MRN, a telephone number, or ``digits_date``: all are tried.
    """

    words: tuple[str, ...] = ()
    birth_dates: tuple[date, ...] = ()
    digits: str = ""
    digits_date: date | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for: a single letter and one or two digits are nothing."""
        return not (self.birth_dates or len("".join(self.words)) > 1 or len(self.digits) > 2)


def read_terms(text: str) -> Terms:
    """Tell names, a birth date and a number apart in what was typed, in whatever order it was."""
    text = " ".join(text.split())[:_LONGEST]
    birth_dates, text = _take_dates(text)
    number = _NUMBER.search(text)
    digits = re.sub(r"\D", "", number.group()) if number else ""
    if number is not None:
        text = f"{text[: number.start()]} {text[number.end() :]}"
    day = parse_birth_date(digits) if len(digits) == 8 and not birth_dates else None
    return Terms(_words(text), birth_dates, digits, day)


def _take_dates(text: str) -> tuple[tuple[date, ...], str]:
    """The birth date, and the text without it. What looks like a date but is none stays in the text."""
    found = _DATE.search(text)
    if found is not None:
        written = re.sub(r"\s?([-/.])\s?", r"\1", found.group())
        written = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)", " ", written, flags=re.IGNORECASE)
        written = re.sub(r"(\d) (?:st|nd|rd|th)\b", r"\1", written, flags=re.IGNORECASE)
        tried = [parse_birth_date(written)]
    else:
        found = _SHORT_DATE.search(text)
        if found is None:
            return (), text
        month, number, year = found.groups()
        tried = [parse_birth_date(f"{month}/{number}/{century}{year}") for century in ("19", "20")]
    days = tuple(day for day in tried if day is not None)
    if not days:
        return (), text
    return days, f"{text[: found.start()]} {text[found.end() :]}"


def _words(text: str) -> tuple[str, ...]:
    """The names, the given one first: ``Last, First`` is turned round, a comma after everything is nothing."""
    family, comma, given = text.partition(",")
    ordered = f"{given} {family}" if comma and _WORD.search(given) else text
    return tuple(word.upper() for word in _WORD.findall(ordered)[:6])
