"""The clinic's own rules: nine kinds, each about services that it names, of one payer or of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from billing.choices import RuleKind
from billing.cms1500.edits import Findings, Where, spoken
from billing.cms1500.form import Form1500, ServiceLine
from billing.scrubber.facts import Facts, OwnRule, matches, plain
from billing.scrubber.permits import use_remedy

_LETTERS = "ABCDEFGHIJKL"
#: The lines of a claim that a rule is about, by their numbers.
_Lines = dict[int, ServiceLine]
#: What breaks a rule: the line's number.
_Broken = Callable[[OwnRule, _Lines, Form1500], Iterator[int]]


def check_own_rules(findings: Findings, form: Form1500, facts: Facts) -> None:
    """Each rule that is about a service of the claim. A fault is told in the rule's own words."""
    for rule in facts.rules:
        lines = {n: line for n, line in enumerate(form.service_lines, 1) if rule.is_about(line.code, line.service_from)}
        if not lines:
            continue
        broken, box, where = _KINDS[rule.kind]
        for n in broken(rule, lines, form):
            at = f"{box}.{n}" if box.startswith("24") else box
            about = lines[n].code
            findings.under(f"clinic-{rule.kind.value}").say(
                at,
                f"{spoken(at)}{' ' if at != box else ', '}{about}: {rule.message}",
                where,
                severity=rule.severity,
                own=rule.key,
                remedy=use_remedy(lines.values(), facts) if rule.kind is RuleKind.NEEDS_AUTHORIZATION else None,
            )
            if at == box:
                break  # said once for the whole claim


def _needs_modifier(rule: OwnRule, lines: _Lines, form: Form1500) -> Iterator[int]:
    wanted = {plain(value) for value in rule.values}
    return (n for n, line in lines.items() if not wanted & set(line.modifiers))


def _forbids_modifier(rule: OwnRule, lines: _Lines, form: Form1500) -> Iterator[int]:
    unwanted = {plain(value) for value in rule.values}
    return (n for n, line in lines.items() if unwanted & set(line.modifiers))


def _needs_authorization(rule: OwnRule, lines: _Lines, form: Form1500) -> Iterator[int]:
    return iter(() if form.prior_authorization else lines)


def _needs_referrer(rule: OwnRule, lines: _Lines, form: Form1500) -> Iterator[int]:
    return iter(() if form.referring_provider else lines)


def _needs_diagnosis(rule: OwnRule, lines: _Lines, form: Form1500) -> Iterator[int]:
    known = dict(zip(_LETTERS, form.diagnoses, strict=False))
    for n, line in lines.items():
        pointed = [known[letter] for letter in line.pointers if letter in known]
        if not any(matches(value, code) for value in rule.values for code in pointed):
            yield n


def _not_together(rule: OwnRule, lines: _Lines, form: Form1500) -> Iterator[int]:
    for n, line in lines.items():
        others = [
            other
            for number, other in enumerate(form.service_lines, 1)
            if number != n and other.service_from == line.service_from
        ]
        if any(matches(value, other.code) for value in rule.values for other in others):
            yield n


def _most_units(rule: OwnRule, lines: _Lines, form: Form1500) -> Iterator[int]:
    """Counted by service and day; the line on which they become too many is the one that is told."""
    most = Decimal(rule.values[0])
    counted: dict[tuple[str, date | None], Decimal] = {}
    for n, line in lines.items():
        key = (plain(line.code), line.service_from)
        before = counted.get(key, Decimal(0))
        counted[key] = before + line.units
        if before <= most < counted[key]:
            yield n


def _age(rule: OwnRule, lines: _Lines, form: Form1500) -> Iterator[int]:
    least, most = int(rule.values[0]), int(rule.values[1]) if len(rule.values) > 1 else None
    born = form.patient.birth_date
    for n, line in lines.items():
        if born is None or line.service_from is None:
            continue  # lacking, which the form's own rules say
        age = years(born, line.service_from)
        if age < least or (most is not None and age > most):
            yield n


def _place(rule: OwnRule, lines: _Lines, form: Form1500) -> Iterator[int]:
    allowed = {value.strip() for value in rule.values}
    return (n for n, line in lines.items() if line.place_of_service not in allowed)


def years(born: date, on: date) -> int:
    """The age in whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


_KINDS: dict[RuleKind, tuple[_Broken, str, Where]] = {
    RuleKind.NEEDS_MODIFIER: (_needs_modifier, "24D", Where.CHARGES),
    RuleKind.FORBIDS_MODIFIER: (_forbids_modifier, "24D", Where.CHARGES),
    RuleKind.NEEDS_AUTHORIZATION: (_needs_authorization, "23", Where.AUTHORIZATION),
    RuleKind.NEEDS_DIAGNOSIS: (_needs_diagnosis, "24E", Where.CHARGES),
    RuleKind.NOT_TOGETHER: (_not_together, "24D", Where.CHARGES),
    RuleKind.MOST_UNITS: (_most_units, "24G", Where.CHARGES),
    RuleKind.AGE: (_age, "3", Where.CHARGES),
    RuleKind.NEEDS_REFERRER: (_needs_referrer, "17", Where.PARTICULARS),
    RuleKind.PLACE: (_place, "24B", Where.CHARGES),
}
