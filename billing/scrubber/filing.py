"""Days and doubles: the payer's limit for filing, and what is asked for a second time."""

from __future__ import annotations

from datetime import timedelta

from billing.cms1500.edits import Findings, Where
from billing.cms1500.form import Form1500, ServiceLine
from billing.scrubber.facts import Facts, Twin, plain
from emr.ui import formats

#: From how many days before a payer's limit on the biller is warned.
WARN_DAYS = 30


def check_filing(findings: Findings, form: Form1500, facts: Facts) -> None:
    """The payer's limit, counted from the first day of service."""
    days = [line.service_from for line in form.service_lines if line.service_from]
    if not days or facts.limit_days is None:
        return
    last = min(days) + timedelta(days=facts.limit_days)
    left = (last - facts.today).days
    if left > WARN_DAYS:
        return
    limit, box = f"Box 24A: the payer's limit for filing {'is' if left >= 0 else 'was'} {formats.day(last)}", "24A"
    if left >= 0:
        words = f"{limit}, {f'in {left} days' if left else 'today'}. Submit it soon."
        findings.under("filing-soon").say(box, words, Where.PAYER)
    elif facts.resent:
        words = f"{limit}. Payers count otherwise for a claim that replaces or follows another: look it up."
        findings.under("filing-soon").say(box, words, Where.PAYER)
    else:
        words = (
            f"{limit}. If the contract gives more days, correct them {Where.PAYER.words}; else write the charges off."
        )
        findings.under("filing-limit").say(box, words, Where.PAYER)


def check_doubles(findings: Findings, form: Form1500, facts: Facts) -> None:
    """The same service, modifiers and day on another claim in force, or on two lines of this one."""
    twins: dict[tuple[object, ...], Twin] = {
        (plain(twin.code), frozenset(twin.modifiers), twin.day): twin for twin in facts.twins
    }
    seen: dict[tuple[object, ...], int] = {}
    for n, line in enumerate(form.service_lines, 1):
        key = _key(line)
        twin = twins.get(key)
        if twin is not None:
            findings.under("duplicate").note(
                f"24D.{n}",
                f"has {line.code} on {formats.day(line.service_from)}, and so has claim {twin.number} in force. "
                "Take it off one of them, or tell them apart by a modifier.",
                Where.CLAIM,
                other=twin.claim,
            )
        if key in seen:
            findings.under("lines-alike").note(
                f"24D.{n}",
                f"says the same service, modifiers and day as line {seen[key]}. Payers pay one: count units, or tell "
                "them apart by a modifier.",
                Where.CHARGES,
            )
        seen.setdefault(key, n)


def _key(line: ServiceLine) -> tuple[object, ...]:
    return plain(line.code), frozenset(line.modifiers), line.service_from
