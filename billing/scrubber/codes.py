"""Codes against the lists that the clinic has loaded, as they were on the day of service."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date

from billing.cms1500.edits import Findings, Where
from billing.cms1500.edits.lines import renderer_of
from billing.cms1500.form import Form1500, IcdVersion
from billing.scrubber.facts import CodeBook, CodeEntry, Facts, plain
from emr.codes.systems import CPT, HCPCS, ICD10CM, NUCC, POS
from emr.ui import formats

_NAMES = {
    ICD10CM: "ICD-10-CM",
    HCPCS: "HCPCS",
    CPT: "CPT",
    NUCC: "NUCC's taxonomy",
    POS: "CMS's places of service",
}
#: Lists that a clinic loads itself. Where it hasn't, that is said once, on the page of the rules.
_OWN = frozenset({HCPCS, CPT})
_LEVEL_TWO = re.compile(r"[A-Z]\d{4}")
_TAXONOMY = re.compile(r"[0-9A-Z]{9}X")


def check_codes(findings: Findings, form: Form1500, facts: Facts) -> None:
    """Diagnoses, services and places, each on its day."""
    look = _Look(findings, facts.codes)
    first = min((line.service_from for line in form.service_lines if line.service_from), default=None)
    if first is None:
        return  # lacking, which the form's own rules say
    if form.icd_version is IcdVersion.ICD10:
        for code in form.diagnoses:
            look.up(ICD10CM, code, first, rule="diagnosis-valid", box="21", where=Where.VISIT)
    for n, line in enumerate(form.service_lines, 1):
        day, where = line.service_from or first, Where.CHARGES
        look.up(service_system(line.code), line.code, day, rule="service-valid", box=f"24D.{n}", where=where)
        look.up(POS, line.place_of_service, day, rule="place-valid", box=f"24B.{n}", where=where)
    look.tell_unknown()


def check_taxonomies(findings: Findings, form: Form1500, facts: Facts) -> None:
    """Whether what the clinic and its practitioners say they are is in NUCC's list."""
    look = _Look(findings, facts.codes)
    day = min((line.service_from for line in form.service_lines if line.service_from), default=facts.today)
    clinic = form.billing_provider.taxonomy
    _taxonomy(look, clinic, day, rule="billing-taxonomy", box="33b", where=Where.CLINIC, whose="the clinic")
    for n, line in enumerate(form.service_lines, 1):
        if line.rendering is not None:
            rule, where, whose = "rendering-taxonomy", Where.PRACTITIONER, renderer_of(line)
            _taxonomy(look, line.rendering.taxonomy, day, rule=rule, box=f"24J.{n}", where=where, whose=whose)
    look.tell_unknown()


def service_system(code: str) -> str:
    """The list that a service's code belongs to: HCPCS level II begins with a letter, CPT with a digit."""
    return HCPCS if _LEVEL_TWO.fullmatch(plain(code)) else CPT


def _taxonomy(look: _Look, code: str, day: date, *, rule: str, box: str, where: Where, whose: str) -> None:
    if not code:
        look.findings.under("taxonomy-missing").lack(code, box, f"taxonomy of {whose}", where)
    elif not _TAXONOMY.fullmatch(code):
        problem = f"has {code!r} as the taxonomy of {whose}"
        look.findings.under(rule).wrong(True, box, problem, "Choose one of NUCC's", where)
    else:
        look.up(NUCC, code, day, rule=rule, box=box, where=where)


class _Look:
    """Looks codes up, and gathers those that no loaded list speaks of, to tell them together."""

    def __init__(self, findings: Findings, book: CodeBook) -> None:
        self.findings, self._book = findings, book
        self._unknown: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)

    def up(self, system: str, code: str, day: date, *, rule: str, box: str, where: Where) -> None:
        """Note a code that may not be used on the day; an empty one is another rule's fault."""
        entry, listed = self._book.entries.get((system, plain(code))), self._book.lists.get(system)
        if entry is not None:
            problem = _fault(entry, day)
        elif listed is not None and listed.whole and (listed.since is None or listed.since <= day):
            problem = f"isn't a code of {_NAMES[system]}"
        else:
            problem = ""
            self._unknown[(system, box.partition(".")[0])][code] = None
        found = code and problem
        self.findings.under(rule).wrong(found, box, f"has {code}, which {problem}", "Choose another", where)

    def tell_unknown(self) -> None:
        """Say once for each box which codes nobody could check."""
        for (system, box), found in self._unknown.items():
            codes = [code for code in found if code]
            if not codes:
                continue
            if system in _OWN and system not in self._book.lists:
                words = f"wasn't checked: no list of {_NAMES[system]} is loaded ({', '.join(codes)})."
                self.findings.under("codes-no-list").note(box, words, Where.CODES)
                continue
            it, one = ("it", "it is") if len(codes) == 1 else ("them", "they are")
            self.findings.under("codes-unchecked").note(
                box,
                f"has {', '.join(codes)}. No loaded list of {_NAMES[system]} knows {it}, so nobody checked that {one} "
                "right.",
                Where.CODES,
            )


def _fault(entry: CodeEntry, day: date) -> str:
    if entry.since and day < entry.since:
        return f"counts only from {formats.day(entry.since)}"
    if entry.until and day > entry.until:
        return f"ended on {formats.day(entry.until)}"
    return "" if entry.billable else "is a heading and isn't billed: it needs more characters"
