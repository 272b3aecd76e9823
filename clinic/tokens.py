"""Short words that a note's writer types for a value on file: ``.bp``, ``.wt``, ``.a1c``, ``.t``.

They are replaced when the note is saved, not while one types: text never changes under the hands of its writer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinic.choices import ObservationStatus
from clinic.models import Observation, Patient
from clinic.snapshots import value_words
from clinic.vitals import BLOOD_PRESSURE, HEART_RATE, TEMPERATURE, WEIGHT
from emr.codes.systems import LOINC
from emr.codes.units import units
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui import formats

A1C = "4548-4"


@dataclass(frozen=True)
class Token:
    """A token: the LOINC code it stands for, and the words before its value."""

    code: str
    label: str


TOKENS: Mapping[str, Token] = {
    "bp": Token(BLOOD_PRESSURE, "BP"),
    "wt": Token(WEIGHT, "weight"),
    "hr": Token(HEART_RATE, "heart rate"),
    "t": Token(TEMPERATURE, "temperature"),
    "a1c": Token(A1C, "A1c"),
}
_USED = re.compile(r"(?<![\w.])\.(" + "|".join(TOKENS) + r")(?![\w])", re.IGNORECASE)


def expand(texts: Mapping[str, str], patient: Patient) -> dict[str, str]:
    """The texts with each token replaced by the newest value on file, its unit, and its date if it isn't of today.

    One query for each token used, none where there is none. A value that isn't on file is said not to be: a token that
    silently stayed, or vanished, would be read as something else.
    """
    used = {found.lower() for text in texts.values() for found in _USED.findall(text)}
    words = {name: _words(TOKENS[name], patient) for name in used}
    return {kind: _USED.sub(lambda match: words[match[1].lower()], text) for kind, text in texts.items()}


def _words(token: Token, patient: Patient) -> str:
    row = (
        Observation.objects.standing()
        .filter(patient=patient, system=LOINC, code=token.code)
        .exclude(status__in=[ObservationStatus.CANCELLED, ObservationStatus.ENTERED_IN_ERROR])
        .prefetch_related("components")
        .order_by("-effective_at")
        .first()
    )
    parts: list[Any] = [] if row is None else [*row.components.all()] or [row]
    values = [value_words(part) for part in parts]
    if row is None or not all(value for value, _ in values):
        return f"{token.label} not on file"
    unit = values[0][1]
    shown = units()[unit].display if unit in units() else unit
    day = row.effective_at.astimezone(clinic_zone()).date()
    when = "" if day == clinic_today() else f" ({formats.day(day)})"
    return f"{token.label} {'/'.join(value for value, _ in values)} {shown}".rstrip() + when
