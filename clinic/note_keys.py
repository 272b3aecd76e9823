"""The names of a note's parts, one mechanism for forms, drafts, merges, copies and snapshots.

A part is a whole section (``kind``), one body system of a structured one (``kind/item``), or what is thought of one
problem (``kind/<uuid of the visit's diagnosis>``). What was found in a body system travels as a part of its own,
``kind/item#finding``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from clinic.choices import SectionKind
from clinic.exam import label_of, place_of
from clinic.models.note_templates import ITEM
from clinic.models.notes import Finding, NoteSection

#: The sections that are asked or examined body system by body system.
STRUCTURED = frozenset({SectionKind.REVIEW_OF_SYSTEMS, SectionKind.EXAM})
FINDING = "#finding"
#: In a draft of a signed note: the text that is to be added.
ADDENDUM = "addendum"
_KINDS = {kind: place for place, kind in enumerate(SectionKind.values)}


@dataclass(frozen=True)
class SectionKey:
    """A row of NoteSection by what makes it one: at most one of ``item`` and ``diagnosis`` is there."""

    kind: str
    item: str = ""
    diagnosis: UUID | None = None

    def __str__(self) -> str:
        part = self.item or str(self.diagnosis or "")
        return f"{self.kind}/{part}" if part else self.kind

    @property
    def label(self) -> str:
        """The section in words, with the body system where it is one."""
        return f"{SectionKind(self.kind).label}{f', {label_of(self.kind, self.item).lower()}' if self.item else ''}"

    @property
    def finding(self) -> str:
        """The key under which the finding of this body system travels."""
        return f"{self}{FINDING}"

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands: the kinds in their order; in a kind first its own text, then the systems in theirs."""
        return _KINDS[self.kind], place_of(self.kind, self.item) if self.item else 0


def parse(key: str) -> SectionKey | None:
    """The row that a key speaks of, be it its text or its finding; None for what is no key."""
    kind, _, part = key.removesuffix(FINDING).partition("/")
    if kind not in _KINDS:
        return None
    if not part:
        return None if "/" in key or key.endswith(FINDING) else SectionKey(kind)
    if kind == SectionKind.ASSESSMENT_AND_PLAN:
        return _of_diagnosis(kind, part) if not key.endswith(FINDING) else None
    return SectionKey(kind, item=part) if kind in STRUCTURED and len(part) <= 40 and re.match(ITEM, part) else None


def key_of(section: NoteSection) -> SectionKey:
    """The key of a saved row."""
    return SectionKey(section.kind, section.item, section.diagnosis_id)


def in_order(sections: Iterable[NoteSection]) -> list[NoteSection]:
    """The rows as the note shows them: by kind; in a kind the systems in their order, the problems by their rank."""

    def place(section: NoteSection) -> tuple[int, int, int]:
        rank = section.diagnosis.rank if section.diagnosis is not None else 0
        return *key_of(section).place, rank

    return sorted(sections, key=place)


def texts_of(sections: Iterable[NoteSection]) -> dict[str, str]:
    """What saved rows say, by key, findings among them."""
    found: dict[str, str] = {}
    for section in sections:
        key = key_of(section)
        found[str(key)] = section.text
        if section.finding:
            found[key.finding] = section.finding
    return found


def known(texts: Mapping[str, str]) -> dict[str, str]:
    """Those of the texts that are parts of a note, with line ends as the browser's own text box would count them."""
    found: dict[str, str] = {}
    for given, text in texts.items():
        key = parse(given)
        if key is not None and not given.endswith(FINDING):
            found[str(key)] = text.replace("\r\n", "\n")
        elif key is not None and text in {"", *Finding.values}:
            found[key.finding] = text
    return found


def differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether a text of ``one`` is not what ``other`` says, but for space around it. What is not given is empty."""
    return any(text.strip() != other.get(key, "").strip() for key, text in one.items())


def _of_diagnosis(kind: str, part: str) -> SectionKey | None:
    try:
        return SectionKey(kind, diagnosis=UUID(part))
    except ValueError:
        return None
