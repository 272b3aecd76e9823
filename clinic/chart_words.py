"""The chart's lists as a note's text: one line each, or the sentence that nothing is on file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from clinic.choices import MedicationStatus, ObservationCategory, SectionKind
from clinic.models import Patient, Procedure
from clinic.queries.banner import allergies
from clinic.queries.conditions import current_conditions
from clinic.queries.medications import directions
from clinic.queries.note_sources import answers_in_words
from clinic.snapshots import value_words
from emr.shared.dates import age_text, clinic_today
from emr.ui import formats
from emr.ui.banner import AllergyState

_SOCIAL = (ObservationCategory.SOCIAL_HISTORY, ObservationCategory.SDOH)
#: A list in a note that is longer than this isn't read.
_MOST = 40


def problems(patient: Patient) -> str:
    """The active problems. One query."""
    rows = current_conditions(patient).order_by("display")[:_MOST]
    return _listed((f"{row.display}{_since(row.onset_date)}" for row in rows), "No active problem on file.")


def past_problems(patient: Patient) -> str:
    """All problems with what became of them. One query."""
    rows = patient.conditions.filter(entered_in_error_at=None).order_by("onset_date", "display")[:_MOST]
    words = (f"{row.display}{_since(row.onset_date)}, {row.get_clinical_status_display().lower()}" for row in rows)
    return _listed(words, "No problem on file.")


def medications(patient: Patient) -> str:
    """What is taken now. One query."""
    rows = patient.medications.filter(status=MedicationStatus.ACTIVE, entered_in_error_at=None)[:_MOST]
    words = (" ".join(filter(None, [row.display, directions(row)])) for row in rows)
    return _listed(words, "No active medication on file.")


def allergy_words(patient: Patient) -> str:
    """The allergies in one of their four states. Two queries."""
    found = allergies(patient)
    if found.state == AllergyState.KNOWN:
        return _listed(f"{one.substance}{f': {one.reaction}' if one.reaction else ''}" for one in found.items)
    return {
        AllergyState.NONE_KNOWN: "No known allergies.",
        AllergyState.NOT_RECORDED: "Allergies not recorded.",
    }.get(found.state, "Allergies could not be read.")


def surgical_history(patient: Patient) -> str:
    """The procedures, oldest first. One query."""
    rows = patient.procedures.filter(entered_in_error_at=None).order_by("performed_start", "display")[:_MOST]
    words = (f"{row.display}{_on(row)}" for row in rows)
    return _listed(words, "No procedure on file.")


def family_history(patient: Patient) -> str:
    """What ran in the family. One query."""
    rows = list(patient.family_history.filter(entered_in_error_at=None)[:_MOST])
    if rows and all(row.none_known for row in rows):
        return "Asked; nothing known."
    words = (
        f"{row.get_relationship_display()}: {row.display}{f' at {row.onset_age}' if row.onset_age is not None else ''}"
        for row in rows
        if not row.none_known
    )
    return _listed(words, "No family history on file.")


def social_history(patient: Patient) -> str:
    """Of each social observation the latest value. One query."""
    rows = patient.observations.standing().filter(category__in=_SOCIAL).order_by("code", "-effective_at")
    newest = {row.code or row.display: row for row in reversed(rows)}
    words = (f"{row.display}: {' '.join(filter(None, value_words(row)))}" for row in newest.values())
    return _listed(words, "No social history on file.")


def age(patient: Patient) -> str:
    """The age today."""
    return age_text(patient.birth_date, clinic_today())


def today(patient: Patient) -> str:
    """Today's date."""
    return formats.day(clinic_today())


#: What may be typed for each list, with a label for who looks for the word.
WORDS: Mapping[str, tuple[str, Callable[[Patient], str]]] = {
    "problems": ("active problems", problems),
    "meds": ("active medications", medications),
    "allergies": ("allergies", allergy_words),
    "pmh": ("past medical history", past_problems),
    "psh": ("surgical history", surgical_history),
    "fh": ("family history", family_history),
    "sh": ("social history", social_history),
    "intake": ("answers before the visit", answers_in_words),
    "age": ("age", age),
    "today": ("today's date", today),
}
#: The word that pulls the chart's own list into the section of that history.
HISTORIES: Mapping[str, str] = {
    SectionKind.PAST_HISTORY: "pmh",
    SectionKind.SURGICAL_HISTORY: "psh",
    SectionKind.FAMILY_HISTORY: "fh",
    SectionKind.SOCIAL_HISTORY: "sh",
}


def _listed(words: Iterable[str], none: str = "") -> str:
    return "\n".join(f"- {one}" for one in words) or none


def _on(row: Procedure) -> str:
    done = formats.partial(row.performed_start, row.performed_precision)
    return f" ({done})" if done else ""


def _since(day: object) -> str:
    return f" since {day:%Y}" if day else ""
