"""Which parts a note shows while it is written: by template or type, the age of its patient, the visit's problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from clinic.choices import NoteType, SectionKind
from clinic.exam import label_of, normal_of, systems
from clinic.models import EncounterDiagnosis, Note, NoteSection, NoteTemplateSection
from clinic.note_keys import STRUCTURED, SectionKey, key_of, parse
from emr.shared.dates import clinic_zone
from emr.ui import formats

S = SectionKind
_ENDING = (S.ASSESSMENT_AND_PLAN, S.INSTRUCTIONS)
#: The sections of a note that follows no template. Those that hold text are shown beside them.
STANDARD: Mapping[str, tuple[SectionKind, ...]] = {
    NoteType.PROGRESS: (S.CHIEF_COMPLAINT, S.SUBJECTIVE, S.REVIEW_OF_SYSTEMS, S.OBJECTIVE, S.EXAM, *_ENDING),
    NoteType.HISTORY_AND_PHYSICAL: (
        *(S.CHIEF_COMPLAINT, S.PRESENT_ILLNESS, S.PAST_HISTORY, S.SURGICAL_HISTORY, S.FAMILY_HISTORY),
        *(S.SOCIAL_HISTORY, S.REVIEW_OF_SYSTEMS, S.OBJECTIVE, S.EXAM, *_ENDING),
    ),
    NoteType.PROCEDURE: (S.CHIEF_COMPLAINT, S.OBJECTIVE, S.PROCEDURE, *_ENDING),
    NoteType.TELEPHONE: (S.CHIEF_COMPLAINT, S.SUBJECTIVE, *_ENDING),
    NoteType.NURSE: (S.CHIEF_COMPLAINT, S.SUBJECTIVE, S.OBJECTIVE, S.PLAN),
}


@dataclass(frozen=True)
class Part:
    """One text of a note: its key, what stands above it, and what helps to write it.

    ``copied`` says whence its text was copied. ``gone`` is a problem that was taken off the visit's list.
    """

    key: SectionKey
    label: str
    normal: str = ""
    picks: tuple[str, ...] = ()
    copied: str = ""
    diagnosis: EncounterDiagnosis | None = None
    gone: bool = False


@dataclass(frozen=True)
class Section:
    """A kind of section with its parts; ``systems`` are those of a structured one, ``filled`` if one was looked at."""

    kind: str
    label: str
    text: Part | None = None
    systems: list[Part] = field(default_factory=list)
    problems: list[Part] = field(default_factory=list)
    filled: bool = False

    @property
    def parts(self) -> list[Part]:
        """All of them, in order."""
        return [*([self.text] if self.text else []), *self.systems, *self.problems]


def layout_of(
    note: Note, texts: Mapping[str, str], diagnoses: Iterable[EncounterDiagnosis], sections: Iterable[NoteSection]
) -> list[Section]:
    """The sections of a note in their order. One query, where it follows a template.

    ``texts`` are what is or was typed: whatever holds a text is shown, be it in the template or not. ``diagnoses`` are
    all of the visit's, those that were taken off too; ``sections`` the saved rows.
    """
    template = list(note.template.sections.filter(retired=False)) if note.template else []
    kinds = {row.kind for row in template} or set(STANDARD[note.type])
    filled = {str(key): key for name, text in texts.items() if text.strip() and (key := parse(name))}
    maker = _Maker(note, template, filled, {str(key_of(row)): _copied(row) for row in sections})
    shown = [kind for kind in S if kind in kinds or any(key.kind == kind for key in filled.values())]
    return [maker.section(kind, diagnoses) for kind in shown]


def halves(sections: Sequence[Section]) -> tuple[list[Section], list[Section]]:
    """What is written before the diagnoses are chosen, and what is thought of them."""
    first = list(S).index(S.ASSESSMENT)
    before = [section for section in sections if list(S).index(S(section.kind)) < first]
    return before, list(sections[len(before) :])


class _Maker:
    def __init__(
        self,
        note: Note,
        template: list[NoteTemplateSection],
        filled: Mapping[str, SectionKey],
        copied: Mapping[str, str],
    ) -> None:
        born, day = note.patient.birth_date, note.encounter.period_start.astimezone(clinic_zone()).date()
        self.age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        self.filled, self.copied = filled, copied
        self.template = {str(SectionKey(row.kind, row.item)): row for row in template}

    def section(self, kind: S, diagnoses: Iterable[EncounterDiagnosis]) -> Section:
        if kind in STRUCTURED:
            own = SectionKey(kind)
            text = self._part(own, kind.label) if str(own) in self.filled or str(own) in self.template else None
            filled = any(key.kind == kind and key.item for key in self.filled.values())
            return Section(kind, kind.label, text, [self._system(key) for key in self._systems(kind)], filled=filled)
        problems = (
            [found for row in diagnoses if (found := self._problem(row))] if kind == S.ASSESSMENT_AND_PLAN else []
        )
        label = "In general" if problems else kind.label
        return Section(kind, kind.label, self._part(SectionKey(kind), label), problems=problems)

    def _systems(self, kind: str) -> list[SectionKey]:
        chosen = {row.item for row in self.template.values() if row.kind == kind and row.item}
        chosen = chosen or {one.item for one in systems(kind).values() if one.suits(self.age)}
        chosen |= {key.item for key in self.filled.values() if key.kind == kind and key.item}
        return sorted((SectionKey(kind, item=item) for item in chosen), key=lambda key: (key.place, key.item))

    def _system(self, key: SectionKey) -> Part:
        known = systems(key.kind).get(key.item)
        return self._part(
            key,
            label_of(key.kind, key.item),
            normal=normal_of(key.kind, key.item),
            picks=known.picks if known else (),
        )

    def _problem(self, row: EncounterDiagnosis) -> Part | None:
        key = SectionKey(S.ASSESSMENT_AND_PLAN, diagnosis=row.pk)
        gone = row.entered_in_error_at is not None
        if gone and str(key) not in self.filled:
            return None
        return self._part(key, row.display, diagnosis=row, gone=gone)

    def _part(
        self,
        key: SectionKey,
        label: str,
        *,
        normal: str = "",
        picks: tuple[str, ...] = (),
        diagnosis: EncounterDiagnosis | None = None,
        gone: bool = False,
    ) -> Part:
        row = self.template.get(str(key))
        offered = (*(row.choices if row else ()), *picks)
        copied = self.copied.get(str(key), "")
        return Part(key, label, normal, offered, copied, diagnosis, gone)


def _copied(row: NoteSection) -> str:
    if row.copied_from is None:
        return ""
    same = row.text.strip() == row.copied_text.strip()
    words = f"Copied from {row.copied_from}, {formats.day(row.copied_from.encounter.period_start)}"
    return f"{words}. Not changed since." if same else f"{words}, then changed."
