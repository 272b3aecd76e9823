"""The rules that claims are held to, as the page lists them, and what a rule would do before it is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from billing.choices import ClaimState, ClaimStatus
from billing.cms1500.edits import Findings, Rule, catalogue
from billing.models import Claim, ClaimRule
from billing.queries.forms1500 import live_rows
from billing.queries.scrubbing import scrubbed
from billing.scrubber import Facts, OwnRule
from billing.scrubber.own_rules import check_own_rules
from emr.codes.models import Release
from emr.codes.models.systems import ReleaseState
from emr.codes.systems import CPT, HCPCS
from emr.codes.systems.base import System
from emr.codes.systems.registry import SYSTEMS
from emr.shared.dates import clinic_today
from emr.ui import formats

#: How many drafts a preview looks at.
MOST_LOOKED_AT = 500
#: The page's parts by the first box of their rules.
_PARTS = (("Payer, patient and insured", 13), ("Visit and diagnoses", 23), ("Services", 24), ("Clinic", 33))


@dataclass(frozen=True)
class OwnRow:
    """One of the clinic's own rules in words."""

    row: ClaimRule
    kind: str
    payer: str
    codes: str
    values: str
    period: str
    holds: bool


@dataclass(frozen=True)
class Preview:
    """What a rule would do: of the drafts that it is about, how many it finds fault with."""

    about: int
    broken: int
    more: bool

    @property
    def words(self) -> str:
        """The same as a sentence."""
        if not self.about:
            return "No open claim has a service that this rule is about."
        drafts = "1 open claim has" if self.about == 1 else f"{formats.number(self.about)} open claims have"
        first = f"{drafts} such a service"
        found = "none breaks" if not self.broken else "1 breaks" if self.broken == 1 else f"{self.broken} break"
        beyond = f" Only the first {MOST_LOOKED_AT} were looked at." if self.more else ""
        return f"{first}; {found} this rule.{beyond}"


def house_rules(text: str = "") -> list[tuple[str, list[Rule]]]:
    """The rules of the house that hold all the words, or those of a box ("box 23"), by parts of the form. No query."""
    parts: dict[str, list[Rule]] = {title: [] for title in (*(title for title, _ in _PARTS), "The whole claim")}
    for rule in catalogue().values():
        if _fits(rule, text.casefold()):
            parts[_part(rule)].append(rule)
    return [(title, rules) for title, rules in parts.items() if rules]


def own_rules(text: str = "") -> list[OwnRow]:
    """The clinic's own rules that hold all the words, those in use first. One query."""
    rows = ClaimRule.objects.select_related("payer").order_by("-active", "kind", "created_at")
    found = [_own_row(row) for row in rows]
    words = text.casefold().split()
    return [
        row
        for row in found
        if all(
            word in f"{row.kind} {row.payer} {row.codes} {row.values} {row.row.message} {row.row.source}".casefold()
            for word in words
        )
    ]


def missing_lists() -> list[System]:
    """The lists of services that the clinic loads itself and hasn't. One query."""
    wanted = [system for system in SYSTEMS.values() if system.url in (HCPCS, CPT)]
    active = Release.objects.filter(state=ReleaseState.ACTIVE, code_system__url__in=[one.url for one in wanted])
    loaded = set(active.values_list("code_system__url", flat=True))
    return [system for system in wanted if system.url not in loaded]


def preview(rule: OwnRule) -> Preview:
    """What a rule would find in the open drafts; nothing is kept. A fixed number of queries."""
    keys = list(_drafts_about(rule).values_list("pk", flat=True).distinct()[: MOST_LOOKED_AT + 1])
    forms = [form for _, form in live_rows(keys[:MOST_LOOKED_AT]).values()]
    facts = Facts(today=clinic_today(), rules=(rule,))
    about = broken = 0
    for form in forms:
        if any(rule.is_about(line.code, line.service_from) for line in form.service_lines):
            findings = Findings()
            check_own_rules(findings, form, facts)
            about, broken = about + 1, broken + bool(findings.edits)
    return Preview(about, broken, len(keys) > MOST_LOOKED_AT)


def misplaced(keys: Sequence[UUID]) -> list[UUID]:
    """Of these drafts the ones that a check would put elsewhere, or hold for another reason."""
    found = scrubbed(keys)
    rows = Claim.objects.filter(pk__in=keys).exclude(state=ClaimState.ON_HOLD)
    return [
        key
        for key, state, reason in rows.values_list("pk", "state", "state_reason")
        if key in found
        and (state, reason)
        != ((ClaimState.HELD, found[key].holds[0].message[:500]) if found[key].holds else (ClaimState.READY, ""))
    ]


def _drafts_about(rule: OwnRule) -> QuerySet[Claim]:
    drafts = Claim.objects.filter(status=ClaimStatus.DRAFT).exclude(coverage=None)
    if rule.payer:
        drafts = drafts.filter(payer_id=UUID(rule.payer))
    codes = Q(pk__in=[])
    for pattern in rule.codes:
        begun = {"items__product_or_service__istartswith": pattern[:-1]}
        codes |= Q(**begun) if pattern.endswith("*") else Q(items__product_or_service__iexact=pattern)
    return drafts.filter(codes).order_by("pk")


def _fits(rule: Rule, text: str) -> bool:
    if box := re.fullmatch(r"\s*box\s+(\w+)\s*", text):
        return box[1] in [name.casefold() for name in rule.boxes]
    told = f"{rule.id} {' '.join(rule.boxes)} {rule.says} {rule.source}".casefold()
    return all(word in told for word in text.split())


def _part(rule: Rule) -> str:
    if rule.boxes == ("1 to 33",):
        return "The whole claim"
    box = int("".join(char for char in rule.boxes[0] if char.isdigit()))
    return next(title for title, last in _PARTS if box <= last)


def _own_row(row: ClaimRule) -> OwnRow:
    start, end = formats.day(row.period_start), formats.day(row.period_end)
    return OwnRow(
        row=row,
        kind=row.get_kind_display(),
        payer=row.payer.name if row.payer else "Every payer",
        codes=", ".join(row.codes),
        values=", ".join(row.values),
        period=" ".join(filter(None, (f"from {start}" if start else "", f"until {end}" if end else ""))),
        holds=row.severity == "hold",
    )
