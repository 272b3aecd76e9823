"""Bodies: vital signs that fit the person, move over the year, and fill the words of notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from clinic import vitals
from clinic.actions.observations import Reading
from clinic.growth import Measure, reference_for, row_at
from demo.story.people import Person

_CHILD, _TODDLER = 16, 2
_FEVER = 1.4


@dataclass(frozen=True)
class Body:
    """The vital signs of one visit, in the units in which they are recorded."""

    systolic: int
    diastolic: int
    pulse: int
    breaths: int
    temperature: Decimal
    saturation: int
    weight: Decimal
    height: Decimal
    head: Decimal | None
    grown: bool

    def readings(self, *, thorough: bool) -> list[Reading]:
        """As a nurse enters them; a small child's blood pressure isn't taken, and not everything at each visit."""
        found = [
            Reading(vitals.HEART_RATE, Decimal(self.pulse), "/min"),
            Reading(vitals.TEMPERATURE, self.temperature, "[degF]"),
            Reading(vitals.WEIGHT, self.weight, "kg"),
        ]
        if thorough:
            found += [
                Reading(vitals.RESPIRATORY_RATE, Decimal(self.breaths), "/min"),
                Reading(vitals.OXYGEN_SATURATION, Decimal(self.saturation), "%"),
                Reading(vitals.HEIGHT, self.height, "cm"),
            ]
            found += [Reading(vitals.HEAD, self.head, "cm")] if self.head is not None else []
        if self.grown:
            found += [
                Reading(vitals.SYSTOLIC, Decimal(self.systolic), "mm[Hg]"),
                Reading(vitals.DIASTOLIC, Decimal(self.diastolic), "mm[Hg]"),
            ]
        return found

    def words(self) -> dict[str, str]:
        """The values as a note says them."""
        return {
            "bp": f"{self.systolic}/{self.diastolic}",
            "low_bp": f"{self.systolic - 6}/{self.diastolic - 3}",
            "high_bp": f"{self.systolic + 8}/{self.diastolic + 4}",
            "control": "at goal" if self.systolic < 130 else "near goal" if self.systolic < 140 else "not at goal",
            "pulse": str(self.pulse),
            "temperature": f"{self.temperature} °F",
            "spo2": str(self.saturation),
            "weight": f"{self.weight} kg",
            "height": f"{self.height} cm",
        }


def body_on(person: Person, day: date, today: date, story: dict[str, Any], chance: Random) -> Body:
    """The vital signs of a day: each person's own level, a slow change, the day's own noise."""
    own = Random(f"body {person.key}")  # noqa: S311  invented, not secret
    age = (day - person.birth_date).days / 365.25
    ago = (today - day).days / 365
    child = age < _CHILD
    base = 96 + age * 1.6 if child else 112 + own.randint(0, 12) + (20 if "hypertension" in person.problems else 0)
    systolic = round(base + (0 if child else 10 * ago) + chance.gauss(0, 5))
    return Body(
        systolic=systolic,
        diastolic=round(systolic * 0.6 + chance.gauss(0, 3)),
        pulse=round((118 - age * 4 if child else own.randint(62, 78)) + chance.gauss(0, 5)),
        breaths=round((28 - age if child else 14) + chance.choice((-1, 0, 0, 1, 2))),
        temperature=Decimal(str(round(98.1 + chance.gauss(0, 0.3) + (_FEVER if story.get("fever") else 0), 1))),
        saturation=(92 if "copd" in person.problems else 97) + chance.randint(0, 2),
        weight=_weight(person, age, ago, own, chance),
        height=_height(person, age, own),
        head=_along(Measure.HEAD, person, age, own) if age < _TODDLER else None,
        grown=age >= 3,
    )


def _height(person: Person, age: float, own: Random) -> Decimal:
    adult = (164 if person.row["sex"] == "female" else 176) + own.randint(-9, 9)
    if age >= _CHILD:
        return Decimal(adult)
    return _along(Measure.LENGTH, person, age, own).quantize(Decimal(1))


def _along(measure: Measure, person: Person, age: float, own: Random) -> Decimal:
    """A child grows along a line of its own on the growth charts."""
    months = max(age, 0) * 12
    row = row_at(reference_for(months), measure, female=person.row["sex"] == "female", at=months)
    if row is None:
        raise LookupError(f"No {measure} of {months} months is on the charts.")
    return Decimal(str(round(row.value(own.uniform(-1.1, 1.1)), 1)))


def _weight(person: Person, age: float, ago: float, own: Random, chance: Random) -> Decimal:
    if age < _CHILD:
        small = _along(Measure.WEIGHT, person, age, own) * Decimal(str(chance.uniform(0.98, 1.02)))
        return small.quantize(Decimal("0.1"))
    heavy = 8.0 * ("obesity" in person.problems) + 3.0 * ("diabetes" in person.problems)
    height = float(_height(person, age, own)) / 100
    mass = (own.uniform(21.5, 27.5) + heavy * 0.7) * height * height + 2.5 * ago * (heavy > 0)
    return Decimal(str(round(mass + chance.gauss(0, 0.6), 1)))


def pick(texts: Sequence[str], words: dict[str, str], chance: Random) -> str:
    """One of the texts, with its words filled in."""
    return chance.choice(texts).format_map(words)
