"""Short words that a note's writer types for a longer text: values and lists of the chart, and words of one's own.

``.bp``, ``.wt``, ``.a1c`` are the newest value on file, ``.meds`` and the like a list of the chart, and every TextMacro
is a word too. Where scripts run a word is replaced as soon as a space follows it; else when the note is saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from clinic.chart_words import WORDS
from clinic.choices import ObservationStatus
from clinic.models import Observation, Patient, TextMacro
from clinic.queries.observations import body_mass_index
from clinic.snapshots import value_words
from clinic.vitals import (
    BLOOD_PRESSURE,
    BMI,
    HEART_RATE,
    HEIGHT,
    OXYGEN_SATURATION,
    RESPIRATORY_RATE,
    TEMPERATURE,
    WEIGHT,
)
from emr.accounts.models import User
from emr.codes.systems import LOINC
from emr.codes.units import units
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui import formats


@dataclass(frozen=True)
class Token:
    """A token of a value: the LOINC code it stands for, the words before its value, other codes of the same in the same
    unit, as other laboratories and methods name it."""

    code: str
    label: str
    others: tuple[str, ...] = ()


TOKENS: Mapping[str, Token] = {
    "bp": Token(BLOOD_PRESSURE, "BP"),
    "wt": Token(WEIGHT, "weight"),
    "ht": Token(HEIGHT, "height"),
    "bmi": Token(BMI, "BMI"),
    "hr": Token(HEART_RATE, "heart rate"),
    "rr": Token(RESPIRATORY_RATE, "respiratory rate"),
    "t": Token(TEMPERATURE, "temperature"),
    "spo2": Token(OXYGEN_SATURATION, "oxygen saturation"),
    "a1c": Token("4548-4", "A1c", ("17856-6", "4549-2")),
    "phq9": Token("44261-6", "PHQ-9"),
    "gad7": Token("70274-6", "GAD-7"),
    "auditc": Token("75626-2", "AUDIT-C"),
}
#: Words that nobody can give another meaning.
RESERVED = frozenset({*TOKENS, *WORDS})
_WORD = re.compile(r"(?<![\w.])\.([a-z][a-z0-9-]{0,29})(?![\w-])", re.IGNORECASE)


def expand(texts: Mapping[str, str], patient: Patient, by: User | None = None) -> dict[str, str]:
    """The texts with each word replaced by what it stands for; a value with its unit, and its date if not of today.

    ``by`` brings the words of their own; everybody's hold without. One query for the macros where a word may be one,
    and one or two for each word of the chart. A value that isn't on file is said not to be: a word that silently
    stayed, or vanished, would be read as something else. What stands for nothing stays as it was typed.
    """
    macros = _macros(_used(texts.values()) - RESERVED, by)
    texts = {key: _replaced(text, macros) for key, text in texts.items()}
    chart = {name: _words(name, patient) for name in _used(texts.values()) & RESERVED}
    return {key: _replaced(text, chart) for key, text in texts.items()}


def words_of(user: User) -> list[str]:
    """All words that a writer may type, without their dots: the chart's, then everybody's and their own. One query."""
    rows = TextMacro.objects.filter(Q(owner=None) | Q(owner=user), active=True)
    return [*TOKENS, *WORDS, *sorted(set(rows.values_list("name", flat=True)))]


def _used(texts: Iterable[str]) -> set[str]:
    return {found.lower() for text in texts for found in _WORD.findall(text)}


def _replaced(text: str, words: Mapping[str, str]) -> str:
    return _WORD.sub(lambda match: words.get(match[1].lower(), match[0]), text) if words else text


def _macros(names: set[str], by: User | None) -> dict[str, str]:
    """What the names stand for; one's own goes before everybody's."""
    if not names:
        return {}
    rows = TextMacro.objects.filter(Q(owner=None) | Q(owner=by), active=True, name__in=names)
    return {row.name: row.text for row in sorted(rows, key=lambda row: row.owner_id is not None)}


def _words(name: str, patient: Patient) -> str:
    return WORDS[name][1](patient) if name in WORDS else _value(TOKENS[name], patient)


def _value(token: Token, patient: Patient) -> str:
    if token.code == BMI:
        return _bmi(patient)
    row = _newest((token.code, *token.others), patient)
    parts: list[Any] = [] if row is None else [*row.components.all()] or [row]
    values = [value_words(part) for part in parts]
    if row is None or not all(value for value, _ in values):
        return f"{token.label} not on file"
    return f"{token.label} {'/'.join(value for value, _ in values)} {_shown(values[0][1])}".rstrip() + _of_day(row)


def _bmi(patient: Patient) -> str:
    """Of the newest weight and height: it is derived, and stored nowhere."""
    rows = [row for code in (WEIGHT, HEIGHT) if (row := _newest((code,), patient)) is not None]
    found = body_mass_index(rows, patient.birth_date)
    return f"BMI {found.text} {found.unit}{_of_day(rows[0])}" if found else "BMI not on file"


def _newest(codes: Sequence[str], patient: Patient) -> Observation | None:
    return (
        Observation.objects.standing()
        .filter(patient=patient, system=LOINC, code__in=codes)
        .exclude(status__in=[ObservationStatus.CANCELLED, ObservationStatus.ENTERED_IN_ERROR])
        .prefetch_related("components")
        .order_by("-effective_at")
        .first()
    )


def _shown(unit: str) -> str:
    return "" if unit == "{score}" else units()[unit].display if unit in units() else unit


def _of_day(row: Observation) -> str:
    day = row.effective_at.astimezone(clinic_zone()).date()
    return "" if day == clinic_today() else f" ({formats.day(day)})"
