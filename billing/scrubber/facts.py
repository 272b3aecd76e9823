"""What is known around one claim when it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from billing.choices import RuleKind
from billing.cms1500.edits import Severity


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A code as its list has it. ``billable``: no heading. The days are inclusive, None is open."""

    billable: bool = True
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list that is loaded. ``whole``: what it doesn't have is no code; ``since``: the first day it speaks of."""

    whole: bool = False
    since: date | None = None


@dataclass(frozen=True, slots=True)
class CodeBook:
    """What the loaded lists say of the codes of some claims, by the list's URL and the code without dots."""

    lists: Mapping[str, CodeList] = field(default_factory=dict)
    entries: Mapping[tuple[str, str], CodeEntry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Twin:
    """A line of another claim in force of the same patient and payer."""

    claim: str
    number: str
    code: str
    modifiers: tuple[str, ...]
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """An authorization of the claim's policy. ``used`` counts the visits that come before this one."""

    key: str
    number: str
    label: str = "Prior authorization"
    codes: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    allowed: int | None = None
    used: int = 0

    def counts_on(self, day: date) -> bool:
        """Whether it counts for a service of that day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def covers(self, code: str) -> bool:
        """Whether it is for this service; without codes it is for all."""
        return not self.codes or any(matches(pattern, code) for pattern in self.codes)

    @property
    def left(self) -> int | None:
        """How many visits are left, this one among them; None without a limit."""
        return None if self.allowed is None else self.allowed - self.used


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """One of the clinic's own rules (billing.models.ClaimRule), as far as it is checked."""

    key: str
    kind: RuleKind
    codes: tuple[str, ...]
    values: tuple[str, ...] = ()
    message: str = ""
    severity: Severity = Severity.HOLD
    payer: str = ""
    start: date | None = None
    end: date | None = None

    def is_about(self, code: str, day: date | None) -> bool:
        """Whether it is about this service on this day."""
        in_time = day is None or ((self.start is None or self.start <= day) and (self.end is None or day <= self.end))
        return in_time and any(matches(pattern, code) for pattern in self.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known around a claim. ``resent``: it replaces or follows another, for which payers count days otherwise.

    ``permit`` is the authorization in box 23, ``permits`` the policy's others; ``elsewhere`` the number of one that the
    visit names and box 23 can't take, because it is of another policy or was entered in error. ``ungiven`` are the
    lines, from 1, for vaccines that were entered in error. ``place`` is that of the claim's policy ("secondary"), where
    it is asked first all the same, because no other is in force.
    """

    today: date
    limit_days: int | None = None
    resent: bool = False
    codes: CodeBook = field(default_factory=CodeBook)
    twins: tuple[Twin, ...] = ()
    permit: Permit | None = None
    permits: tuple[Permit, ...] = ()
    elsewhere: str = ""
    ungiven: frozenset[int] = frozenset()
    place: str = ""
    rules: tuple[OwnRule, ...] = ()


def matches(pattern: str, code: str) -> bool:
    """Whether a code is the pattern's, or begins as it does before its star; dots and case don't matter."""
    wanted, said = plain(pattern), plain(code)
    return said.startswith(wanted[:-1]) if wanted.endswith("*") else said == wanted


def plain(code: str) -> str:
    """A code as it is compared."""
    return code.replace(".", "").strip().upper()
