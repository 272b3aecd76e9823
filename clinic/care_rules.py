"""What care is due: rules as data in ``clinic/data/care_rules``, one file each, told over facts of a chart.

A rule says for whom it is (age, sex, problems) and what satisfies it: one of several ways, each by codes and for how
long. Every file carries its source, its version and examples, which a test holds it to. An advice, never an order.

Bounds: an age is reached on the birthday, in a year without a 29 February on 1 March. A thing done counts for so many
months: on the day on which they are over it is due again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from emr.codes.systems.registry import SYSTEMS
from emr.shared.dates import add_months

_FOLDER = Path(__file__).parent / "data" / "care_rules"
#: A code of a code system: (system's URL, code).
Code = tuple[str, str]


class GapStatus(StrEnum):
    """Where a patient stands by a rule."""

    DUE = "due"
    DONE = "done"
    SILENCED = "silenced"
    NOT_MEANT = "not-meant"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Codes of one system: this code, or with ``open`` all that begin so."""

    system: str
    code: str
    open: bool

    def fits(self, code: Code) -> bool:
        """Whether a code is one of them."""
        return code[0] == self.system and (code[1].startswith(self.code) if self.open else code[1] == self.code)


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a rule is satisfied.

    By one of ``codes``, ``doses`` times; for ``months``, or since the first day of the month ``season``, or for good.
    ``from_years``: only what was done at that age or later.
    """

    label: str
    codes: frozenset[Code]
    months: int | None
    season: int | None
    doses: int
    from_years: int | None

    def cutoff(self, today: date) -> date | None:
        """Only what was done after this day counts; None: all of it."""
        if self.months is not None:
            return months_before(today, self.months)
        if self.season is not None:
            year = today.year if today.month >= self.season else today.year - 1
            return date(year, self.season, 1) - timedelta(days=1)
        return None

    def until(self, done: date) -> date | None:
        """The day on which what was done on a day counts no more; None: never."""
        if self.months is not None:
            return months_after(done, self.months)
        if self.season is not None:
            return date(done.year if done.month < self.season else done.year + 1, self.season, 1)
        return None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. ``name`` is its file's. The ages bound it: from so many months, up to the last day of ``to_years``."""

    name: str
    version: str
    title: str
    source: str
    advice: str
    from_months: int
    to_years: int | None
    sex: str
    needed: tuple[Pattern, ...]
    barred: tuple[Pattern, ...]
    ways: tuple[Way, ...]
    examples: tuple[Mapping[str, Any], ...]

    def born_between(self, today: date) -> tuple[date | None, date]:
        """Who is meant by age today: born after the first day, and not after the second."""
        earliest = None if self.to_years is None else months_before(today, 12 * (self.to_years + 1))
        return earliest, months_before(today, self.from_months)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done, on a day."""

    code: Code
    on: date


@dataclass(frozen=True, slots=True)
class Silence:
    """Somebody decided about a rule for this patient: it says nothing before ``until``, or never again."""

    rule: str
    decision: str
    until: date | None

    def holds(self, today: date) -> bool:
        """Whether it is silent today."""
        return self.until is None or today < self.until


@dataclass(frozen=True)
class Facts:
    """What of a chart the rules look at."""

    born: date
    sex: str
    problems: tuple[Code, ...] = ()
    events: tuple[Event, ...] = ()
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a patient stands: due ``since`` a day, or done by ``way`` on ``last`` until ``next``."""

    rule: Rule
    status: GapStatus
    since: date | None = None
    way: str = ""
    last: date | None = None
    next: date | None = None


def evaluate(rule: Rule, facts: Facts, today: date) -> Gap:
    """Where the patient of these facts stands by a rule today."""
    if not _is_meant(rule, facts, today):
        return Gap(rule, GapStatus.NOT_MEANT)
    done = [(way, days) for way in rule.ways if len(days := _counted(way, facts, today)) >= way.doses]
    if done:
        way, days = max(done, key=lambda pair: (pair[0].until(pair[1][0]) or date.max, pair[1][0]))
        return Gap(rule, GapStatus.DONE, way=way.label, last=days[0], next=way.until(days[0]))
    seen = ((event.on, way) for way in rule.ways for event in _events(way, facts))
    last = max(seen, key=lambda pair: pair[0], default=None)
    if any(silence.rule == rule.name and silence.holds(today) for silence in facts.silences):
        return Gap(rule, GapStatus.SILENCED, last=last[0] if last else None)
    since = _due_since(rule, facts, today)
    return Gap(rule, GapStatus.DUE, since=since, way=last[1].label if last else "", last=last[0] if last else None)


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of their titles."""
    return tuple(sorted((_read(path) for path in _FOLDER.glob("*.toml")), key=lambda rule: rule.title))


def rule_named(name: str) -> Rule | None:
    """The rule of that name."""
    return next((rule for rule in rules() if rule.name == name), None)


def months_before(day: date, months: int) -> date:
    """The same day so many months before, or the last of that month where it has no such day."""
    return add_months(day, -months)


def months_after(day: date, months: int) -> date:
    """The first day on which so many months are over: where that month has no such day, the first of the next."""
    found = add_months(day, months)
    return found if found.day == day.day else found + timedelta(days=1)


def _is_meant(rule: Rule, facts: Facts, today: date) -> bool:
    earliest, latest = rule.born_between(today)
    if facts.born > latest or (earliest is not None and facts.born <= earliest):
        return False
    if rule.sex and facts.sex != rule.sex:
        return False
    if rule.needed and not _any(rule.needed, facts.problems):
        return False
    return not _any(rule.barred, facts.problems)


def _any(patterns: Iterable[Pattern], codes: Iterable[Code]) -> bool:
    found = list(codes)
    return any(pattern.fits(code) for pattern in patterns for code in found)


def _events(way: Way, facts: Facts) -> list[Event]:
    """What was done of a way, the newest first."""
    first = None if way.from_years is None else add_months(facts.born, 12 * way.from_years)
    kept = [event for event in facts.events if event.code in way.codes and (first is None or event.on >= first)]
    return sorted(kept, key=lambda event: event.on, reverse=True)


def _counted(way: Way, facts: Facts, today: date) -> list[date]:
    """The days on which something was done that counts today, the newest first."""
    cutoff = way.cutoff(today)
    return [event.on for event in _events(way, facts) if event.on <= today and (cutoff is None or event.on > cutoff)]


def _due_since(rule: Rule, facts: Facts, today: date) -> date | None:
    """The day of the age, or that on which the last thing done counted no more, or on which the season began.

    None: it is for a problem, and was never done.
    """
    ends = [
        until
        for way in rule.ways
        for event in _events(way, facts)[way.doses - 1 : way.doses]
        if (until := way.until(event.on)) is not None
    ]
    reached = months_after(facts.born, rule.from_months)
    begun = [cutoff + timedelta(days=1) for way in rule.ways if way.season and (cutoff := way.cutoff(today))]
    return max([*ends, *begun], default=None if rule.needed else reached)


def _read(path: Path) -> Rule:
    with path.open("rb") as file:
        data = tomllib.load(file)
    return Rule(
        name=path.stem,
        version=data["version"],
        title=data["title"],
        source=data["source"],
        advice=data["advice"],
        from_months=data.get("from_months", 0),
        to_years=data.get("to_years"),
        sex=data.get("sex", ""),
        needed=tuple(map(_pattern, data.get("with", ()))),
        barred=tuple(map(_pattern, data.get("without", ()))),
        ways=tuple(map(_way, data["done"])),
        examples=tuple(data["example"]),
    )


def _way(data: Mapping[str, Any]) -> Way:
    return Way(
        label=data["label"],
        codes=frozenset(map(code_of, data["codes"])),
        months=data.get("months"),
        season=data.get("season"),
        doses=data.get("doses", 1),
        from_years=data.get("from_years"),
    )


def _pattern(text: str) -> Pattern:
    system, code = code_of(text.removesuffix("*"))
    return Pattern(system, code, text.endswith("*"))


def code_of(text: str) -> Code:
    """The code of ``loinc:4548-4``."""
    system, _, code = text.partition(":")
    return SYSTEMS[system].url, code
