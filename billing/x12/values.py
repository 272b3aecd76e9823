"""Elements as values: money, quantities, dates, and composites that a sender misspelt."""

import re
from datetime import date
from decimal import Decimal

from billing.x12.notes import Notes
from billing.x12.segments import Segment

# X12's type R as the guides allow it: digits with an optional minus and point. No exponent, no separators, no sign "+".
_NUMBER = re.compile(r"-?(?:[0-9]{1,15}(?:\.[0-9]{0,8})?|\.[0-9]{1,8})")
_COUNT = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"[0-9]{8}")
_CENT = Decimal("0.01")
#: The guides give an amount of money ten digits, cents included (005010X221A1, B.1.1.3.1.2).
_MOST = Decimal("99999999.99")
_STRAY = re.compile(r"[A-Z0-9]{2}>")


def number(segment: Segment, element: int) -> Decimal | None:
    """A decimal number exactly as written ("541.00" keeps its zeros), None when absent.

    Raises X12Error for anything that isn't plain digits.
    """
    text = segment.get(element)
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise segment.error(f"{text[:30]!r} is not a number.", element)
    return Decimal(text)


def count(segment: Segment, element: int) -> int | None:
    """A whole number of at most nine digits without sign, None when absent. Raises X12Error for anything else."""
    text = segment.get(element)
    if not text:
        return None
    if not _COUNT.fullmatch(text):
        raise segment.error(f"{text[:30]!r} is not a whole number.", element)
    return int(text)


def amount(segment: Segment, element: int) -> Decimal | None:
    """An amount of money, None when absent. Raises X12Error for what is none: parts of a cent, more than ten digits."""
    value = number(segment, element)
    if value is not None and value % _CENT:
        raise segment.error(f"{value} has fractions of a cent.", element)
    if value is not None and abs(value) > _MOST:
        raise segment.error(f"{value} is more than an amount can be ({_MOST}).", element)
    return value


def required_amount(segment: Segment, element: int) -> Decimal:
    """An amount of money. Raises X12Error when it is absent or no amount."""
    value = amount(segment, element)
    if value is None:
        raise segment.error("The amount is missing.", element)
    return value


def day(segment: Segment, element: int, notes: Notes) -> date | None:
    """A date CCYYMMDD; None when absent, or when it is none, which is noted."""
    text = segment.get(element)
    found = _day(text)
    if text and found is None:
        notes.add(segment, f"{text[:30]!r} is not a date.", element)
    return found


def period(dtp: Segment, notes: Notes) -> tuple[date, date] | None:
    """First and last day of a DTP segment, which has one day (D8) or two (RD8); what is neither is noted."""
    first, _, last = dtp.get(3).partition("-")
    begin, end = _day(first), _day(last or first)
    if begin is not None and end is not None and begin <= end:
        return begin, end
    notes.add(dtp, f"{dtp.get(3)[:30]!r} is not a day or two.", 3)
    return None


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def composite(segment: Segment, element: int, notes: Notes) -> tuple[str, ...]:
    """The components of a composite that begins with a code of two characters.

    Some senders split it at ">" whatever their ISA segment announces: that is read too, and noted.
    """
    parts = segment.components(element)
    if len(parts) == 1 and _STRAY.match(parts[0]):
        notes.add(
            segment, f"It is split at '>', not at {segment.delimiters.component!r} as the ISA announces.", element
        )
        return tuple(part.strip() for part in parts[0].split(">"))
    return parts
