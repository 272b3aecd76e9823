"""What was typed into the search box, read: names, a birth date, a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from emr.shared.dates import parse_birth_date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_BETWEEN = r"(?:\s?[-/.]\s?|\s)"
_SHORT_YEAR = r"['’]?(?P<year>\d{4}|\d{2})\b(?![-/.\s]*\d)"
#: The year first, the American order in numbers, the day before the name of the month, the day after it.
_DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?P<year>\d{{4}}){_BETWEEN}(?P<month>\d{{1,2}}|{_MONTH}){_BETWEEN}(?P<day>\d{{1,2}})\b(?![-/.\s]*\d)",
        rf"(?<!\d)(?<!\d[-/.\s])(?P<month>\d{{1,2}}){_BETWEEN}(?P<day>\d{{1,2}}){_BETWEEN}{_SHORT_YEAR}",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]*(?:of\s)?(?P<month>{_MONTH})[.,\s-]*{_SHORT_YEAR}",
        rf"\b(?P<month>{_MONTH})[.\s-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[,\s-]+{_SHORT_YEAR}",
    )
]
#: What a number or a date is called before it is said.
_LABEL = re.compile(rf"\b(?:dob|mrn|tel|phone|cell)\b[\s.:#]*(?=[+(\d]|{_MONTH}\b)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d(][\d\s().-]*\d|\d")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_LONGEST = 120


@dataclass(frozen=True)
class Terms:
    """What the box was read as.

    ``words`` are in upper case, given name first. ``birth_dates`` has two days where the year had two digits.
    ``digits`` may be an MRN, a telephone number, or one of ``digits_dates``: all are tried.
    """

    words: tuple[str, ...] = ()
    birth_dates: tuple[date, ...] = ()
    digits: str = ""
    digits_dates: tuple[date, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for: a single letter and one or two digits are nothing."""
        return not (self.birth_dates or len("".join(self.words)) > 1 or len(self.digits) > 2)


def read_terms(text: str) -> Terms:
    """Tell names, a birth date and a number apart in what was typed, in whatever order it was."""
    text = _LABEL.sub(" ", " ".join(text.split())[:_LONGEST])
    birth_dates, text = _take_dates(text)
    number = _NUMBER.search(text)
    digits = re.sub(r"\D", "", number.group()) if number else ""
    if number is not None:
        text = f"{text[: number.start()]} {text[number.end() :]}"
    return Terms(_words(text), birth_dates, digits, () if birth_dates else _dates_in(digits))


def _take_dates(text: str) -> tuple[tuple[date, ...], str]:
    """The birth date, and the text without it. What looks like a date but is none stays in the text."""
    for pattern in _DATES:
        found = pattern.search(text)
        days = _days(**found.groupdict()) if found else ()
        if found and days:
            return days, f"{text[: found.start()]} {text[found.end() :]}"
    return (), text


def _dates_in(digits: str) -> tuple[date, ...]:
    """The dates that digits without anything between may be. Six begin no telephone number: area codes are from 200."""
    if len(digits) == 8:
        return _days(digits[:2], digits[2:4], digits[4:]) + _days(digits[4:6], digits[6:], digits[:4])
    if len(digits) == 6 and digits[:2] <= "12":
        return _days(digits[:2], digits[2:4], digits[4:])
    return ()


def _days(month: str, day: str, year: str) -> tuple[date, ...]:
    """The days meant, in both centuries where the year has two digits. Day and month are turned round if they must."""
    number = month if month.isdigit() else str(_MONTHS.index(month[:3].lower()) + 1)
    years = [year] if len(year) == 4 else [f"19{year}", f"20{year}"]
    tried = [parse_birth_date(f"{number}/{day}/{one}") for one in years]
    return tuple(found for found in tried if found is not None)


def _words(text: str) -> tuple[str, ...]:
    """The names, the given one first: ``Last, First`` is turned round, a comma after everything is nothing."""
    family, comma, given = text.partition(",")
    ordered = f"{given} {family}" if comma and _WORD.search(given) else text
    return tuple(word.upper() for word in _WORD.findall(ordered)[:6])
